import EdgeHSMCore
import Foundation
import PortalProtocol
import PortalStore
import ServiceSupport
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// What people read of the journals, over HTTPS, each as far as it is theirs.
@Suite("Records over the people's API")
struct RecordRouteTests {
    /// A portal that has taken in a journal with three units and something wrong at its end.
    private struct Site {
        let whole: WholePortal
        let world: World
        let admin: String
        /// Of the ODM whose factory it is, and of another.
        let own: String
        let other: String
        let size: Int

        func get<Message: Decodable>(
            _ path: String,
            as type: Message.Type,
            token: String? = nil
        ) async throws -> Message {
            let reply = try await whole.portal.ask("GET", path, token: token ?? admin)
            #expect(reply.status == 200, "\(path): \(reply.text)")
            return try reply.message(Message.self)
        }
    }

    private func run(_ body: @escaping @Sendable (Site) async throws -> Void) async throws {
        try await WholePortal.run { whole in
            let world = try World()
            let admin = try await whole.administrator()
            let (mine, others) = (
                try await whole.createODM("Shenzhen Lamps", by: admin), try await whole.createODM("Berlin", by: admin)
            )
            _ = try await whole.createFactory(world.site.text, of: mine, by: admin)
            let database = whole.services.database
            try await database.write("test") { transaction in
                let table = GovernanceTable(transaction)
                try table.insertRoleKeys(1, world.roleKeys())
                try table.insertEdge(world.box, world.site, world.enrolment(), at: World.start)
            }
            let now = whole.portal.clock.now
            let ingest = IngestService(
                database: database,
                registry: StoredEdges(),
                rootAuthority: world.root.point,
                now: { now }
            )
            let (box, _) = try Box.working(world, units: 1...3)
            var journal = SentJournal(box)
            journal.entries += [[0x7B], [0x7C], [0x7D]]
            let gap = try await ingest.ingest(journal.chunk(4..<9), from: world.site)
            #expect(gap.refusal != nil)
            #expect(try await ingest.ingest(journal.whole(), from: world.site).refusal == nil)
            try await body(
                Site(
                    whole: whole,
                    world: world,
                    admin: admin,
                    own: whole.invite([.odmEngineer], into: mine, by: admin).firstToken,
                    other: whole.invite([.odmProductionManager], into: others, by: admin).firstToken,
                    size: journal.entries.count
                )
            )
        }
    }

    @Test("a unit is found by serial, chip and DAC, with history and proof; another ODM's is unknown")
    func units() async throws {
        try await run { site in
            let portal = site.whole.portal
            let units = try await site.get("/v1/units?chip=\(Chip(2).uid)", as: UnitList.self).units
            let unit = try #require(units.first)
            #expect(units.count == 1 && unit.stage == .done && unit.factory == site.world.site && unit.isCurrent)
            let history = try await site.get("/v1/units/\(unit.id)", as: UnitHistory.self, token: site.own)
            #expect(
                history.unit == unit && history.steps.first?.kind == "issued" && history.steps.last?.kind == "completed"
            )
            let entry = try JournalEntry(parsing: #require(history.steps.first).entry.bytes)
            let issued = try #require(entry.event.body as? Issued)
            let dac = try AttestationKey.serial(of: issued.dac.bytes)
            for query in ["serial=\(unit.serial)", "dac=\(dac)", "key=\(issued.deviceKey)"] {
                #expect(try await site.get("/v1/units?\(query)", as: UnitList.self, token: site.own).units == [unit])
                #expect(try await site.get("/v1/units?\(query)", as: UnitList.self, token: site.other).units.isEmpty)
            }
            for path in ["/v1/units/\(unit.id)", "/v1/units/\(unit.id)/proof", "/v1/edges/\(site.world.box)"] {
                let hidden = try await portal.ask("GET", path, token: site.other)
                #expect(hidden.status == 404 && hidden.problem?.code == "portal.object.unknown", "\(path)")
            }
            let proof = try await portal.ask("GET", "/v1/units/\(unit.id)/proof", token: site.own)
            let verdict = InclusionAudit.verdict(
                try InclusionFile(parsing: proof.body),
                trust: .init(root: site.world.root.point)
            )
            #expect(verdict.accepted && verdict.fields["chipUID"] == Chip(2).uid.hex, "\(verdict)")
            for query in ["", "?serial=A000001&chip=\(Chip(2).uid)"] {
                let reply = try await portal.ask("GET", "/v1/units\(query)", token: site.admin)
                #expect(reply.status == 400 && reply.problem?.code == "portal.unit.one-key")
            }
            let unheard = try await portal.ask("GET", "/v1/units/1-\(Digest256.zero)", token: site.admin)
            #expect(unheard.status == 404)
        }
    }

