import Foundation
import Silicon
import Statements
import Vocabulary

/// Batches: authorization, package, and the line at work.
extension Site {
    /// What a batch may be asked to be, for the story and its attacks.
    struct BatchOrder: Sendable {
        var product: ProductPlan
        var name: String
        var quantity: Int
        var firstSerial = 1
        var notBefore: Instant
        var notAfter: Instant
        var debugUnlocks = 2
        var edgeHSM: String?
    }

    func order(_ product: ProductPlan) -> BatchOrder {
        BatchOrder(
            product: product,
            name: "\(product.name)-week-47",
            quantity: product.quantity,
            notBefore: oem.start + -300,
            notAfter: oem.start + 7 * 86_400
        )
    }

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
                edgeHSM: order.edgeHSM ?? edge.id,
                factory: edge.factory,
                quantity: order.quantity,
                serials: .init(prefix: order.product.serialPrefix, first: order.firstSerial, digits: 8),
                notBefore: order.notBefore,
                notAfter: order.notAfter,
                debugUnlocks: .init(count: order.debugUnlocks, notAfter: oem.start + 15 * 86_400),
                reprovisions: allowance,
                rotations: allowance
            ),
            to: request
        )
        let package = productFile(order.product, order.name + ".package")
        let finished = try await oem.ceremonyRoom.run(
            "obis",
            [
                "authorize", request, "--role-keys", oem.roleKeys, "--approval",
                approval ?? productFile(order.product, "approval.json"), "--manifest",
                productFile(order.product, "manifest.json"), "--cd", productFile(order.product, "cd.der"),
                "--enrolment",
                oem.state + "/enrolments/\(order.edgeHSM ?? edge.id).json", "--token", oem.portalTokenFile, "--ledger",
                oem.ceremonyRoom.path("ledger.json"), "--profile", "lab", "--out", package, "--json",
            ] + options,
            expecting: expecting
        )
        return (package, finished)
    }

    func authorizeBatches() async throws {
        for product in products {
            let (package, _) = try await authorize(order(product))
            try drop(package, as: order(product).name + ".package")
            try drop(productFile(product, "firmware.bin"), as: product.name + ".firmware")
        }
        try await inboxIsEmpty()
        narrator.passed("packages and firmware taken in from the inbox", "the Factory Service could open neither seal")
    }

    /// Puts a file into the inbox as a person with a USB stick does.
    nonisolated func drop(_ file: String, as name: String) throws {
        try Files.write(Files.read(file), to: factory.inbox + "/" + name)
    }

    /// Waits until everything in the inbox was taken; throws where something was refused.
    func inboxIsEmpty(within seconds: Double = 20) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            let refused = try names(factory.inbox + "/refused")
            if let why = refused.first(where: { $0.hasSuffix(".why") }) {
                let text = String(decoding: try Files.read(factory.inbox + "/refused/" + why), as: UTF8.self)
                throw Refusal(FactoryBoxError.unexpected, "\(why): \(text)")
            }
            if try names(factory.inbox).allSatisfy({ ["done", "refused"].contains($0) }) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Refusal(FactoryBoxError.unexpected, "the inbox was not emptied")
    }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    /// Makes all devices of all batches with four sites.
    func produce() async throws {
        var first = 1
        for product in products {
            _ = try await rack.add(product.quantity, family: product.family, notBefore: oem.start + -3_600)
            let finished = try await factory.produce(order(product).name, first: first, quantity: product.quantity)
            guard finished.status == 0 else {
                throw Refusal(
                    FactoryBoxError.unexpected,
                    "line of \(product.name): exit \(finished.status): \(finished.output.suffix(600)) \(finished.errors.suffix(300))"
                )
            }
            first += product.quantity
            narrator.passed(
                "\(product.quantity) \(product.name)s made, all passed",
                "4 sites, \(product.family.rawValue)"
            )
        }
    }
}
