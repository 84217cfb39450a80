import Silicon
import Vocabulary

/// A batch of one unit, and a second chip: what the line says when there is nothing left to make.
public struct ExhaustionRun: Sendable {
    /// How a run of the station ended, and what it printed.
    public struct End: Sendable {
        public let status: Int32
        public let output: String

        init(_ finished: Finished) {
            status = finished.status
            output = finished.output
        }
    }

    private let directory: String

    public init(directory: String) { self.directory = directory }

    /// Makes the one unit, then visits a fresh chip twice: printing JSON, and printing for people.
    public func play() async throws -> (made: End, asJSON: End, asText: End) {
        let narrator = Narrator()
        let world = try World.make(at: directory)
        let oem = try await OEM.establish(in: world, start: Clock.now)
        let products = ProductPlan.all.filter { !$0.family.hasVendorIdentity }.map { plan in
            var plan = plan
            plan.quantity = 1
            return plan
        }
        let site = try await Site.build(world, oem: oem, narrator: narrator, products: products)
        do {
            try await site.start()
            try await site.prepareProducts()
            try await site.approveVersions()
            try await site.authorizeBatches()
            let ends = try await site.exhaust(products[0])
            await site.stop()
            return ends
        } catch {
            await site.stop()
            throw error
        }
    }
}

extension Site {
    fileprivate func exhaust(
        _ product: ProductPlan
    ) async throws -> (made: ExhaustionRun.End, asJSON: ExhaustionRun.End, asText: ExhaustionRun.End) {
        _ = try await rack.add(2, family: product.family, notBefore: oem.start + -3_600)
        let batch = order(product).name
        let made = try await factory.produce(LineWork(batch: batch, first: 1, quantity: 1))
        let next = LineWork(batch: batch, first: 2, quantity: 1)
        let asJSON = try await factory.produce(next)
        let asText = try await factory.produce(next, asJSON: false)
        return (.init(made), .init(asJSON), .init(asText))
    }
}