    @Test("roll-ups and journals; nothing of them for another ODM")
    func sums() async throws {
        try await run { site in
            let range = "&from=\(World.start)&to=\(World.start)"
            for dimension in RollUpDimension.allCases {
                let path = "/v1/rollups?by=\(dimension.rawValue)\(range)"
                let rows = try await site.get(path, as: Page<RollUpRow>.self, token: site.own).items
                #expect(rows.reduce(0) { $0 + $1.issued } == 3 && rows.reduce(0) { $0 + $1.completed } == 3)
                #expect(try await site.get(path, as: Page<RollUpRow>.self, token: site.other).items.isEmpty)
            }
            let foreign = "/v1/rollups?by=day\(range)&factory=elsewhere"
            #expect(try await site.get(foreign, as: Page<RollUpRow>.self, token: site.own).items.isEmpty)
            let backwards = try await site.whole.portal.ask(
                "GET",
                "/v1/rollups?by=day&from=\(World.start)&to=\(World.start + -86_400)",
                token: site.admin
            )
            #expect(backwards.status == 400 && backwards.problem?.code == "portal.roll-up.days")
            let edge = try await site.get("/v1/edges/\(site.world.box)", as: EdgeJournal.self, token: site.own)
            #expect(edge.storedSize == site.size && edge.accounts.first?.issued == 3 && edge.halted == nil)
        }
    }

    @Test("what a journal says was loaded counts as granted though this database never granted it, or forgot")
    func lostGrants() async throws {
        try await run { site in
            let edge = try await site.get("/v1/edges/\(site.world.box)", as: EdgeJournal.self)
            let account = try #require(edge.accounts.first)
            let (standing, isFree) = try await site.whole.services.database.read { transaction in
                let table = BatchTable(transaction)
                let serials = [0..<account.granted, account.granted + 1..<account.granted + 9]
                return (
                    try table.standing(World.product), try serials.map { try table.areFree($0, of: World.product) }
                )
            }
            #expect(account.granted > 0 && standing == [site.world.box: account.granted])
            #expect(isFree == [false, true], "their serials are given to no other batch")
        }
    }

    @Test("what a site tells of itself is listed as unproven, newest first, to its own ODM and the OEM")
    func siteEvents() async throws {
        try await run { site in
            let factory = site.world.site
            let lines = [
                #"{"number":1,"time":"2026-01-02T03:04:05Z","kind":"sign-in","event":{"person":"<b>A</b>"}}"#,
                "no JSON at all", #"{"number":3,"kind":7}"#,
            ]
            let source = RecordSource(validated: [UInt8](repeating: 9, count: 16))
            let state = RecordSourceState(source: source, factory: factory, service: StationName(validated: "f-1"))
            try await site.whole.services.database.write("test") { transaction in
                let records = SiteRecords(transaction)
                for (index, line) in lines.enumerated() {
                    let time = World.start + Int64(index / 2)
                    try records.insert(line, number: index + 1, of: state, at: time)
                }
            }
            let path = "/v1/factories/\(factory)/events"
            var (found, next): ([SiteEventView], String?) = ([], "")
            while let cursor = next {
                let page = try await site.get(
                    "\(path)?limit=1" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"),
                    as: Page<SiteEventView>.self,
                    token: site.own
                )
                found += page.items
                next = page.next?.text
            }
            #expect(found.map(\.number) == [3, 2, 1] && found.allSatisfy { !$0.isProven && $0.source == source })
            #expect(found.map(\.line) == lines.reversed())
            let time = try Instant("2026-01-02T03:04:05Z")
            #expect(found.last?.kind == "sign-in" && found.last?.time == time)
            #expect(found[0].kind == nil && found[1].time == nil)
            #expect(try await site.get(path, as: Page<SiteEventView>.self).items == found)
            let foreign = try await site.whole.portal.ask("GET", path, token: site.other)
            #expect(foreign.status == 404)
        }
    }

