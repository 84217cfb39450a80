import Logging
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// What a factory may tell beside its journal, and that no more of it stops the journal.
@Suite("Record quotas") struct RecordQuotaTests {
    private static let few = RecordQuota.mostLabels(granted: 0)

    private struct Site {
        let whole: WholePortal
        let world: World
        let server: SyncServer
        var database: any PortalDatabase { whole.services.database }

        func upload(
            _ source: UInt8,
            labels numbers: ClosedRange<Int>? = nil,
            after before: ClosedRange<Int>? = nil,
            journal: JournalChunk? = nil,
            service: String = "service-1"
        ) throws -> SyncUpload {
            let source = RecordSource(validated: [UInt8](repeating: source, count: 16))
            var head = RecordStream.labels.start(of: source)
            for number in before ?? 1...1 where before != nil {
                head = RecordStream.head(after: head, try Self.label(number).recordOctets())
            }
            return SyncUpload(
                factory: world.site,
                service: StationName(validated: service),
                source: source,
                journal: journal,
                labels: try numbers.map {
                    LabelChunk(
                        from: (before?.count ?? 0) + 1,
                        after: head,
                        records: try $0.map(Self.label)
                    )
                }
            )
        }

        private static func label(_ number: Int) throws -> LabelUpload {
            LabelUpload(
                unit: Digest256.of("unit \(number)".utf8),
                authorization: .zero,
                serial: nil,
                record: .init(
                    encapsulated: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
                    ciphertext: Octets([1])
                )
            )
        }

        func alarms() async throws -> [String] {
            try await database.read { try Alarms($0).list(limit: 10).map { "\($0.kind.rawValue) \($0.times)" } }
        }

        func labels() async throws -> Int {
            try await database.read { transaction in
                try transaction.row("SELECT count(*) AS amount FROM label_record", [])?.number("amount") ?? 0
            }
        }
    }

    private func run(_ body: @escaping @Sendable (Site) async throws -> Void) async throws {
        try await WholePortal.run { whole in
            let world = try World()
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.createFactory(world.site.text, of: odm, by: admin)
            try await whole.services.database.write("test") { transaction in
                let table = GovernanceTable(transaction)
                try table.insertRoleKeys(1, world.roleKeys())
                try table.insertEdge(world.box, world.site, world.enrolment(), at: World.start)
            }
            let parts = try PortalParts(whole.services, files: whole.folder + "/others", logger: Logger(label: "test"))
            let site = Site(
                whole: whole,
                world: world,
                server: SyncServer(
                    database: whole.services.database,
                    ingest: IngestService(
                        database: whole.services.database,
                        registry: StoredEdges(),
                        rootAuthority: world.root.point,
                        grants: nil,
                        now: { IngestBench.now }
                    ),
                    registry: StoredEdges(),
                    offers: parts.sync.offers,
                    portalKey: parts.sync.portalKey,
                    now: { IngestBench.now }
                )
            )
            try await body(site)
        }
    }

    @Test("labels beyond what was granted are refused and alarmed once; the journal beside them is taken in")
    func labels() async throws {
        try await run { site in
            let first = try site.upload(1, labels: 1...3)
            #expect(try await site.server.take(first, from: site.world.site).labelsStored == 3)
            // As if it had told all but two that it may.
            try await site.database.write("test") { transaction in
                try transaction.execute("UPDATE record_tally SET labels = ?", [.number(Self.few - 2)])
            }
            let (box, _) = try Box.working(site.world, units: 1...2)
            let journal = try SentJournal(box).whole()
            let beyond = try site.upload(1, labels: 4...6, after: 1...3, journal: journal)
            for _ in 1...3 {
                let refusal = await #expect(throws: Refusal.self) {
                    try await site.server.take(beyond, from: site.world.site)
                }
                #expect(refusal?.code == "portal.records.quota", "\(String(describing: refusal))")
            }
            #expect(try await site.labels() == 3, "none of the chunk")
            #expect(try await site.alarms() == ["records-quota 1"], "once, however often it tries")
            let stored = try await site.server.state(of: site.world.site, source: nil).edges.first?.storedSize
            #expect(stored == box.disk.entries.count)
            let within = try site.upload(1, labels: 4...5, after: 1...3)
            #expect(try await site.server.take(within, from: site.world.site).labelsStored == 5)
            // What is there already takes nothing, whoever tells it again.
            let again = try site.upload(2, labels: 1...5, service: "service-2")
            #expect(try await site.server.take(again, from: site.world.site).labelsStored == 5)
            #expect(try await site.labels() == 5)
        }
        #expect(RecordQuota.mostLabels(granted: 1_000_000) == 2_010_000)
        #expect(RecordQuota.mostLabels(granted: .max) == Self.few && RecordQuota.mostLabels(granted: -1) == Self.few)
    }

    @Test("a factory has 64 sources; those that are there go on")
    func sources() async throws {
        try await run { site in
            for number in 1...RecordQuota.mostSources {
                let upload = try site.upload(UInt8(number), labels: number...number, service: "service-\(number)")
                #expect(try await site.server.take(upload, from: site.world.site).labelsStored == 1)
            }
            let one = try site.upload(200, labels: 500...500, service: "service-65")
            let refusal = await #expect(throws: Refusal.self) {
                try await site.server.take(one, from: site.world.site)
            }
            #expect(refusal?.code == "portal.records.quota")
            #expect(try await site.alarms() == ["records-quota 1"])
            let known = try site.upload(7, labels: 600...600, after: 7...7, service: "service-7")
            #expect(try await site.server.take(known, from: site.world.site).labelsStored == 2)
        }
    }
}
