import EdgeHSMCore
import PortalCore
import PortalProtocol
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

    private func fill(_ bench: IngestBench, _ world: World, _ lost: ProductName) async throws {
        let content = Envelope(payloadType: "test/preparation", payload: [1], signatures: [])
        try await bench.database.write("fixture") { transaction in
            let rows: [(SQLText, [SQLValue])] = [
                ("INSERT INTO organisation (id, name, kind, created_at) VALUES ('o', 'OEM', 'oem', 0)", []),
                (
                    """
                    INSERT INTO person (id, organisation, name, email, roles, active, version, created_at)
                    VALUES ('p', 'o', 'Somebody', 'a@b', 'oemAdmin', 1, 1, 0)
                    """, []
                ),
                (
                    """
                    INSERT INTO factory (id, organisation, name, country, time_zone, created_at)
                    VALUES (?, 'o', 'Factory', 'DE', 'UTC', 0)
                    """, [.name(world.site)]
                ),
                (
                    "INSERT INTO edge (id, factory, digest, envelope, enrolled_at) VALUES (?, ?, ?, ?, 0)",
                    [.name(world.box), .name(world.site), .fixed(Digest256.zero), .blob([])]
                ),
            ]
            for (sql, values) in rows { try transaction.execute(sql, values) }
            let table = PreparationTable(transaction)
            for product in [World.product, lost] {
                try transaction.execute(
                    """
                    INSERT INTO product (name, title, foundation, lifetime_total, rules, revision, created_at)
                    VALUES (?, 'Lamp', ?, 1000, ?, 1, 0)
                    """,
                    [.name(product), .blob([]), .blob([])]
                )
                let person = try PersonID("p")
                #expect(try table.ask(product, of: world.box, by: person, at: World.start))
                #expect(try table.receive(content, of: product, from: world.box, at: World.start))
                let certificates = ProductCertificates(
                    edgeHSM: world.box,
                    product: product,
                    paa: Octets([1]),
                    pai: Octets([2]),
                    debugRoot: Octets([3]),
                    debugIntermediate: Octets([4])
                )
                try table.set(certificates, for: world.box, by: person, at: World.start)
                try table.noteInstalled(
                    InstalledCertificates(certificates),
                    of: product,
                    on: world.box,
                    at: World.start
                )
            }
        }
    }

    @Test("a product that was prepared in the lost tail is asked for again; what the EdgeHSM kept is not")
    func preparations() async throws {
        let world = try World()
        var (live, batch) = try Box.working(world, quantity: 90, units: 1...4)
        let (kept, token) = (live.disk, live.token)
        for number in 21...22 { try live.make(batch, Chip(number)) }
        let lost = SentJournal(live)
        (live.disk, live.token) = (kept, token)
        try live.start()
        try live.make(batch, Chip(31))
        let branch = SentJournal(live)
        let bench = try IngestBench(world)
        let gone = ProductName(validated: "lamp-2")
        try await fill(bench, world, gone)
        try await bench.ingest([lost.whole()])
        let place = kept.entries.count
        try await bench.ingest([branch.chunk(place..<branch.entries.count)])
        try await bench.ingest([branch.chunk(place..<branch.entries.count)])
        #expect(try await bench.log(world)?.size == branch.entries.count)
        let prepared = try kept.entries.compactMap {
            (try JournalEntry(parsing: $0).event.body as? ProductPrepared)?.preparation
        }
        try await bench.database.read { transaction in
            let table = PreparationTable(transaction)
            #expect(try table.preparation(World.product, of: world.box)?.envelope == prepared.last)
            let forgotten = try table.preparation(gone, of: world.box)
            #expect(forgotten != nil && forgotten?.envelope == nil && forgotten?.receivedAt == nil)
            #expect(try table.certificates(of: gone, on: world.box) == nil, "for keys that are no more")
            // Others than those that the journal has are offered once more.
            #expect(try table.certificates(of: World.product, on: world.box)?.installedAt == nil)
            let installed = try transaction.rows("SELECT product FROM installed_certificate", [])
            #expect(try installed.map { try $0.text("product") } == [World.product.text])
        }
    }
}
