import Foundation
import Statements
import Vocabulary

/// One of the OEM's factories: its EdgeHSM, its Factory Service, its stations, and the chips that they program.
actor Factory {
    /// A batch of this factory, and where its chips stand in the rack.
    struct Batch: Sendable {
        let grant: GrantedBatch
        let work: LineWork
        /// Batches of one shift are made at the same time, each at a station of its own.
        let shift: Int
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
    /// One device of its first line gets the label of the device before; the scan must refuse it.
    private var swapsLabel = false
    private(set) var labelRefused = false
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

    nonisolated var quantity: Int { get async { await batches.map(\.grant.quantity).reduce(0, +) } }

    /// - Parameter joining: a joining code of the portal, and the port at which the cable to it begins.
    func start(joining: (code: String, port: Int)?) async throws {
        box = try await edge.start()
        try await host.enrol()
        if let joining { try await host.join(joining.code, through: joining.port) }
        service = try await host.start()
    }

    /// The Factory Service's process, once it was started.
    var running: Service? { service }

    /// With the configuration as it is now.
    func restartService(extra: [String: String] = [:]) async throws -> Service {
        await service?.stop()
        let started = try await host.start(extra: extra)
        service = started
        return started
    }

    func stop() async {
        for service in [service, box] { await service?.stop() }
        await rack.stop()
    }

    /// Units that its stations finished, as they print it.
    nonisolated var finished: Int { progress.passed }

    // MARK: Production

    func swapOneLabel() { swapsLabel = true }

    /// Blank chips for a batch, and the station that is to make devices of them.
    func plan(_ grant: GrantedBatch, station: Int, shift: Int) async throws {
        let chips = try await rack.add(grant.quantity, family: grant.product.family, notBefore: oem.start + -3_600)
        let work = LineWork(
            station: station,
            batch: grant.name,
            first: chips.first?.place ?? 1,
            quantity: grant.quantity,
            sites: 2,
            operatorName: "Nadia"
        )
        batches.append(Batch(grant: grant, work: work, shift: shift))
    }

    /// All batches of a shift at the same time; throws where one device did not pass.
    func produce(shift: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for batch in batches where batch.shift == shift { tasks.addTask { try await self.produce(batch) } }
            try await tasks.waitForAll()
        }
    }

    private func produce(_ batch: Batch) async throws {
        let log = "\(profile.id)-\(batch.grant.name)"
        let isSwapped = swapsLabel && batch.work.station == 0
        if isSwapped {
            swapsLabel = false
            host.stations[batch.work.station].bench.swapNextLabel()
        }
        var line = try host.begin(batch.work, log: log)
        progress.follow(line.log)
        var status = await line.ended()
        if isSwapped {
            let open = try LineLog(line.log).units.filter { $0.result == "unfinished" }
            guard status == 1, open.map(\.code) == ["station.label.mismatch"] else {
                throw Refusal(FactoryBoxError.unexpected, "a swapped label: exit \(status): \(line.lastLines())")
            }
            labelRefused = true
            // With its own label on it.
            line = try host.begin(batch.work, log: log)
            status = await line.ended()
        }
        guard status == 0 else {
            throw Refusal(
                FactoryBoxError.unexpected,
                "\(batch.grant.name) at \(profile.id): exit \(status): \(line.lastLines())"
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
            batch.grant.name,
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
