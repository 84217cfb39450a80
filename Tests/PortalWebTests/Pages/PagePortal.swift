import EdgeHSMCore
import Foundation
import PortalFixture
import PortalProtocol
import PortalStore
import ServiceSupport
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// A portal with an administrator, two factories with an EdgeHSM each, one product, batches and devices: something to
/// show on every page.
struct PagePortal {
    let whole: WholePortal
    let admin: String
    let batches: [BatchRecord]
    let units: [JournalRecords.UnitRecord]
    var database: SQLitePortalDatabase { get throws { try #require(whole.services.database as? SQLitePortalDatabase) } }

    static func run(devices: Int, _ body: (PagePortal) async throws -> Void) async throws {
        try await WholePortal.run(start: World.start + 3_600) { whole in
            let first = try World()
            let worlds = [first, first.other(EdgeHSMID(validated: "edge-b"), at: FactoryID(validated: "site-2"))]
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let manager = try await whole.invite([.odmProductionManager], into: odm, by: admin)
            for world in worlds { _ = try await whole.createFactory(world.site.text, of: odm, by: admin) }
            let database = whole.services.database
            try await database.write("test") { transaction in
                let table = GovernanceTable(transaction)
                try table.insertRoleKeys(1, first.roleKeys())
                for world in worlds { try table.insertEdge(world.box, world.site, world.enrolment(), at: World.start) }
            }
            let now = whole.portal.clock.now
            let ingest = IngestService(
                database: database,
                registry: StoredEdges(),
                rootAuthority: first.root.point,
                grants: nil,
                now: { now }
            )
            var entries: [[UInt8]] = []
            for (number, world) in worlds.enumerated() {
                let (box, _) = try Box.working(
                    world,
                    quantity: 400 + number,
                    units: number * 1_000 + 1...number * 1_000 + devices,
                    prefix: "AB".dropFirst(number).prefix(1).description,
                    allotments: [.init(edgeHSM: world.box, units: 500)],
                    firstSerial: number * 2_000 + 1
                )
                let outcome = try await ingest.ingest(SentJournal(box).whole(), from: world.site)
                #expect(outcome.refusal == nil && outcome.quarantined == 0)
                entries += box.disk.entries
            }
            let product = JournaledProduct(entries, of: odm, by: manager.person.id)
            let batches = try await database.write("test") { try product.insert(at: now, in: $0) }
            let units = try await database.read { try JournalRecords($0).units(by: .chip(Chip(1).uid)) }
            try await body(PagePortal(whole: whole, admin: admin, batches: batches, units: units))
        }
    }

    /// Every page that shows what was recorded, by name; without a version's and the audit's, which want files and a portal
    /// key that this world's officers never named. Those two are in the benchmark, on a portal that has both.
    var paths: [String] {
        get throws {
            let (batch, unit) = (try #require(batches.first), try #require(units.first))
            let product = "/products/\(batch.authorization.product)"
            let reference = UnitReference(log: unit.unit.log, unit: unit.unit.unit.id)
            return [
                "/", "/products", product, "/batches", "/batches/\(batch.id)",
                "/factories", "/factories/\(batch.authorization.factory)", "/devices",
                "/factories/\(batch.authorization.factory)/edges/\(batch.authorization.edgeHSM)",
                "/factories/\(batch.authorization.factory)/events", "/keys/orders",
                "/devices?batch=\(batch.statement)", "/devices/\(reference)", "/keys", "/alarms", "/alarms?show=all",
                "/people", "/exports", "/account", "/styleguide",
            ]
        }
    }

    func page(_ path: String, status: Int = 200) async throws -> TestPortal.Reply {
        let page = try await whole.portal.ask("GET", path, token: admin, headers: ["Accept": "text/html"])
        #expect(page.status == status, "\(path): \(page.status)")
        return page
    }

    /// Copies of all units with their entries and DACs, under other ids, chips, keys and serials, `times` over.
    func multiply(by times: Int) async throws {
        let statements: [SQLText] = [
            """
            INSERT INTO journal_entries SELECT log, sequence + ?, randomblob(32), entry FROM journal_entries
            WHERE sequence < 100000
            """,
            """
            INSERT INTO journal_units SELECT log, randomblob(32), batch, product, randomblob(16), generation, number,
            'X' || ? || serial, reissue, sequence + ?, stage, flags, factory_data, slots, station, issued_at, changed_at,
            steps, randomblob(32) FROM journal_units WHERE sequence < 100000
            """,
            """
            INSERT INTO journal_credentials SELECT log, sequence + ?, randomblob(32), randomblob(32), NULL
            FROM journal_credentials WHERE sequence < 100000
            """,
        ]
        try await database.write("test") { transaction in
            for copy in 1..<times {
                let shift = SQLValue.number(copy * 100_000)
                try transaction.execute(statements[0], [shift])
                try transaction.execute(statements[1], [.number(copy), shift])
                try transaction.execute(statements[2], [shift])
            }
        }
    }
}
