import Foundation
import Glibc
import Silicon
import Statements
import Vocabulary

/// One factory with an OEM that works by files alone: what kills, attacks, the key scan and the load are played on.
actor Site {
    /// Units of the allotment that the first batch leaves; also the allotment of the EdgeHSM that is attacked.
    static let spareUnits = 60

    nonisolated let world: World
    nonisolated let oem: OEM
    nonisolated let edge: EdgeAppliance
    nonisolated let narrator: Narrator
    nonisolated let vendor: SiliconVendor
    nonisolated let rack: ChipRack
    nonisolated let factory: FactoryHost
    nonisolated let products: [ProductPlan]
    nonisolated let office: VersionOffice
    var plan: CeremonyPlan
    var services: [String: Service] = [:]

    static func build(
        _ world: World,
        oem: OEM,
        narrator: Narrator,
        products: [ProductPlan] = ProductPlan.all
    ) async throws -> Site {
        let edge = try EdgeAppliance(world, id: "edge-1", factory: "factory-1")
        let site = try Site(
            world: world,
            oem: oem,
            edge: edge,
            factory: try FactoryHost(world, edge: edge),
            narrator: narrator,
            vendor: try await SiliconVendor.establish(notBefore: oem.start + -86_400),
            products: products
        )
        try await site.holdFirstCeremony()
        return site
    }

    private init(
        world: World,
        oem: OEM,
        edge: EdgeAppliance,
        factory: FactoryHost,
        narrator: Narrator,
        vendor: SiliconVendor,
        products: [ProductPlan]
    ) throws {
        self.world = world
        self.oem = oem
        self.edge = edge
        self.narrator = narrator
        self.vendor = vendor
        self.products = products
        self.factory = factory
        office = VersionOffice(world: world, oem: oem, vendor: vendor)
        rack = ChipRack(world, vendor: vendor, folder: factory.rackFolder)
        plan = try CeremonyPlan.first(of: oem, products: products)
    }

    func stop() async {
        for service in services.values.reversed() { await service.stop() }
        await rack.stop()
        world.removeSockets()
    }

    // MARK: Governance

    private func holdFirstCeremony() async throws {
        _ = try await oem.hold(plan, purpose: "First keys of Example Lighting", dryRun: true)
        narrator.passed("dry run", "names every key and file, makes nothing")
        _ = try await oem.hold(plan, purpose: "First keys of Example Lighting")
        narrator.passed("root authority, RoleKeys (2 of 3), PAA, debug root, firmware and product keys")
        plan.edgeHSMs = [try await edge.prepare()]
        _ = try await oem.hold(plan, purpose: "Enrol \(edge.id)")
        try await edge.enrol(by: Array(oem.officers.prefix(2)), of: oem)
        narrator.passed("EdgeHSM \(edge.id) enrolled", "its transport key is TRUSTED in the portal's token")
        try await oem.ceremonyRoom.run("obis", ["ceremony", "--verify-transcript", "--state", oem.state])
        narrator.passed("signed transcripts verify")
    }

    // MARK: The site comes up

    func start() async throws {
        services["edgehsmd"] = try await edge.start()
        narrator.passed("edgehsmd serves", "127.0.0.1:\(edge.port)")
        try await factory.enrol()
        narrator.passed("Factory Service and station enrolled", "the operator compared two fingerprints")
        services["obis-factory"] = try await factory.start()
        narrator.passed("obis-factory serves", "127.0.0.1:\(factory.port)")
    }

    /// Keys made in the EdgeHSM, certified by the OEM: nobody travelled.
    func prepareProducts() async throws {
        for product in products {
            plan.add(
                product,
                at: edge.id,
                preparation: try await factory.prepare(product),
                start: oem.start
            )
        }
        _ = try await oem.hold(plan, purpose: "Certify the keys that \(edge.id) made for its products")
        for product in products {
            try await factory.run(["load", oem.certificates(of: product.name, at: edge.id)])
        }
        narrator.passed("PAIs and debug intermediates certified", "their keys were made in the EdgeHSM's token")
    }

    // MARK: Versions and batches

    nonisolated func order(_ product: ProductPlan) -> BatchOrder { office.order(product, at: edge) }

    func approveVersions() async throws {
        for product in products {
            // The second EdgeHSM is for attacks alone.
            let allotments = [(edge.id, product.quantity + Self.spareUnits), (AttackBench.boxName, Self.spareUnits)]
            try await office.approveVersion(of: product, allotments: allotments)
        }
        narrator.passed(
            "versions \(VersionOffice.version) approved by 2 of 3 officers",
            "each read words and octets first"
        )
    }

    func authorizeBatches() async throws {
        for product in products {
            let (package, _) = try await office.authorize(order(product))
            try factory.drop(package, as: order(product).name + ".package")
            try factory.drop(office.productFile(product, "firmware.bin"), as: product.name + ".firmware")
        }
        try await factory.inboxIsEmpty()
        narrator.passed("packages and firmware taken in from the inbox", "the Factory Service could open neither seal")
    }
}
