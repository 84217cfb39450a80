import Crypto
import EdgeHSMCore
import Foundation
import PortalCore
import PortalStore
import PortalWeb
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture

/// A portal that was restored from a backup: what root and officers said since comes back from the journals.
@Suite struct TakenBackTests {
    @Test("RoleKeys and revocations that an EdgeHSM has applied are back with its journal, and nothing else is")
    func governance() async throws {
        let world = try World()
        var (box, _) = try Box.working(world, units: 1...1)
        let first = try Self.first(of: box)
        let revocation = try world.order(.revoke(.version(Digest256.of([9]))))
        _ = try box.downlink(orders: [revocation]).grant()
        let second = try world.roleKeys(version: 2, previous: first.statementID)
        _ = try box.downlink(roleKeys: [second]).grant()
        let bench = try IngestBench(world)
        try await bench.database.write("backup") { try GovernanceTable($0).insertRoleKeys(1, first) }
        try await bench.ingest([SentJournal(box).whole()])
        let (keys, orders) = try await bench.database.read {
            (try GovernanceTable($0).roleKeys(), try GovernanceTable($0).everyOrder().map(\.envelope))
        }
        #expect(keys == [first, second] && orders == [revocation])
        let entries = try await bench.database.read { try PortalLogTable($0).entries(from: 0, limit: 10) }
            .map { try JSONDecoder().decode(PortalLogEntry.self, from: Data($0.bytes)) }
        let deeds = entries.filter { $0.action == "takeBackGovernance" }.map { "\($0.object) \($0.actor)" }
        #expect(deeds.sorted() == ["order 1 portal", "roleKeys 2 portal"])
    }

    /// The version that the box began with.
    private static func first(of box: Box) throws -> Envelope {
        let bodies = try box.disk.entries.compactMap {
            try JournalEntry(parsing: $0).event.content(as: Genesis.self)
        }
        return try #require(bodies.first).roleKeys
    }

    @Test("without a version that they follow from, nothing is taken on an EdgeHSM's word")
    func strangers() async throws {
        let (world, other) = (try World(), try World())
        var (box, _) = try Box.working(world, units: 1...1)
        let first = try Self.first(of: box)
        _ = try box.downlink(orders: [world.order(.revoke(.version(Digest256.of([9]))))]).grant()
        _ = try box.downlink(roleKeys: [world.roleKeys(version: 2, previous: first.statementID)]).grant()
        let bench = try IngestBench(world)
        let foreign = try other.roleKeys()
        try await bench.database.write("another OEM's") { try GovernanceTable($0).insertRoleKeys(1, foreign) }
        try await bench.ingest([SentJournal(box).whole()])
        let (keys, orders) = try await bench.database.read {
            (try GovernanceTable($0).roleKeys(), try GovernanceTable($0).everyOrder())
        }
        #expect(keys == [foreign] && orders.isEmpty)
    }
}
