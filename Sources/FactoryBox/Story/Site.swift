import Foundation
import Glibc
import Silicon
import Statements
import Vocabulary

/// One factory site with its OEM: everything that the story's chapters work on.
actor Site {
    static let version = "1.0.0"

    nonisolated let world: World
    nonisolated let oem: OEM
    nonisolated let edge: EdgeAppliance
    nonisolated let narrator: Narrator
    nonisolated let vendor: SiliconVendor
    nonisolated let rack: ChipRack
    nonisolated let factory: FactoryHost
    nonisolated let products: [ProductPlan]
    var plan: CeremonyPlan
    var services: [String: Service] = [:]
    /// The chip that was provisioned anew, once it was.
    var remadeChip: ChipUID?

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
        rack = ChipRack(world, vendor: vendor)
        plan = CeremonyPlan(officers: oem.officers, expiresAt: oem.start + 30 * 86_400)
        plan.productKeys = try products.map { product in
            let file = oem.ceremonyRoom.path(product.name + ".known-key")
            if let known = product.knownKey { try Files.write(known + "\n", to: file) }
            return .init(
                product: product.name,
                version: Self.version,
                slot: "ota",
                kind: product.keyKind,
                knownValueFile: product.knownKey == nil ? nil : file
            )
        }
    }

    func stop() async {
        for service in services.values.reversed() { await service.stop() }
        await rack.stop()
        SocketFolder.remove(world.sockets)
    }

    // MARK: Governance

    private func holdFirstCeremony() async throws {
        _ = try await oem.hold(plan, purpose: "First keys of Example Lighting", dryRun: true)
        narrator.passed("dry run", "names every key and file, makes nothing")
        _ = try await oem.hold(plan, purpose: "First keys of Example Lighting")
        narrator.passed("root authority, RoleKeys (2 of 3), PAA, debug root, firmware and product keys")
        let request = try await edge.prepare()
        plan.edgeHSMs = [
            .init(
                edgeHSM: edge.id,
                factory: edge.factory,
                request: request,
                identity: String(try identity(request).keyID.hex.prefix(16))
            )
        ]
        _ = try await oem.hold(plan, purpose: "Enrol \(edge.id)")
        let enrolment = oem.state + "/enrolments/\(edge.id).json"
        try await oem.approve(enrolment, by: Array(oem.officers.prefix(2)))
        try await edge.enrol(
            roleKeys: oem.roleKeys + "/0001.json",
            rootKey: oem.state + "/public/root-authority.pem",
            enrolment: enrolment
        )
        narrator.passed("EdgeHSM \(edge.id) enrolled", "its transport key is TRUSTED in the portal's token")
        try await oem.ceremonyRoom.run("obis", ["ceremony", "--verify-transcript", "--state", oem.state])
        narrator.passed("signed transcripts verify")
    }

    private nonisolated func identity(_ request: String) throws -> P256Point {
        try EdgeHSMEnrolment.read(payload: Files.envelope(request).payload).identity
    }

    nonisolated func identityKey() throws -> P256Point {
        try identity(edge.host.path("enrolment-request.json"))
    }

    // MARK: The site comes up

    func start() async throws {
        services["edgehsmd"] = try await edge.start()
        narrator.passed("edgehsmd serves", "127.0.0.1:\(edge.port)")
        try await factory.enrol(identity: identityKey())
        narrator.passed("Factory Service and station enrolled", "the operator compared two fingerprints")
        services["obis-factory"] = try await factory.start()
        narrator.passed("obis-factory serves", "127.0.0.1:\(factory.port)")
    }

    /// Keys made in the EdgeHSM, certified by the OEM: nobody travelled.
    func prepareProducts() async throws {
        for product in products {
            let preparation = world.path("factory", "\(product.name).preparation.json")
            try await factory.run([
                "prepare-product", "--product", product.name, "--vendor", OEM.vendorID, "--product-id",
                product.productIDText, "--out", preparation,
            ])
            plan.products.append(
                .init(
                    product: product.name,
                    edgeHSM: edge.id,
                    vendorID: OEM.vendorID,
                    productID: product.productIDText,
                    preparation: preparation,
                    commonName: "Example \(product.name) PAI",
                    notBefore: oem.start + -3_600,
                    socClass: product.socClass,
                    permissions: ADACPermissions.all.hex
                )
            )
        }
        _ = try await oem.hold(plan, purpose: "Certify the keys that \(edge.id) made for its products")
        for product in products {
            try await factory.run(["load", oem.state + "/products/\(edge.id)/\(product.name).json"])
        }
        narrator.passed("PAIs and debug intermediates certified", "their keys were made in the EdgeHSM's token")
    }
}
