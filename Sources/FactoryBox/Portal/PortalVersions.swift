import Foundation
import NIOHTTP1
import Silicon
import Statements
import Vocabulary

/// Products and versions by the portal's API: what an administrator creates, an engineer submits, and officers sign on
/// machines of their own.
struct PortalVersions: Sendable {
    let oem: OEM
    let office: VersionOffice
    let admin: PortalClient

    func place(_ product: ProductPlan) -> String {
        "/v1/products/\(product.name)/versions/\(VersionOffice.version)"
    }

    private func octets(_ path: String) throws -> JSONTree { .text(Data(try Files.read(path)).base64EncodedString()) }

    // MARK: The OEM

    /// Makes the product, and a workspace for each of the organisations.
    func create(_ product: ProductPlan, rules: JSONTree, workspaces: [String]) async throws {
        let key = try Files.read(oem.state + "/public/firmware-signing-\(OEM.firmwareKey).pem")
        let roots: [JSONTree] =
            product.family.hasVendorIdentity ? [try octets(office.productFile(product, "vendor-root.der"))] : []
        try await admin.post(
            "/v1/products",
            [
                "product": .text(product.name), "title": .text("Example \(product.name)"), "lifetimeTotal": 10_000,
                "rules": rules,
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
        for organisation in workspaces {
            try await admin.post(
                "/v1/products/\(product.name)/workspaces",
                ["organisation": .text(organisation)]
            )
        }
    }

    // MARK: An ODM's engineer

    /// Uploads firmware and declaration, and makes a version of them that goes to the officers.
    func submit(_ product: ProductPlan, by engineer: PortalClient) async throws {
        try await draft(product, firmware: "firmware.bin", by: engineer)
        try await engineer.change(.POST, place(product) + "/submit", of: place(product), nil)
    }

    /// Uploads one of the product's firmware files with its declaration, and makes a version of them.
    func draft(_ product: ProductPlan, firmware name: String, by engineer: PortalClient) async throws {
        let declaration = try Files.read(office.productFile(product, "cd.der"))
        let firmware = try Files.read(office.productFile(product, name))
        let (cd, digest) = (Digest256.of(declaration), Digest256.of(firmware))
        let octets = "application/octet-stream"
        try await engineer.put("/v1/declarations/\(cd.hex)", bytes: declaration, type: octets)
        try await engineer.put("/v1/firmware/\(digest.hex)", bytes: firmware, type: octets)
        try await engineer.post("/v1/products/\(product.name)/versions", version(product, digest, cd))
    }

    private func version(_ product: ProductPlan, _ firmware: Digest256, _ cd: Digest256) -> JSONTree {
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

    // MARK: The officers

    /// Proposes what the officers are to sign. Allotments are units by EdgeHSM.
    func propose(
        _ product: ProductPlan,
        rules: JSONTree,
        allotments: [(edgeHSM: String, units: Int)],
        by officer: PortalClient
    ) async throws {
        try await officer.change(
            .PUT,
            place(product) + "/approval",
            of: place(product),
            [
                "lifetimeTotal": 10_000,
                "allotments": .list(
                    allotments.map { ["edgeHSM": .text($0.edgeHSM), "units": .integer($0.units)] }
                ),
                "allowances": ["debugUnlocks": 8, "reprovisions": 4, "rotations": 4], "rules": rules,
                "expiresAt": .text((oem.start + 60 * 86_400).description),
            ]
        )
    }

    /// The officer fetches the envelope, signs it with a token of their own, and hands it in.
    func sign(_ product: ProductPlan, by signer: OEM.Officer, as officer: PortalClient) async throws {
        let place = place(product) + "/approval"
        let file = signer.host.path("\(product.name).approval.json")
        try Files.write(try await officer.fetch(place).body, to: file)
        try await oem.approve(file, by: [signer])
        try await officer.post(place + "/signatures", bytes: Files.read(file))
    }

    /// Throws unless the officers' signatures have locked the version.
    func requireLocked(_ product: ProductPlan) async throws {
        let state = try await admin.get(place(product)).string("state")
        guard state == "locked" else {
            throw Refusal(FactoryBoxError.unexpected, "the officers' signatures left \(product.name) \(state)")
        }
    }

    /// Writes what the portal made to where files of versions lie. Throws unless the version is locked.
    func keep(_ product: ProductPlan) async throws {
        try await requireLocked(product)
        for name in ["approval", "manifest"] {
            let bytes = try await admin.fetch(place(product) + "/" + name).body
            try Files.write(bytes, to: office.productFile(product, name + ".json"))
        }
    }
}
