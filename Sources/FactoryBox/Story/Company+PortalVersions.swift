import Foundation
import NIOHTTP1
import Silicon
import Statements
import Vocabulary

/// Products and versions in the portal: the OEM makes products, an ODM's engineer versions, and officers sign envelopes
/// that they fetched from there.
extension Company {
    func approveVersionsInPortal() async throws {
        guard let people else { throw Refusal(FactoryBoxError.unexpected, "no portal") }
        for product in products {
            try await office.draftVersion(of: product)
            try await createProduct(product, people)
            try await submitVersion(product, people)
            try await approveVersion(product, people)
        }
        narrator.passed(
            "versions \(VersionOffice.version) submitted by an ODM's engineer, locked by 2 of 3 officers",
            "each fetched the envelope from the portal and signed it on a machine of their own"
        )
    }

    private func octets(_ path: String) throws -> JSONTree { .text(Data(try Files.read(path)).base64EncodedString()) }

    private func createProduct(_ product: ProductPlan, _ people: PortalPeople) async throws {
        let key = try Files.read(oem.state + "/public/firmware-signing-\(OEM.firmwareKey).pem")
        let roots: [JSONTree] =
            product.family.hasVendorIdentity ? [try octets(office.productFile(product, "vendor-root.der"))] : []
        try await people.admin.post(
            "/v1/products",
            [
                "product": .text(product.name), "title": .text("Example \(product.name)"), "lifetimeTotal": 10_000,
                "rules": ["largestBatch": 1_000, "chipIdentity": .text(product.chipIdentity)],
                "foundation": [
                    "vendorID": .integer(0xFFF1), "productID": .integer(Int(product.productID)),
                    "family": .text(product.family.rawValue),
                    "secureBootKey": .text(try OEM.point(inPEM: String(decoding: key, as: UTF8.self)).hex),
                    "paa": try octets(oem.state + "/paa/\(OEM.vendorID).der"),
                    "debugRoot": try octets(oem.state + "/debug/root.adac"), "vendorRoots": .list(roots),
                    "keySlots": [["slot": "ota", "kind": .text(product.keyKind)]],
                    "socClass": .integer(Int(product.socClass)),
                    "debugPermissions": .text((ADACPermissions.rework | .wipe).hex),
                    "serialPrefix": .text(product.serialPrefix),
                ],
            ]
        )
        for organisation in people.organisations.values {
            try await people.admin.post(
                "/v1/products/\(product.name)/workspaces",
                ["organisation": .text(organisation)]
            )
        }
    }

    /// Firmware under another key is refused; the right one makes a draft that goes to the officers.
    private func submitVersion(_ product: ProductPlan, _ people: PortalPeople) async throws {
        guard let engineer = people.engineers[Manufacturer.brightline.id] else { return }
        let declaration = try Files.read(office.productFile(product, "cd.der"))
        let cd = Digest256.of(declaration)
        try await engineer.put("/v1/declarations/\(cd.hex)", bytes: declaration, type: "application/octet-stream")
        for name in ["firmware.other.bin", "firmware.bin"] {
            let firmware = try Files.read(office.productFile(product, name))
            let digest = Digest256.of(firmware)
            try await engineer.put("/v1/firmware/\(digest.hex)", bytes: firmware, type: "application/octet-stream")
            do {
                try await engineer.post("/v1/products/\(product.name)/versions", version(product, digest, cd))
            } catch let refusal as PortalRefusal {
                guard name == "firmware.other.bin", refusal.code == "firmware.key.mismatch" else { throw refusal }
                continue
            }
            guard name == "firmware.bin" else {
                throw Refusal(FactoryBoxError.unexpected, "firmware under another key was taken")
            }
        }
        let place = "/v1/products/\(product.name)/versions/\(VersionOffice.version)"
        try await engineer.change(.POST, place + "/submit", of: place, [:])
    }

    private nonisolated func version(_ product: ProductPlan, _ firmware: Digest256, _ cd: Digest256) -> JSONTree {
        [
            "version": .text(VersionOffice.version), "deviceType": .integer(Int(product.deviceType)),
            "softwareVersion": 1, "commissioning": ["flow": 0, "discovery": 4, "iterations": 1_000],
            "factoryData": [
                "encoding": "nordic-cbor", "vendorName": "Example Lighting", "productName": .text(product.name),
                "productLabel": "", "productURL": "https://example.com",
                "partNumber": .text("P-\(product.productIDText)"),
                "hardwareVersion": 1, "hardwareVersionString": "A1",
            ],
            "chipIdentity": .text(product.chipIdentity),
            "debugPermissions": .text((ADACPermissions.rework | .wipe).hex),
            "firmware": .text(firmware.hex), "declaration": .text(cd.hex),
        ]
    }

    private func approveVersion(_ product: ProductPlan, _ people: PortalPeople) async throws {
        let signers = Array(oem.officers.suffix(2))
        guard let first = people.officers[signers[0].name] else { return }
        let place = "/v1/products/\(product.name)/versions/\(VersionOffice.version)"
        let units = quantity(of: product) + Site.spareUnits
        try await first.change(
            .PUT,
            place + "/approval",
            of: place,
            [
                "lifetimeTotal": 10_000,
                "allotments": .list(
                    factories.map { ["edgeHSM": .text($0.edge.id), "units": .integer(units)] }
                ),
                "allowances": ["debugUnlocks": 8, "reprovisions": 4, "rotations": 4],
                "rules": ["largestBatch": 1_000, "chipIdentity": .text(product.chipIdentity)],
                "expiresAt": .text((oem.start + 60 * 86_400).description),
            ]
        )
        for signer in signers {
            guard let officer = people.officers[signer.name] else { return }
            let file = signer.host.path("\(product.name).approval.json")
            try Files.write(try await officer.fetch(place + "/approval").body, to: file)
            try await oem.approve(file, by: [signer])
            try await officer.post(place + "/approval/signatures", bytes: Files.read(file))
        }
        guard try await people.admin.get(place).string("state") == "locked" else {
            throw Refusal(FactoryBoxError.unexpected, "two signatures did not lock \(product.name)")
        }
        // What the portal made is what the rest of the story reads.
        let approval = try await people.admin.fetch(place + "/approval").body
        try Files.write(approval, to: office.productFile(product, "approval.json"))
        try Files.write(
            try await people.admin.fetch(place + "/manifest").body,
            to: office.productFile(product, "manifest.json")
        )
    }
}

extension ProductPlan {
    /// How the chips of this product prove what they are.
    var chipIdentity: String { family.hasVendorIdentity ? "vendorCertificate" : "none" }
}

extension OEM {
    /// The point in a P-256 public key, PEM.
    static func point(inPEM text: String) throws -> P256Point {
        let body = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        guard let der = Data(base64Encoded: body), der.count >= P256Point.size else {
            throw Refusal(FactoryBoxError.unexpected, "no P-256 key in a PEM file")
        }
        return try P256Point(Array(der.suffix(P256Point.size)))
    }
}
