import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Figures of the overview")
struct OverviewFiguresTests {
    @Test("what is used up is counted apart and has neither rate nor forecast; what runs comes first")
    func usedUp() async throws {
        try await BatchPortal.run { tester in
            var batches: [Batch] = []
            for (name, quantity) in [("runs", 10), ("all-made", 4), ("waits-1", 1), ("waits-2", 1)] {
                let made = try await tester.create(try tester.order(name, quantity: quantity))
                batches.append(try made.message(Batch.self))
            }
            let now = tester.portal.clock.now
            for batch in batches.prefix(2).reversed() { try await tester.load(batch, issued: 4, at: now) }
            let young = try await tester.get("/v1/overview").message(Overview.self)
            #expect(young.batches.first?.rate == .unknown(.young) && young.factories.first?.rate == .unknown(.young))
            tester.portal.clock.advance(150)
            let overview = try await tester.get("/v1/overview").message(Overview.self)
            let names = overview.batches.map(\.batch.batch.text)
            #expect(names.first == "runs" && Set(names.dropFirst()) == ["waits-1", "waits-2"])
            let counts = BatchCounts(running: 1, waiting: 2, blocked: 0, unfinished: 3, usedUp: 1, over: 0)
            #expect(overview.counts == counts)
            let first = try #require(overview.batches.first)
            #expect(try #require(first.rate.perHour) > 0 && first.forecast != nil)
            // What is used up was as fast; the factory's rate is that of what runs.
            #expect(overview.factories.map(\.rate) == [first.rate])
            #expect(overview.batches.dropFirst().allSatisfy { $0.rate == .unknown(.idle) })
            let alone = try await tester.get("/v1/batches/\(batches[0].id)/progress").message(BatchProgress.self)
            #expect(alone.rate == first.rate && alone.forecast == first.forecast)
            let path = "/v1/batches/\(batches[1].id)/progress"
            let done = try await tester.get(path).message(BatchProgress.self)
            #expect(done.batch.stage(at: now) == .usedUp && done.rate == .unknown(.idle) && done.forecast == nil)
            // Past all windows nothing runs, whatever is left.
            tester.portal.clock.advance(60 * 86_400)
            let later = try await tester.get("/v1/overview").message(Overview.self)
            #expect(later.batches.isEmpty && later.counts.usedUp == 1 && later.counts.over == 3)
        }
    }

    @Test("a stopped EdgeHSM's batches are blocked until they are fetched, and make nothing by our word")
    func blocked() async throws {
        try await BatchPortal.run { tester in
            let runs = try await tester.create(try tester.order("runs")).message(Batch.self)
            let waits = try await tester.create(try tester.order("waits")).message(Batch.self)
            let now = tester.portal.clock.now
            try await tester.load(runs, issued: 4, at: now, halted: .forked)
            let overview = try await tester.get("/v1/overview").message(Overview.self)
            #expect(overview.counts.blocked == 1 && overview.counts.running == 1)
            #expect(overview.batches.allSatisfy { $0.rate == .unknown(.idle) && $0.forecast == nil })
            #expect(overview.factories.allSatisfy { $0.rate == .unknown(.idle) })
            let list = try await tester.get("/v1/batches").message(Page<Batch>.self)
            let found = try #require(list.items.first { $0.id == waits.id })
            #expect(found.edgeHalted == "forked" && found.stage(at: now) == .blocked)
        }
    }
}