    @Test("what contradicted a journal is told to the OEM, and given as a file that proves itself")
    func evidence() async throws {
        try await run { site in
            let portal = site.whole.portal
            let place = "/v1/edges/\(site.world.box)/evidence"
            #expect(try await site.get(place, as: Page<EvidenceView>.self).items.isEmpty)
            let (other, _) = try Box.working(site.world, units: 4...6)
            let forked = SentJournal(other)
            let now = portal.clock.now
            let ingest = IngestService(
                database: site.whole.services.database,
                registry: StoredEdges(),
                rootAuthority: site.world.root.point,
                now: { now }
            )
            // What is brought again is kept once.
            let count = forked.entries.count
            for chunk in try [forked.whole(), forked.whole(), forked.chunk(count..<count)] {
                let outcome = try await ingest.ingest(chunk, from: site.world.site)
                #expect(outcome.refusal?.code == "portal.journal.forked")
            }
            let first = try await site.get("\(place)?limit=1", as: Page<EvidenceView>.self)
            let cursor = try #require(first.next)
            let rest = try await site.get("\(place)?limit=1&cursor=\(cursor)", as: Page<EvidenceView>.self)
            #expect((first.items + rest.items).map(\.number.value) == [1, 2] && rest.next == nil)
            let item = try #require(first.items.first)
            #expect(item.kind == "forked" && item.heldSize == site.size && item.entries == forked.entries.count)
            let file = try await site.get("\(place)/1", as: EvidenceFile.self)
            let identity = site.world.identity.point
            let held = try Verified<Checkpoint>(#require(file.heldCheckpoint), signedBy: identity).content
            let brought = try Verified<Checkpoint>(file.checkpoint, signedBy: identity).content
            // Two signed versions of one journal: the second is the tree of these entries.
            #expect(held.root != brought.root && file.entries.map(\.bytes) == forked.entries)
            for path in [place, "\(place)/1"] {
                #expect(try await portal.ask("GET", path, token: site.own).status == 403)
            }
            #expect(try await portal.ask("GET", "\(place)/9", token: site.admin).status == 404)
            #expect(try await portal.ask("GET", "/v1/edges/elsewhere/evidence", token: site.admin).status == 404)
        }
    }

    @Test("alarms are acknowledged once, as they were read; quarantine comes in pages")
    func watch() async throws {
        try await run { site in
            let portal = site.whole.portal
            let alarms = try await site.get("/v1/alarms", as: Page<AlarmView>.self).items
            #expect(Set(alarms.map(\.kind)).isSuperset(of: ["gap", "malformed"]))
            #expect(try await site.get("/v1/alarms", as: Page<AlarmView>.self, token: site.own).items == alarms)
            #expect(try await site.get("/v1/alarms", as: Page<AlarmView>.self, token: site.other).items.isEmpty)
            let path = "/v1/alarms/\(try #require(alarms.first).number)"
            let read = try await portal.ask("GET", path, token: site.admin)
            let tag = try #require(read.header("ETag"))
            func acknowledge(_ tag: String, _ token: String) async throws -> TestPortal.Reply {
                try await portal.ask("POST", path + "/acknowledge", token: token, headers: ["If-Match": tag])
            }
            #expect(try await acknowledge(tag, site.own).status == 403)
            #expect(try await acknowledge("\"0\"", site.admin).status == 412)
            let done = try await acknowledge(tag, site.admin)
            #expect(done.status == 200, "\(done.text)")
            #expect(try done.message(AlarmView.self).acknowledgedBy != nil)
            #expect(try await acknowledge(tag, site.admin).status == 412)
            let again = try await acknowledge(#require(done.header("ETag")), site.admin)
            #expect(again.status == 409 && again.problem?.code == "portal.alarm.acknowledged")
            #expect(try await portal.ask("GET", path, token: site.other).status == 404)
            let first = try await site.get("/v1/quarantine?limit=2", as: Page<QuarantineView>.self)
            let cursor = try #require(first.next)
            let second = try await site.get("/v1/quarantine?limit=2&cursor=\(cursor)", as: Page<QuarantineView>.self)
            #expect((first.items + second.items).map(\.sequence) == [site.size - 1, site.size - 2, site.size - 3])
            #expect(second.next == nil)
            #expect(
                try await site.get("/v1/quarantine", as: Page<QuarantineView>.self, token: site.other).items.isEmpty
            )
        }
    }
}
