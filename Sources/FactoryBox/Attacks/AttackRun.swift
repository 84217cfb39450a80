import Foundation

/// All attacks, and of the rest of the story only what they need: ceremony, a running site, approved versions.
public struct AttackRun: Sendable {
    private let world: World
    private let narrator: Narrator

    public init(directory: String) throws {
        world = try World.make(at: directory)
        narrator = Narrator()
        narrator.chapter("Attacks")
    }

    /// Within another world; what it tells is kept by `narrator`.
    init(in world: World, narrator: Narrator) throws {
        self.world = world
        self.narrator = narrator
    }

    /// Returns the attacks that were refused, which are all; throws `box.story.unexpected` at the first that was not, or
    /// not by its code, or whose mended request failed.
    public func play() async throws -> [(name: String, code: String)] {
        let oem = try await OEM.establish(in: world, start: Clock.now)
        let products = ProductPlan.all.map { plan in
            var plan = plan
            plan.quantity = 2
            return plan
        }
        // What it takes to attack is no news.
        let site = try await Site.build(world, oem: oem, narrator: Narrator(kept: true), products: products)
        do {
            try await site.start()
            try await site.prepareProducts()
            // Versions of the other product come through a portal, which is attacked as well.
            let allotments = [(site.edge.id, products[0].quantity), (AttackBench.boxName, Site.spareUnits)]
            try await site.office.approveVersion(of: AttackBench.proven, allotments: allotments)
            let refused = try await site.attack(telling: narrator)
            await site.stop()
            return refused.map { ($0.name, $0.code) }
        } catch {
            await site.stop()
            throw error
        }
    }
}
