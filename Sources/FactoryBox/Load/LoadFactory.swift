import Foundation
import Glibc
import Silicon
import Vocabulary

/// A factory with one large batch and as many stations as wanted, to see what its EdgeHSM does under load.
///
/// The EdgeHSM is the real daemon with a SoftHSM2 token; stations are connections with certificates of their own,
/// chips are keys in this process. The Factory Service is stopped once it has loaded the batch.
public actor LoadFactory {
    /// Units that a station makes between two pauses of the clock: below the EdgeHSM's limit of holds.
    static let unitsATurn = 48

    private let site: Site
    private let authorization: Digest256
    private var stations: [LoadStation] = []

    /// A file-backed token, still to be made, apart from the factory's, for measuring what one signature costs.
    public struct Token: Sendable {
        public let module: String
        public let label: String
        public let pinFile: String
        public let officerPINFile: String
        /// What `SOFTHSM2_CONF` must name.
        public let configuration: String
    }

    private init(site: Site, authorization: Digest256) {
        self.site = site
        self.authorization = authorization
    }

    /// Builds everything from the ceremony to the loaded batch of `units` units.
    public static func build(at directory: String, units: Int, narrator: Narrator) async throws -> LoadFactory {
        let world = try World.make(at: directory)
        let oem = try await OEM.establish(in: world, start: Clock.now)
        let products = ProductPlan.all.filter { !$0.family.hasVendorIdentity }
        let site = try await Site.build(world, oem: oem, narrator: narrator, products: products)
        do {
            try await site.start()
            try await site.prepareProducts()
            try await site.approveVersions()
            let authorization = try await site.loadLargeBatch(of: units)
            await site.stopFactoryService()
            narrator.passed("a batch of \(units) units loaded", "the Factory Service is stopped now")
            return LoadFactory(site: site, authorization: authorization)
        } catch {
            await site.stop()
            throw error
        }
    }

    public func stop() async {
        for station in stations { await station.client.close() }
        await site.stop()
    }

    /// Path for a measurement's own file, on the disk that the EdgeHSM's journal is on.
    public nonisolated func file(_ name: String) -> String { site.world.path(name) }

    public nonisolated func tokenPlace() throws -> Token {
        let host = try TokenHost(site.world, "bench-token")
        for file in ["pin", "so-pin"] { try host.makePIN(file) }
        return Token(
            module: TokenHost.module,
            label: host.name,
            pinFile: host.path("pin"),
            officerPINFile: host.path("so-pin"),
            configuration: host.path("softhsm2.conf")
        )
    }

    public func edgeProcess() async throws -> Int32 { try await site.processIdentifier(of: "edgehsmd") }

    /// Has `count` stations work at the same time for `seconds` of measured time. Throws at the first refusal.
    ///
    /// The clock stands still while chips are made and while units are given up.
    public func measure(_ work: LoadWork, stations count: Int, seconds: Double) async throws -> LoadFigures {
        try await enrol(upTo: count)
        let crew = Array(stations.prefix(count))
        let edge = try CPUClock(process: await edgeProcess())
        let driver = try CPUClock(process: getpid())
        var figures = LoadFigures(stations: count)
        while figures.wall < seconds {
            let chips = crew.map { _ in (0..<Self.unitsATurn).map { _ in SoftChip() } }
            let (edgeBefore, driverBefore) = (try edge.seconds(), try driver.seconds())
            let start = ContinuousClock.now
            let waits = try await Self.together(crew, chips) { try await $0.work(work, on: $1) }
            let wall = (ContinuousClock.now - start) / .seconds(1)
            figures.add(
                waits.flatMap { $0 },
                wall: wall,
                edgeCPU: try edge.seconds() - edgeBefore,
                driverCPU: try driver.seconds() - driverBefore
            )
            if work == .issue { _ = try await Self.together(crew, chips) { try await $0.giveUp($1) } }
        }
        figures.finish()
        return figures
    }

    private static func together<Value: Sendable>(
        _ crew: [LoadStation],
        _ chips: [[SoftChip]],
        _ body: @escaping @Sendable (LoadStation, [SoftChip]) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            for (station, chips) in zip(crew, chips) { group.addTask { try await body(station, chips) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func enrol(upTo count: Int) async throws {
        while stations.count < count {
            let client = try await LineClient.enrol("load-\(stations.count + 1)", role: "station", at: site.edge)
            stations.append(LoadStation(client: client, authorization: authorization))
        }
    }
}
