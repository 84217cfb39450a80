import Foundation
import Silicon
import Statements
import Vocabulary

/// What a batch may be asked to be, for the story and its attacks.
struct BatchOrder: Sendable {
    var product: ProductPlan
    var name: String
    var quantity: Int
    var firstSerial = 1
    var notBefore: Instant
    var notAfter: Instant
    var debugUnlocks = 2
    var rotations = 1
    var edgeHSM: String
    var factory: String
}

/// Batches by files: authorization and package.
extension VersionOffice {
    private struct Request: Encodable {
        let product: String
        let batch: String
        let edgeHSM: String
        let factory: String
        let quantity: Int
        let serials: ProductionAuthorization.SerialRange
        let notBefore: Instant
        let notAfter: Instant
        let debugUnlocks: ProductionAuthorization.Allowance
        let reprovisions: ProductionAuthorization.Allowance
        let rotations: ProductionAuthorization.Allowance
    }

    /// `obis authorize`; returns the package file. `extra` adds or replaces options.
    @discardableResult
    func authorize(
        _ order: BatchOrder,
        options: [String] = [],
        approval: String? = nil,
        expecting: Int32 = 0
    ) async throws -> (file: String, finished: Finished) {
        let allowance = ProductionAuthorization.Allowance(count: 1, notAfter: oem.start + 15 * 86_400)
        let request = productFile(order.product, order.name + ".batch.json")
        try Files.writeJSON(
            Request(
                product: order.product.name,
                batch: order.name,
                edgeHSM: order.edgeHSM,
                factory: order.factory,
                quantity: order.quantity,
                serials: .init(prefix: order.product.serialPrefix, first: order.firstSerial, digits: 8),
                notBefore: order.notBefore,
                notAfter: order.notAfter,
                debugUnlocks: .init(count: order.debugUnlocks, notAfter: oem.start + 15 * 86_400),
                reprovisions: allowance,
                rotations: .init(count: order.rotations, notAfter: oem.start + 15 * 86_400)
            ),
            to: request
        )
        let package = productFile(order.product, order.name + ".package")
        let ledger = oem.ceremonyRoom.path("ledger.json")
        let begun = FileManager.default.fileExists(atPath: ledger) ? [] : ["--new-ledger"]
        let finished = try await oem.ceremonyRoom.run(
            "obis",
            [
                "authorize", request, "--role-keys", oem.roleKeys, "--approval",
                approval ?? productFile(order.product, "approval.json"), "--manifest",
                productFile(order.product, "manifest.json"), "--cd", productFile(order.product, "cd.der"),
                "--enrolment",
                oem.enrolment(of: order.edgeHSM), "--orders", oem.orders, "--token", oem.portalTokenFile, "--ledger",
                ledger, "--profile", "lab", "--out", package, "--json",
            ] + begun + options,
            expecting: expecting
        )
        return (package, finished)
    }
}
