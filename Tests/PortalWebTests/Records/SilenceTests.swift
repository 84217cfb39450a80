import EdgeHSMCore
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// Who is not heard, and what does not count as being heard.
@Suite struct SilenceTests {
    let world: EdgeHSMFixture.World
    let box: Box
    let journal: SentJournal
    let bench: IngestBench

    init() throws {
        world = try EdgeHSMFixture.World()
        (box, _) = try Box.working(world, units: 1...4)
        journal = SentJournal(box)
        bench = try IngestBench(world)
    }

    private var start: Instant { EdgeHSMFixture.World.start }

    private func silent() async throws -> [Alarms.Stored] {
        try await bench.lookForSilence()
        return try await bench.alarms().filter { $0.kind == .silent && $0.clearedAt == nil }
    }

    @Test("what a factory withholds is heard as silence, and the alarm ends with a fresh checkpoint")
    func withheld() async throws {
        try await bench.ingest([journal.chunk(0..<20)])
        #expect(try await silent().isEmpty)
        // The stored checkpoint again and again is no sign of life.
        bench.clock.wait(45_000)
        try await bench.ingest([journal.chunk(20..<20)])
        bench.clock.wait(45_000)
        #expect(try await silent().map(\.times) == [1])
        #expect(try await silent().map(\.times) == [1], "raised once")
        #expect(try await bench.log(world)?.isSilent == true)
        try await bench.ingest([journal.chunk(20..<25, checkpoint: journal.checkpoint(25, at: bench.clock.now))])
        #expect(try await bench.alarms().first?.clearedAt != nil, "at once, without a look")
        #expect(try await bench.log(world)?.isSilent == false)
    }

    @Test("old checkpoints one by one, each newer than the last, are no life")
    func trickledCheckpoints() async throws {
        try await bench.ingest([journal.chunk(0..<20)])
        for hour in 1...30 {
            bench.clock.wait(3_600)
            let old = try journal.checkpoint(20, at: start + 300 + Int64(hour))
            try await bench.ingest([journal.chunk(20..<20, checkpoint: old)])
            _ = try await silent()
        }
        #expect(try await silent().map(\.times) == [1])
    }

    @Test("a journal in slices is no life, also under fresh checkpoints, until all of it is here")
    func slices() async throws {
        try await bench.ingest([journal.chunk(0..<20)])
        bench.clock.wait(90_000)
        let size = journal.entries.count
        for place in 20..<24 {
            try await bench.ingest([journal.part(place..<place + 1, of: size, at: bench.clock.now)])
            #expect(try await silent().count == 1)
            bench.clock.wait(60)
        }
        // A whole one that was signed a while ago ends it at the next look.
        let signed = try journal.checkpoint(at: bench.clock.now + -3_600)
        try await bench.ingest([journal.chunk(24..<size, checkpoint: signed)])
        #expect(try await bench.alarms().contains { $0.kind == .silent && $0.clearedAt == nil })
        #expect(try await silent().isEmpty)
    }

    @Test("a checkpoint ahead of the portal's clock is alarmed, and counts as of now")
    func ahead() async throws {
        func open() async throws -> Bool {
            try await bench.alarms().contains { $0.kind == .clockAhead && $0.clearedAt == nil }
        }
        try await bench.ingest([journal.chunk(0..<20, checkpoint: journal.checkpoint(20, at: bench.clock.now + 300))])
        #expect(try await !open())
        let year = try journal.checkpoint(20, at: bench.clock.now + 365 * 86_400)
        try await bench.ingest([journal.chunk(20..<20, checkpoint: year)])
        #expect(try await open())
        bench.clock.wait(86_401)
        #expect(try await silent().count == 1, "the future buys no silence")
        bench.clock.wait(365 * 86_400)
        try await bench.ingest([journal.chunk(20..<20, checkpoint: journal.checkpoint(20, at: bench.clock.now))])
        #expect(try await !open())
    }

    @Test("the first word of an EdgeHSM that was never heard ends its alarm")
    func firstWord() async throws {
        let (edge, site) = (world.box, world.site)
        try await bench.database.write("test") {
            try Alarms($0).stand(Alarm(.silent, edge, "never heard"), factory: site, at: IngestBench.now)
        }
        try await bench.ingest([journal.chunk(0..<20, checkpoint: journal.checkpoint(20, at: bench.clock.now))])
        #expect(try await silent().isEmpty)
    }

    @Test("an enrolled EdgeHSM that never reports is called out, by a day or by its first batch's rule")
    func neverHeard() async throws {
        try await BatchPortal.run { tester in
            func silent(after seconds: Int64) async throws -> [Alarms.Stored] {
                try await SilenceWatch(tester.database) { OEMWorld.World.now + seconds }.look()
                return try await tester.database.read { try Alarms($0).open(.silent) }
            }
            _ = try await tester.create(try tester.order("b1"))
            #expect(try await silent(after: 86_400).isEmpty)
            #expect(try await silent(after: 86_401).map(\.edgeHSM.text) == ["edge-1"])
            #expect(try await silent(after: 100_000).map(\.times) == [1])
            try await tester.database.write("test") { transaction in
                try Alarms(transaction).clear(.silent, of: EdgeHSMID("edge-1"), at: OEMWorld.World.now)
            }
            try await tester.allowSilence(7_200)
            #expect(try await silent(after: 7_200).isEmpty)
            #expect(try await silent(after: 7_201).count == 1)
            // Nobody waits for what the officers took out of service.
            try await tester.database.write("order") { transaction in
                try Alarms(transaction).clear(.silent, of: EdgeHSMID("edge-1"), at: OEMWorld.World.now)
                let order = OfficerOrder(
                    order: .revoke(.edgeHSM(try EdgeHSMID("edge-1"))),
                    reason: "lost in transit",
                    issuedAt: OEMWorld.World.now,
                    expiresAt: OEMWorld.World.now + 86_400
                )
                _ = try GovernanceTable(transaction).insertOrder(try order.unsigned(), at: OEMWorld.World.now)
            }
            #expect(try await silent(after: 200_000).isEmpty)
        }
    }

    @Test func aStricterRuleCountsFromTheBatchThatBroughtIt() {
        let enrolled = Instant(seconds: 1_000_000)
        func isSilent(_ after: Int64, batch: Int64?, allowed: Int64?) -> Bool {
            AlarmRules.isSilent(
                sinceEnrolment: enrolled,
                firstBatch: batch.map { enrolled + $0 },
                now: enrolled + after,
                allowed: allowed
            )
        }
        #expect(!isSilent(80_000, batch: 79_000, allowed: 3_600))
        #expect(isSilent(80_000, batch: 76_000, allowed: 3_600))
        #expect(isSilent(86_401, batch: 86_000, allowed: 3_600) && isSilent(86_401, batch: nil, allowed: nil))
        #expect(!isSilent(86_400, batch: nil, allowed: 3_600))
    }
}

extension BatchPortal {
    /// The product's own rule.
    func allowSilence(_ seconds: Int64) async throws {
        try await database.write("rule") { transaction in
            let table = ProductTable(transaction)
            let old = try #require(try table.product(ProductName(ProductionWorld.product)))
            try table.update(
                ProductRecord(
                    product: old.product,
                    title: old.title,
                    foundation: old.foundation,
                    lifetimeTotal: old.lifetimeTotal,
                    rules: ProductRules(chipIdentity: .applet, longestSilence: seconds),
                    revision: old.revision + 1,
                    createdAt: old.createdAt
                )
            )
        }
    }
}
