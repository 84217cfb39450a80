import PortalCore
import PortalProtocol
import PortalStore
import PortalWeb
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// Halts and critical alarms stand in the portal's own log: when they come, when they go, and not each time that they are
/// counted.
@Suite struct AlarmLogTests {
    private func log(_ bench: IngestBench) async throws -> [PortalLogEntry] {
        try await bench.database.read { transaction in
            try PortalLogTable(transaction).entries(from: 0, limit: 1_000).map {
                try StatementCoding.decode(PortalLogEntry.self, from: $0.bytes)
            }
        }
    }

    @Test("a fork is entered once with its alarm, however often it is brought; seen and brought again it is open again")
    func halted() async throws {
        let world = try World()
        let (box, _) = try Box.working(world, units: 1...2)
        let bench = try IngestBench(world)
        let journal = SentJournal(box)
        try await bench.ingest([journal.whole()])
        #expect(try await log(bench).isEmpty)
        var other = journal
        var forge = try JournalForge(box)
        let (place, body) = try forge.last(Completed.self)
        forge.replace(at: place, body, time: World.start + 5)
        other.entries = try forge.octets()
        let forked = try other.chunk(place - 2..<other.entries.count)
        for _ in 0..<5 { try await bench.ingest([forked]) }
        let entries = try await log(bench)
        #expect(Set(entries.map(\.action)) == ["haltJournal", "raiseAlarm"] && entries.count == 2)
        #expect(entries.allSatisfy { $0.actorKind == .portal && $0.actor == "portal" && $0.outcome == "done" })
        let alarm = try #require(try await bench.alarms().first { $0.kind == .forked })
        let raised = try #require(entries.first { $0.action == "raiseAlarm" })
        #expect(raised.object == "alarm \(alarm.number)")
        #expect(raised.detail?.hasPrefix("forked, \(world.box)") == true)
        let halt = try #require(entries.first { $0.action == "haltJournal" })
        #expect(halt.object == world.box.text && halt.detail?.hasPrefix("forked") == true)
        #expect(alarm.times == 5)
        let isSeen = try await bench.database.write("test") {
            try Alarms($0).acknowledge(alarm.number, by: "person", at: IngestBench.now)
        }
        #expect(isSeen)
        for _ in 0..<3 { try await bench.ingest([forked]) }
        let after = try await log(bench)
        #expect(after.map(\.action).filter { $0 == "raiseAlarm" }.count == 2 && after.count == 3)
        #expect(after.last?.object == "alarm \(alarm.number)")
    }

    @Test("what goes by itself is entered as such; warnings are not entered")
    func cleared() async throws {
        let world = try World()
        let bench = try IngestBench(world)
        let (edge, factory) = (world.box, world.site)
        try await bench.database.write("test") { transaction in
            let alarms = Alarms(transaction)
            for kind in [AlarmKind.authorizerDiffers, .silent] {
                let alarm = Alarm(kind, edge, "since noon")
                try alarms.stand(alarm, factory: factory, at: IngestBench.now)
                try alarms.stand(alarm, factory: factory, at: IngestBench.now)
                for _ in 0..<2 { try alarms.clear(kind, of: edge, at: IngestBench.now) }
            }
        }
        let entries = try await log(bench)
        #expect(entries.map(\.action) == ["raiseAlarm", "clearAlarm"])
        #expect(entries.map(\.object) == ["alarm 1", "alarm 1"])
        #expect(entries[1].detail == "authorizer-differs, \(edge)")
    }

    @Test("many at once are some entries and a count")
    func many() async throws {
        let world = try World()
        let bench = try IngestBench(world)
        let (edge, factory) = (world.box, world.site)
        let alarms = (0..<100).map { Alarm(.notGranted, edge, subject: "authorization \($0)", "none") }
        try await bench.database.write("test") {
            try Alarms($0).raise(alarms + alarms, factory: factory, at: IngestBench.now)
        }
        let entries = try await log(bench)
        #expect(entries.count == 17 && entries.allSatisfy { $0.action == "raiseAlarm" })
        #expect(entries.last?.object == "factory \(factory)" && entries.last?.detail?.hasPrefix("84 more") == true)
        #expect(try await bench.alarms().count == 100)
    }
}
