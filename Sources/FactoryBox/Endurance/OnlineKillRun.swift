import Foundation
import Statements
import Vocabulary

/// A portal and a Factory Service that are killed again and again while records go up, batches are granted and packages
/// come down: nothing may be lost, counted twice or given away.
public struct OnlineKillRun: Sendable {
    public struct Options: Sendable {
        public var directory: String
        /// `OBIS_SEED` repeats a run's draws; when they come true hangs on the machine.
        public var seed: UInt64
        /// Kills that must hit their point.
        public var rounds = 22
        /// Least of them in each kind of work of the portal, and of each process.
        public var leastOfWork = 3
        public var leastOfParty = 7
        /// Lives after which the run fails.
        public var mostRounds = 80

        public init(directory: String, seed: UInt64? = nil) {
            self.directory = directory
            let named = ProcessInfo.processInfo.environment["OBIS_SEED"].flatMap { UInt64($0) }
            self.seed = seed ?? named ?? UInt64.random(in: 0...UInt64(UInt32.max))
        }

        func isEnough(_ kills: [OnlineKill]) -> Bool {
            let hits = kills.filter(\.hit)
            return hits.count >= rounds
                && OnlineParty.allCases.allSatisfy { party in hits.count { $0.party == party } >= leastOfParty }
                && OnlineWork.allCases.allSatisfy { work in hits.count { $0.work == work } >= leastOfWork }
        }
    }

    public struct Tally: Sendable {
        public let seed: UInt64
        public internal(set) var kills: [OnlineKill] = []
        public internal(set) var batches = 0
        public internal(set) var granted = 0
        public internal(set) var allotment = 0
        public internal(set) var units = 0
        public internal(set) var entries = 0
        public internal(set) var labels = 0
        public internal(set) var events = 0
        public internal(set) var refused = 0
        public internal(set) var repeated = 0

        public var hits: [OnlineKill] { kills.filter(\.hit) }
    }

    private let options: Options

    public init(_ options: Options) { self.options = options }

    /// Throws `box.story.unexpected` with the seed at the first thing that must not be.
    public func play() async throws -> Tally {
        let narrator = Narrator()
        narrator.chapter("Kills of portal and Factory Service, OBIS_SEED=\(options.seed)")
        let world = try World.make(at: options.directory)
        var plug = ProductPlan.all[1]
        plug.quantity = 0
        let company = try await Company.found(
            in: world,
            narrator: narrator,
            // Its quantity and some spare units are the EdgeHSM's allotment.
            scale: StoryScale(devices: 2_000),
            products: [plug],
            profiles: Array(FactoryProfile.all.prefix(1))
        )
        do {
            let tally = try await play(company, plug, narrator)
            await company.stop()
            return tally
        } catch {
            await company.stop()
            narrator.failed("seed \(options.seed)", "\(error)")
            throw error
        }
    }

    private func play(_ company: Company, _ product: ProductPlan, _ narrator: Narrator) async throws -> Tally {
        try await company.holdFirstCeremony()
        try await company.openPortal()
        try await company.createProducts()
        try await company.enrolAppliances()
        try await company.registerFactories()
        try await company.openFactories()
        try await company.prepareProducts()
        try await company.approveVersions()
        guard let portal = await company.portal, let people = await company.people,
            let engineer = people.engineers[company.factories[0].profile.manufacturer.id]
        else { throw Refusal(FactoryBoxError.unexpected, "no portal") }
        let factory = company.factories[0]
        let book = OnlineBook()
        let customers = BatchCustomers(
            manager: try people.manager(of: factory.profile),
            engineer: engineer,
            product: product,
            edge: factory.edge,
            start: company.oem.start,
            book: book
        )
        narrator.chapter("Kills")
        var stations: [OnlineStation] = []
        for number in 0..<3 { stations.append(try await OnlineStation(number, of: 3, at: factory, book: book)) }
        try await customers.orderFirst(stations.count)
        let watch = KillWatch(portal: portal, factory: factory, narrator: narrator, seed: options.seed)
        try await rounds(watch, customers, stations, factory)
        for station in stations { await station.close() }
        narrator.chapter("Judgement")
        return try await judge(company, portal, customers, watch, narrator)
    }

