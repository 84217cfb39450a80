import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// Chunks that are judged before the transaction that writes them: nothing that others write meanwhile is overlooked.
@Suite struct DraftTests {
    /// A database that holds one write back, after its chunk was judged, until it is let go.
    private final class HeldDatabase: PortalDatabase {
        let base: SQLitePortalDatabase
        private let (arrivals, arrive) = AsyncStream<Void>.makeStream()
        private let (permits, permit) = AsyncStream<Void>.makeStream()
        private let isArmed = Mutex(false)
        private let looks = Mutex(0)

        init(_ base: SQLitePortalDatabase) { self.base = base }

        var looksAhead: Int { looks.withLock { $0 } }
        func arm() { isArmed.withLock { $0 = true } }
        func arrived() async { for await _ in arrivals { return } }
        func release() { permit.yield() }

        func read<Value: Sendable>(
            _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
        ) async throws -> Value { try await base.read(body) }

        func readNewest<Value: Sendable>(
            _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
        ) async throws -> Value {
            looks.withLock { $0 += 1 }
            return try await base.readNewest(body)
        }

        func write<Value: Sendable>(
            _ name: String,
            _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
        ) async throws -> Value {
            let isHeld = isArmed.withLock { armed in
                defer { armed = false }
                return armed
            }
            if isHeld {
                arrive.yield()
                for await _ in permits { break }
            }
            return try await base.write(name, body)
        }

        func close() throws { try base.close() }
    }

    private let world: World
    private let second: World
    private let bench: IngestBench
    private let database: HeldDatabase
    private let service: IngestService

    init() throws {
        world = try World()
        second = world.other(EdgeHSMID(validated: "edge-b"), at: FactoryID(validated: "site-2"))
        bench = try IngestBench(world, second)
        database = HeldDatabase(bench.database)
        let edges = try [world, second].map { world in
            EnrolledEdge(
                edgeHSM: world.box,
                factory: world.site,
                identity: world.identity.point,
                enrolment: try world.enrolment()
            )
        }
        service = IngestService(
            database: database,
            registry: IngestBench.Registry(edges: Dictionary(uniqueKeysWithValues: edges.map { ($0.edgeHSM, $0) })),
            rootAuthority: world.root.point,
            grants: nil,
            now: { IngestBench.now }
        )
    }

    /// Journals of both boxes, each with one unit of these chips, in two chunks: up to the batch, and the rest.
    private func journals(_ one: Chip, _ two: Chip) throws -> [[JournalChunk]] {
        let both = [world.box, second.box].map { VersionApproval.Allotment(edgeHSM: $0, units: 100) }
        return try [(world, one, "A"), (second, two, "B")].map { world, chip, prefix in
            var (box, batch) = try Box.working(world, prefix: prefix, allotments: both)
            let start = box.disk.entries.count
            try box.make(batch, chip)
            return try SentJournal(box).chunks([start, box.disk.entries.count])
        }
    }

    /// The first box's unit is judged, then the second's is taken in, then the first's is written.
    private func cross(_ journals: [[JournalChunk]]) async throws {
        for journal in journals { #expect(try await service.ingest(journal[0], from: nil).refusal == nil) }
        let looks = database.looksAhead
        database.arm()
        let held = Task { [service] in try await service.ingest(journals[0][1], from: nil) }
        await database.arrived()
        #expect(database.looksAhead == looks + 1, "judged before its transaction")
        let between = try await service.ingest(journals[1][1], from: nil)
        #expect(between.refusal == nil && between.added == journals[1][1].entries.count)
        #expect(try await bench.alarms().isEmpty)
        database.release()
        let last = try await held.value
        #expect(last.refusal == nil && last.storedSize == journals[0][1].end)
    }

    @Test("a chip and key that another EdgeHSM brought in after the judging are alarmed")
    func duplicate() async throws {
        let twin = Chip(1)
        try await cross(journals(twin, twin))
        let alarms = try await bench.alarms()
        #expect(Set(alarms.map(\.kind)) == [.duplicateChip, .duplicateKey])
        #expect(alarms.allSatisfy { $0.edgeHSM == world.box && $0.other == second.box })
        #expect(try await bench.quarantine().count == 1)
    }

    @Test("others' writes in between leave a chunk as it was judged")
    func strangers() async throws {
        let journals = try journals(Chip(1), Chip(2))
        try await cross(journals)
        #expect(try await bench.alarms().isEmpty)
        let other = try IngestBench(world, second)
        for journal in journals { try await other.ingest(journal) }
        #expect(try await bench.dump() == other.dump())
    }

    @Test("a chunk that was judged on a log that has it by now is not written twice")
    func twice() async throws {
        let journals = try journals(Chip(1), Chip(2))
        for journal in journals { _ = try await service.ingest(journal[0], from: nil) }
        let prepared = try await service.prepare(journals[0][1], from: nil)
        database.arm()
        let held = Task { [service] in try await service.store(prepared) }
        await database.arrived()
        let first = try await service.store(prepared)
        database.release()
        let again = try await held.value
        #expect(first.added == journals[0][1].entries.count && again.added == 0 && again.refusal == nil)
        #expect(first.storedRoot == again.storedRoot)
        #expect(try await bench.log(world)?.size == journals[0][1].end)
    }

    @Test("what was claimed since: own claims and those seen do not count, what can't be told does")
    func claims() async throws {
        let journals = try journals(Chip(1), Chip(1))
        let mine = RecentUses.Claims(try await service.prepare(journals[0][1], from: nil).reads)
        let theirs = RecentUses.Claims(try await service.prepare(journals[1][1], from: nil).reads)
        let none = RecentUses.Claims([])
        let uses = RecentUses()
        let before = uses.seen
        let other = uses.begin(theirs)
        #expect(uses.seen == before, "it has not ended")
        let own = uses.begin(mine)
        #expect(uses.isTouched(mine, after: before, by: own))
        #expect(!uses.isTouched(none, after: before, by: own))
        uses.end(other)
        #expect(uses.seen == other)
        #expect(!uses.isTouched(mine, after: other, by: own))
        uses.end(own)
        for _ in 0..<100 { uses.end(uses.begin(none)) }
        #expect(uses.isTouched(none, after: before, by: uses.begin(none)), "forgotten")
        #expect(!uses.isTouched(mine, after: uses.seen, by: own))
    }
}
