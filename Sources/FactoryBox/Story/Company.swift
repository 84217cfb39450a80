import Foundation
import Statements
import Vocabulary

/// The OEM with all of its factories: everything that the story's chapters work on.
actor Company {
    /// Index of the factory that a new product comes to.
    static let newcomersPlace = 2

    nonisolated let world: World
    nonisolated let oem: OEM
    nonisolated let narrator: Narrator
    nonisolated let vendor: SiliconVendor
    nonisolated let office: VersionOffice
    nonisolated let products: [ProductPlan]
    /// Comes while the lines run.
    nonisolated let newcomer: ProductPlan
    nonisolated let factories: [Factory]
    nonisolated let scale: StoryScale
    var plan: CeremonyPlan
    /// Once it was opened.
    var portal: PortalHost?
    var door: PortalDoor?
    var people: PortalPeople?

    /// Tokens for the OEM's people, and five empty factories.
    static func found(
        in world: World,
        narrator: Narrator,
        scale: StoryScale,
        products: [ProductPlan] = ProductPlan.all,
        profiles: [FactoryProfile] = FactoryProfile.all
    ) async throws -> Company {
        let oem = try await OEM.establish(in: world, start: Clock.now)
        let vendor = try await SiliconVendor.establish(notBefore: oem.start + -86_400)
        return try Company(
            world: world,
            oem: oem,
            vendor: vendor,
            narrator: narrator,
            scale: scale,
            products: products,
            profiles: profiles
        )
    }

    private init(
        world: World,
        oem: OEM,
        vendor: SiliconVendor,
        narrator: Narrator,
        scale: StoryScale,
        products: [ProductPlan],
        profiles: [FactoryProfile]
    ) throws {
        self.world = world
        self.oem = oem
        self.vendor = vendor
        self.narrator = narrator
        self.scale = scale
        office = VersionOffice(world: world, oem: oem, vendor: vendor)
        self.products = products
        newcomer = ProductPlan.newcomer
        // The first makes two batches of one product beside one of the other; a new product comes to the third.
        factories = try profiles.enumerated().map { index, profile in
            try Factory(
                profile,
                world: world,
                oem: oem,
                vendor: vendor,
                stations: [0, Self.newcomersPlace].contains(index) ? 3 : 2
            )
        }
        // So long that the portal need not remind of it.
        plan = try CeremonyPlan.first(of: oem, products: products, days: 90)
    }

    func stop() async {
        await withTaskGroup(of: Void.self) { tasks in
            for factory in factories { tasks.addTask { await factory.stop() } }
        }
        await door?.close()
        await portal?.stop()
        world.removeSockets()
    }

    /// The same at all factories at once; results in their order.
    nonisolated func everywhere<Value: Sendable>(
        _ body: @escaping @Sendable (Factory) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { tasks in
            for (index, factory) in factories.enumerated() { tasks.addTask { (index, try await body(factory)) } }
            return try await tasks.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    // MARK: Ceremonies

    func holdFirstCeremony() async throws {
        let purpose = "First keys of Example Lighting"
        _ = try await oem.hold(plan, purpose: purpose, dryRun: true)
        narrator.passed("dry run", "names every key and file, makes nothing")
        _ = try await oem.hold(plan, purpose: purpose)
        narrator.passed("root authority, RoleKeys (2 of 3), PAA, debug root, firmware and product keys")
    }

    /// Appliances for all factories, while the OEM has them in its house.
    func enrolAppliances() async throws {
        plan.edgeHSMs = try await everywhere { try await $0.edge.prepare() }
        _ = try await oem.hold(plan, purpose: "Enrol the EdgeHSMs of five factories")
        for factory in factories {
            try await oem.approve(oem.enrolment(of: factory.edge.id), by: Array(oem.officers.prefix(2)))
        }
        let oem = oem
        _ = try await everywhere { try await $0.edge.takeEnrolment(from: oem) }
        narrator.passed(
            "\(factories.count) EdgeHSMs enrolled, each with a token of its own",
            "their transport keys are TRUSTED in the portal's token"
        )
        try await oem.ceremonyRoom.run("obis", ["ceremony", "--verify-transcript", "--state", oem.state])
        narrator.passed("signed transcripts verify")
    }

    // MARK: Factories come up

    func openFactories() async throws {
        let (portal, people) = (try required(portal), try required(people))
        _ = try await everywhere { try await $0.start(joining: try await self.joining($0, portal, people)) }
        for factory in factories {
            let profile = factory.profile
            narrator.passed(
                "\(profile.title) runs: EdgeHSM, Factory Service, \(factory.host.stations.count) stations",
                "\(profile.manufacturer.name), \(profile.localTime()) there, "
                    + (profile.hasLink ? "joined the portal" : "no link: all by stick")
            )
        }
    }

    /// Keys made in each EdgeHSM, certified by the OEM: nobody travelled.
    func prepareProducts() async throws {
        let products = products
        let made = try await everywhere { factory in
            var files: [String] = []
            for product in products { files.append(try await factory.host.prepare(product)) }
            return files
        }
        for (factory, files) in zip(factories, made) {
            for (product, file) in zip(products, files) {
                plan.add(product, at: factory.edge.id, preparation: file, start: oem.start)
            }
        }
        _ = try await oem.hold(plan, purpose: "Certify the keys that five EdgeHSMs made for their products")
        _ = try await everywhere { try await $0.installCertificates(of: products) }
        narrator.passed(
            "\(plan.products.count) PAIs and debug intermediates certified",
            "their keys were made in the EdgeHSMs' tokens; nobody travelled"
        )
    }
}
