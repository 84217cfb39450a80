import EdgeHSMCore
import PortalCore
import PortalProtocol
import PortalStore
import PortalWeb
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture

/// granted = issued + burned + returned + remaining + unaccounted, in whatever state a batch is.
@Suite struct ReconciliationTests {
    private func figures(
        _ bench: IngestBench,
        _ world: World,
        _ batch: Digest256,
        granted: Int
    ) async throws -> Reconciliation {
        let edge = world.box
        let found = try await bench.database.read {
            try JournalRecords($0).reconciliation(of: batch, at: edge, granted: granted)
        }
        #expect(
            found.granted == found.issued + found.burned + found.returned + found.remaining + found.unaccounted
        )
        return found
    }

    @Test("before the journal tells anything, all is unaccounted")
    func unheardOf() async throws {
        let world = try World()
        let found = try await figures(try IngestBench(world), world, .zero, granted: 7)
        #expect(found.unaccounted == 7 && !found.isLoaded && !found.isClosed)
    }

    @Test("closed: what was left is returned, what an unclean stop burned stays used")
    func closed() async throws {
        let world = try World()
        var (box, batch) = try Box.working(world, quantity: 20, units: 1...6)
        try box.crash()
        try box.make(batch, Chip(7))
        try box.fail(box.issue(batch, Chip(8)))
        let open = SentJournal(box)
        let bench = try IngestBench(world)
        #expect(try await bench.service.ingest(open.whole(), from: nil).refusal == nil)
        let before = try await figures(bench, world, batch, granted: 20)
        #expect(before.issued == 8 && before.burned > 0 && before.returned == 0 && before.unaccounted == 0)
        #expect(before.remaining == 12 - before.burned && !before.isClosed)
        _ = try box.downlink(status: world.status(at: World.start + 60, closed: [batch])).grant()
        let after = SentJournal(box)
        let rest = try after.chunk(open.entries.count..<after.entries.count)
        #expect(try await bench.service.ingest(rest, from: nil).refusal == nil)
        let closed = try await figures(bench, world, batch, granted: 20)
        #expect(closed.isClosed && closed.returned == before.remaining && closed.remaining == 0)
        #expect(closed.unaccounted == 0 && closed.issued == 8 && closed.burned == before.burned)
    }

    @Test("a package that was lost is unaccounted until its tombstone comes, then all of it returned")
    func lost() async throws {
        let world = try World()
        var (box, _) = try Box.working(world, units: 1...1)
        let lost = Digest256.of([1, 2, 3])
        let bench = try IngestBench(world)
        let early = SentJournal(box)
        #expect(try await bench.service.ingest(early.whole(), from: nil).refusal == nil)
        #expect(try await figures(bench, world, lost, granted: 50).unaccounted == 50)
        _ = try box.downlink(status: world.status(at: World.start + 60, revoked: [lost], closed: [lost])).grant()
        let late = SentJournal(box)
        let rest = try late.chunk(early.entries.count..<late.entries.count)
        #expect(try await bench.service.ingest(rest, from: nil).refusal == nil)
        let found = try await figures(bench, world, lost, granted: 50)
        #expect(found.returned == 50 && found.unaccounted == 0 && found.isClosed && !found.isLoaded)
    }

    @Test("while a backlog comes in under one later checkpoint, no unit is missing or there twice")
    func backlog() async throws {
        let world = try World()
        var (box, batch) = try Box.working(world, quantity: 20, units: 1...3)
        let early = SentJournal(box)
        let bench = try IngestBench(world)
        #expect(try await bench.service.ingest(early.whole(), from: nil).refusal == nil)
        for number in 4...9 { try box.make(batch, Chip(number)) }
        let late = SentJournal(box)
        let (start, end) = (early.entries.count, late.entries.count)
        for place in stride(from: start, to: end, by: 7) {
            let part = try late.part(place..<min(place + 7, end), of: end)
            #expect(try await bench.service.ingest(part, from: nil).refusal == nil)
            let found = try await figures(bench, world, batch, granted: 20)
            #expect(found.unaccounted == 0, "after entry \(place): \(found)")
        }
        let found = try await figures(bench, world, batch, granted: 20)
        #expect(found.issued == 9 && found.remaining == 11)
    }

    @Test("after a lost tail the journal that goes on counts: lost units are burned there")
    func restoredTail() async throws {
        let world = try World()
        var (live, batch) = try Box.working(world, quantity: 90, units: 1...8)
        let (kept, token) = (live.disk, live.token)
        for number in 21...23 { try live.make(batch, Chip(number)) }
        let lost = SentJournal(live)
        live.disk = kept
        live.token = token
        try live.start()
        try live.make(batch, Chip(31))
        let branch = SentJournal(live)
        let bench = try IngestBench(world)
        #expect(try await bench.service.ingest(lost.whole(), from: nil).refusal == nil)
        #expect(try await figures(bench, world, batch, granted: 90).issued == 11)
        let place = kept.entries.count
        for range in [place - 3..<branch.entries.count, place..<branch.entries.count] {
            _ = try await bench.service.ingest(branch.chunk(range), from: nil)
        }
        let found = try await figures(bench, world, batch, granted: 90)
        #expect(found.issued == 9 && found.burned >= 3 && found.unaccounted == 0, "\(found)")
    }
}
