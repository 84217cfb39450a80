import EdgeHSMCore
import PortalCore
import PortalStore
import PortalWeb
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture

/// After a branch, the tail that was lost may be brought once more: by a stick that lay about, by a request sent again.
@Suite struct LostTailTests {
    @Test("the lost tail again, whole, in parts or as a checkpoint alone, changes nothing and alarms nobody")
    func again() async throws {
        let world = try World()
        var (live, batch) = try Box.working(world, quantity: 90, units: 1...8)
        let (kept, token) = (live.disk, live.token)
        for number in 21...24 { try live.make(batch, Chip(number)) }
        let lost = SentJournal(live)
        live.disk = kept
        live.token = token
        try live.start()
        for number in 31...36 { try live.make(batch, Chip(number)) }
        let branch = SentJournal(live)
        let place = kept.entries.count
        let bench = try IngestBench(world)
        try await bench.ingest(lost.chunks([30, 200]))
        let outcome = try #require(try await bench.ingest([branch.chunk(place..<place + 4)]).first)
        #expect(outcome.refusal?.code == "portal.journal.restoring")
        let brought = try [
            [lost.chunk(place - 3..<place + 5)], lost.chunks([30, 200]), [lost.chunk(place..<lost.entries.count)],
            [lost.chunk(lost.entries.count..<lost.entries.count)], [lost.chunk(place - 3..<place)],
        ]
        // Before and after the branch's own entries came.
        for size in [place, branch.entries.count] {
            if size > place {
                let next = try await bench.ingest([branch.chunk(place..<size)])
                #expect(next.allSatisfy { $0.refusal == nil && $0.storedSize == size })
            }
            let (before, alarms) = (try await bench.log(world), try await bench.alarms())
            for chunks in brought {
                for outcome in try await bench.ingest(chunks) {
                    #expect(outcome.refusal == nil && outcome.storedSize == size)
                }
            }
            // When it was heard may have moved: a checkpoint of what both share is the EdgeHSM's word all the same.
            let after = try await bench.log(world)
            #expect(after?.size == before?.size && after?.root == before?.root && after?.epoch == before?.epoch)
            #expect(after?.halted == .restored && after?.quarantined == before?.quarantined)
            #expect(try await bench.alarms() == alarms)
        }
        let logs = try await bench.database.read { try JournalLogs($0).all(of: world.box) }
        #expect(logs.map(\.size) == [lost.entries.count, branch.entries.count])
    }
}
