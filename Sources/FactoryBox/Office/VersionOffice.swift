import Foundation
import Silicon
import Statements
import VirtualChip
import Vocabulary

/// Who makes versions and batches by files: firmware, manifest, the officers' signatures, authorization, package.
struct VersionOffice: Sendable {
    static let version = "1.0.0"

    let world: World
    let oem: OEM
    let vendor: SiliconVendor

    func productFile(_ product: ProductPlan, _ name: String) -> String {
        world.path("oem", "versions", product.name, name)
    }

    /// The order of the product's first batch at an EdgeHSM.
    func order(_ product: ProductPlan, at edge: EdgeAppliance) -> BatchOrder {
        BatchOrder(
            product: product,
            name: "\(product.name)-week-47",
            quantity: product.quantity,
            notBefore: oem.start + -300,
            notAfter: oem.start + 7 * 86_400,
            edgeHSM: edge.id,
            factory: edge.factory
        )
    }

    /// Firmware, declaration, manifest, and an approval that two officers signed. `allotments` are units by EdgeHSM.
    func approveVersion(of product: ProductPlan, allotments: [(edgeHSM: String, units: Int)]) async throws {
        try await draftVersion(of: product)
        try await writeManifest(product)
        try await draftApproval(product, allotments)
    }

    /// What an ODM brings: firmware under the right key and under another, and the declaration.
    func draftVersion(of product: ProductPlan) async throws {
        _ = try world.folder("oem", "versions", product.name)
        try await signFirmware(product)
        try Files.write(vendor.root.certificate, to: productFile(product, "vendor-root.der"))
    }

    /// An image of our own making, signed by the ceremony's token; one under another key is refused.
    private func signFirmware(_ product: ProductPlan) async throws {
        var generator = SystemRandomNumberGenerator()
        let body = (0..<96 * 1_024).map { _ in UInt8.random(in: 0...255, using: &generator) }
        try Files.write(body, to: productFile(product, "firmware.body"))
        for (key, file) in [(OEM.firmwareKey, "firmware.bin"), (OEM.otherFirmwareKey, "firmware.other.bin")] {
            try await oem.ceremonyRoom.run(
                "obis",
                [
                    "firmware-sign", productFile(product, "firmware.body"), "--token", oem.ceremonyTokenFile, "--key",
                    key, "--version", Self.version, "--vendor", OEM.vendorID, "--product", product.productIDText,
                    "--software-version", "1", "--out", productFile(product, file),
                ]
            )
        }
        try Files.write(
            await oem.declare(productIDs: [product.productID], deviceType: product.deviceType),
            to: productFile(product, "cd.der")
        )
    }

    private struct Description: Encodable {
        struct Commissioning: Encodable {
            let flow = 0
            let discovery = 4
            let iterations = 1_000
        }
        struct FactoryData: Encodable {
            let encoding = "nordic-cbor"
            let vendorName = "Example Lighting"
            let productName: String
            let productLabel = ""
            let productURL = "https://example.com"
            let partNumber: String
            let hardwareVersion = 1
            let hardwareVersionString = "A1"
        }
        struct Slot: Encodable {
            let slot = "ota"
            let kind: String
        }
        let product: String
        let version = VersionOffice.version
        let vendorID = OEM.vendorID
        let productID: String
        let deviceType: UInt32
        let family: String
        let softwareVersion = 1
        let commissioning = Commissioning()
        let factoryData: FactoryData
        let chipIdentity: String
        let keys: [Slot]
        let socClass: UInt32
        let debugPermissions: String
    }

    private func writeManifest(_ product: ProductPlan) async throws {
        try Files.writeJSON(
            Description(
                product: product.name,
                productID: product.productIDText,
                deviceType: product.deviceType,
                family: product.family.rawValue,
                factoryData: .init(productName: product.name, partNumber: "P-\(product.productIDText)"),
                chipIdentity: product.family.hasVendorIdentity ? "vendorCertificate" : "none",
                keys: [.init(kind: product.keyKind)],
                socClass: product.socClass,
                debugPermissions: (ADACPermissions.rework | .wipe).hex
            ),
            to: productFile(product, "product.json")
        )
        let refused = try await make(product, firmware: "firmware.other.bin", expecting: 1)
        try expectCode("firmware.key.mismatch", refused.output)
        _ = try await make(product, firmware: "firmware.bin", expecting: 0)
    }

    private func make(_ product: ProductPlan, firmware: String, expecting: Int32) async throws -> Finished {
        let key = oem.state + "/public/firmware-signing-\(OEM.firmwareKey).pem"
        let roots = product.family.hasVendorIdentity ? ["--vendor-root", productFile(product, "vendor-root.der")] : []
        return try await oem.ceremonyRoom.run(
            "obis",
            [
                "manifest", productFile(product, "product.json"), "--firmware", productFile(product, firmware),
                "--secure-boot-key", key, "--cd", productFile(product, "cd.der"), "--paa",
                oem.state + "/paa/\(OEM.vendorID).der", "--debug-root", oem.state + "/debug/root.adac", "--token",
                oem.portalTokenFile, "--profile", "lab", "--out", productFile(product, "manifest.json"), "--json",
            ] + roots,
            expecting: expecting
        )
    }

    struct Draft: Encodable {
        let lifetimeTotal: Int
        let allotments: [VersionApproval.Allotment]
        let allowances = VersionApproval.Allowances(debugUnlocks: 8, reprovisions: 4, rotations: 4)
        let rules: VersionApproval.Rules
        let issuedAt: Instant
        let expiresAt: Instant
    }

    private func draftApproval(
        _ product: ProductPlan,
        _ allotments: [(edgeHSM: String, units: Int)]
    ) async throws {
        try Files.writeJSON(
            Draft(
                lifetimeTotal: 10_000,
                allotments: allotments.map { .init(edgeHSM: try EdgeHSMID($0.edgeHSM), units: $0.units) },
                rules: VersionApproval.Rules(
                    largestBatch: 1_000,
                    chipIdentity: product.family.hasVendorIdentity ? .vendorCertificate : .none
                ),
                issuedAt: oem.start + -600,
                expiresAt: oem.start + 60 * 86_400
            ),
            to: productFile(product, "approval.draft.json")
        )
        let approval = productFile(product, "approval.json")
        try await oem.ceremonyRoom.run(
            "obis",
            [
                "approval-draft", productFile(product, "approval.draft.json"), "--manifest",
                productFile(product, "manifest.json"), "--out", approval,
            ]
        )
        try await oem.approve(approval, by: Array(oem.officers.suffix(2)))
    }

    /// The refusal that a program printed with `--json`.
    func expectCode(_ code: String, _ output: String) throws {
        guard output.contains("\"\(code)\"") else {
            throw Refusal(FactoryBoxError.unexpected, "\(code) expected, got \(output.prefix(200))")
        }
    }
}
