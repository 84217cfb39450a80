import Foundation
import Statements
import Vocabulary

/// One of the OEM's factories: its EdgeHSM, its Factory Service, its stations, and the chips that they program.
actor Factory {
    /// A batch of this factory, and where its chips stand in the rack.
    struct Batch: Sendable {
        let order: BatchOrder
        let work: LineWork
    }

    nonisolated let profile: FactoryProfile
    nonisolated let world: World
    nonisolated let oem: OEM
    nonisolated let edge: EdgeAppliance
    nonisolated let host: FactoryHost
    nonisolated let rack: ChipRack
    nonisolated let progress = LineProgress()
    private(set) var batches: [Batch] = []
    private var box: Service?
    private var service: Service?
    /// The chip that was provisioned anew, once it was.
    var remadeChip: ChipUID?

    /// - Parameter stations: how many of them work at the same time.
    init(_ profile: FactoryProfile, world: World, oem: OEM, vendor: SiliconVendor, stations: Int) throws {
        self.profile = profile
        self.world = world
        self.oem = oem
        edge = try EdgeAppliance(world, id: profile.edgeHSM, factory: profile.id)
        host = try FactoryHost(world, edge: edge, stations: stations)
        rack = ChipRack(world, vendor: vendor, folder: host.rackFolder)
    }

    nonisolated var quantity: Int { get async { await batches.map(\.order.quantity).reduce(0, +) } }

    func start() async throws {
        box = try await edge.start()
        try await host.enrol()
        service = try await host.start()
    }

    /// With the configuration as it is now.
    func restartService() async throws {
        await service?.stop()
        service = try await host.start()
    }

    func stop() async {
        for service in [service, box] { await service?.stop() }
        await rack.stop()
    }

    func installCertificates(of products: [ProductPlan]) async throws {
        for product in products { try await host.run(["load", oem.certificates(of: product.name, at: edge.id)]) }
    }

    // MARK: Production

    /// Blank chips for a batch, and the station that is to make devices of them.
    func plan(_ order: BatchOrder, station: Int) async throws {
        let chips = try await rack.add(order.quantity, family: order.product.family, notBefore: oem.start + -3_600)
        let first = await rack.chips.count - chips.count + 1
        let work = LineWork(
            station: station,
            batch: order.name,
            first: first,
            quantity: order.quantity,
            sites: 2,
            operatorName: "Nadia"
        )
        batches.append(Batch(order: order, work: work))
    }

    /// All batches at the same time, each at a station of its own; throws where one device did not pass.
    func produce() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for batch in batches { tasks.addTask { try await self.produce(batch) } }
            try await tasks.waitForAll()
        }
    }

    private func produce(_ batch: Batch) async throws {
        let line = try host.begin(batch.work, log: "\(profile.id)-\(batch.order.name)")
        progress.follow(line.log)
        let status = await line.ended()
        guard status == 0 else {
            throw Refusal(
                FactoryBoxError.unexpected,
                "\(batch.order.name) at \(profile.id): exit \(status): \(line.lastLines())"
            )
        }
    }

    /// A command of a station on one finished device.
    nonisolated func service(
        _ command: String,
        _ batch: Batch,
        chip: ChipRack.Chip,
        _ options: [String] = []
    ) async throws -> Finished {
        try await host.service(
            command,
            batch.order.name,
            chip: chip.socket,
            options,
            station: batch.work.station
        )
    }

    /// The chips of a batch, in the order of their places.
    func chips(of batch: Batch) async -> [ChipRack.Chip] {
        Array(await rack.chips.dropFirst(batch.work.first - 1).prefix(batch.work.quantity))
    }

    func remade(_ chip: ChipRack.Chip) { remadeChip = chip.uid }
}
