import EdgeHSMCore
import PortalCore
import PortalProtocol
import PortalStore
import PortalWeb
import Statements
import TestSupport
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// However a journal is cut into chunks, the portal knows the same, and it is what the verifier says of the whole.
@Suite struct ChunkingTests {
    /// A journal with units in every state.
    private func journal() throws -> SentJournal {
        let world = try World()
        var (box, batch) = try Box.working(world, units: 1...6)
        _ = try box.run(box.unlock(batch, Chip(2), challenge: .zero)).grant()
        var again = Chip(3)
        _ = try box.reprovision(batch, again)
        again.newKey()
        try box.make(batch, again)
        try box.fail(try box.issue(batch, Chip(7)))
        try box.crash()
        try box.make(batch, Chip(8))
        let root = try box.disk.tree.root(at: 20)
        _ = try box.downlink(status: world.status(at: World.start + 60, storedSize: 20, storedRoot: root)).grant()
        try box.make(batch, Chip(9))
        _ = try box.run(FlushRefusals()).grant()
        return SentJournal(box)
    }

    private func found(_ journal: SentJournal, _ sizes: [Int]) async throws -> (rows: [String], findings: [String]) {
        let bench = try IngestBench(journal.world)
        for outcome in try await bench.ingest(journal.chunks(sizes)) { #expect(outcome.refusal == nil) }
        let log = try #require(try await bench.log(journal.world))
        #expect(log.size == journal.entries.count)
        let state = try await bench.database.read { try JournalLogs($0).judge(of: log.log) }
        let judge = try JournalJudge(resuming: #require(state), trust: .init())
        #expect(judge.root == log.root)
        let items = try await bench.quarantine()
        let findings = items.filter { $0.kind != "checkpoint" }.map { "\($0.code) \($0.findings)" }.sorted()
        return (try await bench.dump() + judge.fields.map { "\($0)=\($1)" }.sorted(), findings)
    }

    @Test("any chunking gives the same rows, and the findings of the verifier")
    func anyChunking() async throws {
        let seed = Seed.take("PortalWebTests.ChunkingTests")
        var random = SeededGenerator(seed: seed)
        let honest = try journal()
        var quarantined = 0
        for round in 0..<16 {
            var journal = honest
            repeat {
                journal = honest
                for _ in 0..<(round % 4) {
                    let index = Int.random(in: 1..<journal.entries.count, using: &random)
                    journal.entries[index] = JSONMutation.change(journal.entries[index], using: &random).bytes
                }
            } while !journal.canBeStated()
            var sizes: [Int] = []
            while sizes.reduce(0, +) < journal.entries.count { sizes.append(Int.random(in: 1...40, using: &random)) }
            let whole = try await found(journal, [journal.entries.count])
            let parts = try await found(journal, sizes)
            #expect(parts.rows == whole.rows, "seed \(seed) round \(round) sizes \(sizes)")
            let audit = try journal.audit()
            let byEntry = Dictionary(grouping: audit.findings.filter { $0.refusal.code != "journal.findings.too-many" })
            {
                $0.sequence.map(String.init) ?? $0.refusal.detail
            }
            let expected = byEntry.values.compactMap { list in
                list.first.map { "\($0.refusal.code) \(list.count)" }
            }.sorted()
            if audit.findings.count <= JournalAudit.mostFindings {
                #expect(whole.findings == expected, "seed \(seed) round \(round)")
            }
            #expect(round % 4 != 0 || whole.findings.isEmpty, "seed \(seed) round \(round): \(whole.findings)")
            quarantined += whole.findings.count
        }
        #expect(quarantined > 0, "seed \(seed): nothing was found, so nothing was compared")
    }

    @Test("the same again, overlaps and heartbeats change nothing; a gap names the stored size")
    func repeats() async throws {
        let journal = try journal()
        let bench = try IngestBench(journal.world)
        let middle = journal.entries.count / 2
        try await bench.ingest([journal.chunk(0..<middle)])
        let before = try await bench.dump()
        let again = try await bench.ingest([journal.chunk(0..<middle), journal.chunk(3..<middle), journal.chunk(0..<5)])
        #expect(again.allSatisfy { $0.refusal == nil && $0.added == 0 && $0.storedSize == middle })
        #expect(try await bench.dump() == before)
        let gap = try #require(try await bench.ingest([journal.chunk(middle + 1..<middle + 3)]).first)
        #expect(gap.refusal?.code == "portal.journal.gap" && gap.storedSize == middle && gap.added == 0)
        #expect(try await bench.alarms().map(\.kind) == [.gap])
        let overlap = try #require(try await bench.ingest([journal.chunk(middle - 4..<journal.entries.count)]).first)
        #expect(overlap.refusal == nil && overlap.added == journal.entries.count - middle)
        let heartbeat = try JournalChunk(
            edgeHSM: journal.world.box,
            from: journal.entries.count,
            entries: [],
            checkpoint: journal.checkpoint(at: World.start + 9_000)
        )
        let beat = try #require(try await bench.ingest([heartbeat]).first)
        #expect(beat.refusal == nil && beat.added == 0)
        #expect(try await bench.log(journal.world)?.checkpointTime == World.start + 9_000)
        #expect(try await bench.log(journal.world)?.quarantined == 0)
    }

    @Test("a backlog comes in under one checkpoint of its end, each part with its proof")
    func backlog() async throws {
        let journal = try journal()
        let size = journal.entries.count
        let bench = try IngestBench(journal.world)
        for range in [0..<10, 10..<11, 11..<40] {
            let outcome = try await bench.service.ingest(journal.part(range, of: size), from: nil)
            #expect(outcome.refusal == nil && outcome.storedSize == range.upperBound)
        }
        let again = try await bench.service.ingest(journal.part(3..<11, of: size), from: nil)
        #expect(again.refusal == nil && again.added == 0)
        #expect(try await bench.log(journal.world)?.checkpoint == nil, "it proves no single entry yet")
        let right = try journal.part(40..<50, of: size)
        for (index, wrong) in [Array(right.consistency.dropLast()), right.consistency.reversed(), []].enumerated() {
            let chunk = JournalChunk(
                edgeHSM: right.edgeHSM,
                from: 40,
                entries: right.entries,
                checkpoint: right.checkpoint,
                consistency: wrong
            )
            let outcome = try await bench.service.ingest(chunk, from: nil)
            #expect(outcome.refusal?.code == "portal.journal.altered" && outcome.storedSize == 40, "proof \(index)")
        }
        try await bench.ingest([journal.chunk(40..<size)])
        let whole = try IngestBench(journal.world)
        try await whole.ingest([journal.whole()])
        let rows = try await (bench.dump(), whole.dump())
        #expect(rows.0.filter { !$0.contains("altered") } == rows.1)
    }
}