    /// All at once: people who order, a line that makes units, and the kills, which end it.
    private func rounds(
        _ watch: KillWatch,
        _ customers: BatchCustomers,
        _ stations: [OnlineStation],
        _ factory: Factory
    ) async throws {
        let book = customers.book
        let options = options
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { book.note { $0.isOver = true } }
                try await watch.run { kills in kills.count >= options.mostRounds || options.isEnough(kills) }
            }
            tasks.addTask { try await customers.order() }
            tasks.addTask { try await customers.uploadFiles() }
            tasks.addTask { try await Self.hurry(factory, book) }
            for station in stations { tasks.addTask { try await station.produce() } }
            try await tasks.waitForAll()
        }
        let kills = await watch.kills
        guard options.isEnough(kills) else {
            throw Refusal(FactoryBoxError.unexpected, "only \(kills.count { $0.hit }) of \(kills.count) kills hit")
        }
    }

    /// Somebody at the site who can't wait: a portal that dies every other second makes the Factory Service patient.
    private static func hurry(_ factory: Factory, _ book: OnlineBook) async throws {
        while !book.isOver {
            _ = try? await factory.host.run(["sync-now"])
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    private func judge(
        _ company: Company,
        _ portal: PortalHost,
        _ customers: BatchCustomers,
        _ watch: KillWatch,
        _ narrator: Narrator
    ) async throws -> Tally {
        let (factory, book) = (company.factories[0], customers.book)
        let allotment = company.allotment(of: customers.product)
        _ = try await customers.exhaust(60)
        let records = try await settled(factory, portal)
        let told = book.now
        try records.judge(told, allotment: allotment)
        try records.judgeTheJudge(told, allotment: allotment)
        try await judgeAnswers(customers, told)
        try await judgeReconciliation(customers, records)
        _ = try await factory.host.export()
        try await company.world.run(
            "obis-verify",
            [
                "journal", factory.host.exportFolder + "/journal.json", "--root-key", company.oem.rootKey,
                "--enrolment", company.oem.enrolment(of: factory.edge.id),
            ]
        )
        var tally = Tally(seed: options.seed)
        tally.kills = await watch.kills
        tally.batches = records.batches.count
        tally.granted = records.batches.map(\.quantity).reduce(0, +)
        tally.allotment = allotment
        tally.units = records.units
        tally.entries = records.portal.count
        tally.labels = records.portalLabels.count
        tally.events = records.portalEvents.count
        tally.refused = told.refused
        tally.repeated = told.repeated
        try await OnlineProofs(company: company, factory: factory, customers: customers).judge(granted: tally.granted)
        narrator.passed("a batch closed, allotment released", "obis-factory closing, release; obis-verify accepts them")
        narrator.table(tally.rows)
        return tally
    }

    /// Once everything has gone up and every package has come down. Throws after two minutes.
    private func settled(_ factory: Factory, _ portal: PortalHost) async throws -> OnlineRecords {
        let end = ContinuousClock.now + .seconds(120)
        while true {
            try await factory.host.run(["sync-now"])
            let records = try await OnlineRecords.read(
                edge: factory.edge.journal,
                factory: factory.host.state + "/factory.sqlite",
                portal: portal.database
            )
            let isLoaded = records.loaded.count >= records.batches.count
            let isEven =
                records.edge.count == records.portal.count && records.factory.count == records.portal.count
                && records.factoryEvents.count == records.portalEvents.count
            if isLoaded && isEven || ContinuousClock.now > end { return records }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Whoever asks again under an old key hears of the same batch, and what was stored is there whole.
    private func judgeAnswers(_ customers: BatchCustomers, _ told: OnlineBook.State) async throws {
        for batch in told.batches {
            let again = try await customers.told(batch.name, batch.quantity, batch.key)
            let found = try await customers.manager.get("/v1/batches/\(batch.id)")
            guard again == batch, try found.string("authorization") == batch.authorization.hex else {
                throw Refusal(FactoryBoxError.unexpected, "\(batch.name) is another batch now")
            }
        }
        for digest in told.files {
            let bytes = try await customers.engineer.fetch("/v1/firmware/\(digest.hex)").body
            guard Digest256.of(bytes) == digest else {
                throw Refusal(FactoryBoxError.unexpected, "file \(digest) has changed")
            }
        }
    }

    private func judgeReconciliation(_ customers: BatchCustomers, _ records: OnlineRecords) async throws {
        let issued = Dictionary(records.recount.map { ($0.batch, $0.issued) }) { first, _ in first }
        for batch in records.batches {
            let figures = try await customers.manager.get("/v1/batches/\(batch.id)/reconciliation")
            guard try figures.integer("granted") == batch.quantity,
                try figures.integer("issued") == issued[batch.statement] ?? 0,
                try figures.integer("unaccounted") == 0, try figures.integer("burned") == 0
            else { throw Refusal(FactoryBoxError.unexpected, "\(batch.name): \(figures)") }
        }
    }
}

extension OnlineKillRun.Tally {
    var rows: [(String, String)] {
        let parties = OnlineParty.allCases.map { party in "\(party.rawValue) \(hits.count { $0.party == party })" }
        let works = OnlineWork.allCases.map { work in "\(work.rawValue) \(hits.count { $0.work == work })" }
        return [
            ("kills", "\(hits.count) of \(kills.count) at their point: \((parties + works).joined(separator: ", "))"),
            ("requests sent again", "\(repeated)"),
            ("batches", "\(batches), each package opened once; \(granted) of \(allotment) units, \(refused) refused"),
            ("journal", "\(entries) entries, \(units) units: EdgeHSM = Factory Service = portal, recounted by sqlite3"),
            ("beside it", "\(labels) label records, \(events) events, number by number"),
            ("seed", "OBIS_SEED=\(seed)"),
        ]
    }
}
