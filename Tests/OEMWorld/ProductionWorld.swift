import Ceremony
import Foundation
public import Governance
import KeyCustody
import Matter
public import Statements
import TestSupport
public import Vocabulary

/// A world with one enrolled appliance and one approved product version, ready to be authorized.
public struct ProductionWorld: Sendable {
    public let world: World
    public let appliance: Appliance
    public let certificates: ProductCertificates
    public let manifest: ManifestMaker.Result
    public let declaration: [UInt8]
    public let approval: Envelope

    public static let product = "lamp"

    public static func make() async throws -> ProductionWorld {
        let world = try await World()
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: world.access)
        try await world.run(world.file())
        let entry = try await world.enrol(appliance)
        let preparation = try await world.write(
            "preparation.json",
            appliance.preparation(product, productID: 0x8000, access: world.access)
        )
        try await world.run(
            world.file([
                "edgeHSMs": [entry], "firmwareKeys": [["name": "main"]],
                "productKeys": [["product": product, "version": "1.0.0", "slot": "ota", "kind": "perUnit"]],
                "products": [productEntry(preparation)],
            ])
        )
        let path = "\(world.state.path)/products/edge-1/\(product).json"
        let certificates = try ProductCertificates(parsing: StateFile.read(path, limit: ProductCertificates.largest))
        let declaration = try await self.declaration(productIDs: [0x8000])
        let manifest = try await world.access.withToken(world.portalToken) { token in
            try await maker(world, firmware: firmware(world), declaration: declaration).make(token: token)
        }
        let draft = try draft(lifetime: 1_000, allotted: 100).envelope(manifest: manifest.bytes, previous: nil)
        return ProductionWorld(
            world: world,
            appliance: appliance,
            certificates: certificates,
            manifest: manifest,
            declaration: declaration,
            approval: try await world.approvedByTwo(draft)
        )
    }

    public static func productEntry(_ preparation: String, _ changes: [String: Any] = [:]) -> [String: Any] {
        [
            "product": product, "edgeHSM": "edge-1", "vendorID": "FFF1", "productID": "8000",
            "preparation": preparation, "commonName": "Example PAI lamp edge-1",
            "notBefore": "2026-11-02T00:00:00Z", "socClass": 7, "permissions": "03000000000000000000000000000000",
        ].merging(changes) { _, new in new }
    }

    public static func declaration(productIDs: [UInt16]) async throws -> [UInt8] {
        let content = try CertificationDeclaration(
            vendorID: VendorID(0xFFF1),
            productIDs: productIDs.map { ProductID($0) },
            deviceType: 0x0100,
            certificateID: "ZIG20142ZB330001-24",
            versionNumber: 1,
            kind: .development
        )
        return try await SignedDeclaration.create(
            content,
            signer: TestDeclarationKey.publicKey(),
            sign: { try TestDeclarationKey.sign($0) }
        ).der
    }

    public static func firmware(
        _ world: World,
        productID: UInt16 = 0x8000
    ) async throws -> (image: [UInt8], key: P256Point) {
        try await world.access.withToken(world.ceremonyToken) { token in
            try await FirmwareSigner.sign(
                body: [UInt8](repeating: 0x42, count: 4_096),
                version: "1.0.0",
                product: FirmwareSigner.Product(
                    vendorID: VendorID(0xFFF1),
                    productID: ProductID(productID),
                    softwareVersion: 100
                ),
                headerSize: 512,
                key: KeySlot("main"),
                token: token
            )
        }
    }

    public static func description(_ changes: [String: Any]) -> [String: Any] {
        [
            "product": product, "version": "1.0.0", "vendorID": "FFF1", "productID": "8000", "deviceType": 0x0100,
            "family": "virtual-v", "softwareVersion": 100, "chipIdentity": "vendorCertificate",
            "commissioning": ["flow": 0, "discovery": 2, "iterations": 1_000],
            "factoryData": [
                "encoding": "nordic-cbor", "vendorName": "Example", "productName": "Lamp", "productLabel": "",
                "productURL": "", "partNumber": "", "hardwareVersion": 1, "hardwareVersionString": "1.0",
            ],
            "keys": [["slot": "ota", "kind": "perUnit"]], "socClass": 7,
            "debugPermissions": "03000000000000000000000000000000",
        ].merging(changes) { _, new in new }
    }

    public static func maker(
        _ world: World,
        firmware: (image: [UInt8], key: P256Point),
        declaration: [UInt8],
        profile: CustodyProfile = .lab,
        vendorRoots: [[UInt8]] = [[0x30, 0x00]],
        _ changes: [String: Any] = [:]
    ) throws -> ManifestMaker {
        let description = description(changes)
        let bytes = Array(try JSONSerialization.data(withJSONObject: description))
        return ManifestMaker(
            try ReviewedJSON.decode(ProductDescription.self, from: bytes),
            parts: ManifestMaker.Parts(
                firmware: firmware.image,
                secureBootKey: firmware.key,
                certificationDeclaration: declaration,
                paa: try StateFile.read("\(world.state.path)/paa/FFF1.der", limit: 600),
                debugRoot: try StateFile.read("\(world.state.path)/debug/root.adac", limit: 600),
                vendorRoots: vendorRoots
            ),
            profile: profile
        )
    }

    public static func draft(lifetime: Int, allotted: Int, _ changes: [String: Any] = [:]) throws -> ApprovalDraft {
        let draft: [String: Any] = [
            "lifetimeTotal": lifetime, "allotments": [["edgeHSM": "edge-1", "units": allotted]],
            "allowances": ["debugUnlocks": 2, "reprovisions": 2, "rotations": 0],
            "rules": ["largestBatch": 60, "longestWindow": 30 * 86_400, "chipIdentity": "vendorCertificate"],
            "issuedAt": "2026-11-22T00:00:00Z", "expiresAt": "2027-11-22T00:00:00Z",
        ].merging(changes) { _, new in new }
        return try ReviewedJSON.decode(
            ApprovalDraft.self,
            from: Array(JSONSerialization.data(withJSONObject: draft))
        )
    }

    public func enrolment() throws -> Envelope {
        try Envelope(
            parsing: StateFile.read("\(world.state.path)/enrolments/edge-1.json", limit: Envelope.largest)
        )
    }

    public func ground(
        approval: Envelope? = nil,
        profile: CustodyProfile = .lab,
        revoked: OfficersRevocations = .none
    ) throws -> BatchGround {
        try BatchGround(
            roleKeys: world.roleKeys(),
            revoked: revoked,
            approval: approval ?? self.approval,
            enrolment: enrolment(),
            manifest: manifest.bytes,
            certificationDeclaration: declaration,
            profile: profile
        )
    }

    public func batch(
        _ name: String,
        quantity: Int,
        firstSerial: Int,
        unlocks: Int = 1,
        days: Int64 = 7,
        prefix: String = "L"
    ) throws -> BatchRequest {
        let end = World.now + days * 86_400
        return BatchRequest(
            product: try ProductName(Self.product),
            batch: try BatchName(name),
            edgeHSM: appliance.id,
            factory: appliance.factory,
            quantity: quantity,
            serials: ProductionAuthorization.SerialRange(prefix: prefix, first: firstSerial, digits: 9 - prefix.count),
            notBefore: World.now,
            notAfter: end,
            debugUnlocks: .init(count: unlocks, notAfter: end),
            reprovisions: .init(count: 1, notAfter: end),
            rotations: .init(count: 0, notAfter: end)
        )
    }

    public func make(
        _ batch: BatchRequest,
        approval: Envelope? = nil,
        revoked: OfficersRevocations = .none
    ) async throws -> PackageMaker.Result {
        let (ground, ledger) = (try ground(approval: approval, revoked: revoked), world.folder + "/ledger.json")
        return try await world.access.withToken(world.portalToken) { token in
            try await FileAuthorizer(ground, now: World.now)
                .make(batch, ledger: ledger, isFirst: !StateFile.exists(ledger), token: token)
        }
    }

    #if DEBUG
    /// What a thief of the portal token makes: no total is looked at.
    public func steal(_ batch: BatchRequest) async throws -> PackageMaker.Result {
        let ground = try ground()
        return try await world.access.withToken(world.portalToken) { token in
            try await PackageMaker(ground, token: token, now: World.now).forge(
                ground.forgedPayload(for: batch, at: World.now),
                approval: nil,
                manifest: nil,
                box: nil
            )
        }
    }
    #endif
}
