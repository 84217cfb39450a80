import Foundation
import Silicon
import Statements
import Vocabulary

/// A batch as large as a measurement needs, of the product whose chips have no certificate of their vendor.
extension Site {
    static let loadBatch = "plug-load"

    /// Has the officers approve `units` more, loads one batch of them, and returns its authorization.
    func loadLargeBatch(of units: Int) async throws -> Digest256 {
        guard let plug = products.first(where: { !$0.family.hasVendorIdentity }) else {
            throw Refusal(FactoryBoxError.unexpected, "no product without chip identity")
        }
        let approval = try await approveFurther(units, of: plug, at: edge.id, as: "load")
        var batch = order(plug)
        batch.name = Self.loadBatch
        batch.quantity = units
        batch.firstSerial = 1_000_001
        let (package, finished) = try await office.authorize(batch, approval: approval)
        try factory.drop(package, as: Self.loadBatch + ".package")
        try factory.drop(office.productFile(plug, "firmware.bin"), as: plug.name + ".firmware")
        try await factory.inboxIsEmpty()
        return try Digest256(hex: PrintedJSON(finished.output).string("authorization"))
    }

    /// The product's next approval, in a file of this name: the one before with `units` more for one EdgeHSM.
    func approveFurther(
        _ units: Int,
        of product: ProductPlan,
        at box: String,
        as name: String
    ) async throws -> String {
        let before = try VersionApproval.read(
            payload: Files.envelope(office.productFile(product, "approval.json")).payload
        )
        let allotments = before.allotments.map { allotment in
            allotment.edgeHSM.text == box
                ? VersionApproval.Allotment(edgeHSM: allotment.edgeHSM, units: allotment.units + units) : allotment
        }
        let draft = office.productFile(product, "approval.\(name).draft.json")
        try Files.writeJSON(
            VersionOffice.Draft(
                lifetimeTotal: before.lifetimeTotal + units,
                allotments: allotments,
                rules: VersionApproval.Rules(largestBatch: max(units, 1_000), chipIdentity: before.rules.chipIdentity),
                issuedAt: oem.start + -300,
                expiresAt: oem.start + 20 * 86_400
            ),
            to: draft
        )
        let approval = office.productFile(product, "approval.\(name).json")
        try await oem.ceremonyRoom.run(
            "obis",
            [
                "approval-draft", draft, "--manifest", office.productFile(product, "manifest.json"), "--previous",
                office.productFile(product, "approval.json"), "--out", approval,
            ]
        )
        let earlier = try world.folder("oem", "versions", product.name, "earlier")
        try Files.write(Files.read(office.productFile(product, "approval.json")), to: earlier + "/approval.json")
        try await oem.approve(approval, by: Array(oem.officers.suffix(2)), earlier: earlier)
        return approval
    }

    /// The EdgeHSM alone remains: the Factory Service's reading of the journal is not what is measured.
    func stopFactoryService() async { await services.removeValue(forKey: "obis-factory")?.stop() }

    func processIdentifier(of service: String) throws -> Int32 {
        guard let identifier = services[service]?.identifier else {
            throw Refusal(FactoryBoxError.unexpected, "\(service) does not run")
        }
        return identifier
    }
}
