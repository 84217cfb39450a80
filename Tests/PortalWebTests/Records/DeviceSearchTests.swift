import EdgeHSMCore
import Foundation
import PortalProtocol
import PortalStore
import ServiceSupport
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// Devices by date, result, batch and factory, and every list as a file, over the people's API and the pages.
@Suite("Device search and exports", .serialized)
struct DeviceSearchTests {
    private struct Site: Sendable {
        let whole: WholePortal
        let admin: String
        /// Of the first ODM, and of the second.
        let own: String
        let other: String

        func get<Message: Decodable>(
            _ path: String,
            as type: Message.Type,
            token: String? = nil
        ) async throws -> Message {
            let reply = try await whole.portal.ask("GET", path, token: token ?? admin)
            #expect(reply.status == 200, "\(path): \(reply.text)")
            return try reply.message(Message.self)
        }

        func serials(_ query: String, token: String? = nil) async throws -> [String] {
            try await get("/v1/devices\(query)", as: Page<UnitView>.self, token: token).items.map(\.serial.text)
        }
    }

    private func run(_ body: @escaping @Sendable (Site) async throws -> Void) async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let mine = try await whole.createODM("Shenzhen Lamps", by: admin)
            let others = try await whole.createODM("=HYPERLINK(\"x\")", by: admin)
            let first = try World()
            let second = first.other(EdgeHSMID(validated: "edge-b"), at: FactoryID(validated: "site-2"))
            _ = try await whole.createFactory(first.site.text, of: mine, by: admin)
            _ = try await whole.createFactory(second.site.text, of: others, by: admin)
            let (database, now) = (whole.services.database, whole.portal.clock.now)
            try await database.write("test") { transaction in
                let table = GovernanceTable(transaction)
                try table.insertRoleKeys(1, first.roleKeys())
                for world in [first, second] {
                    try table.insertEdge(world.box, world.site, world.enrolment(), at: World.start)
                }
            }
            let ingest = IngestService(
                database: database,
                registry: StoredEdges(),
                rootAuthority: first.root.point,
                now: { now }
            )
            for (world, prefix, units) in [(first, "A", 1...4), (second, "B", 11...13)] {
                var (box, batch) = try Box.working(world, units: units, prefix: prefix)
                try box.fail(try box.issue(batch, Chip(units.upperBound + 1)))
                #expect(try await ingest.ingest(SentJournal(box).whole(), from: world.site).refusal == nil)
            }
            try await body(
                Site(
                    whole: whole,
                    admin: admin,
                    own: whole.invite([.odmEngineer], into: mine, by: admin).firstToken,
                    other: whole.invite([.odmEngineer], into: others, by: admin).firstToken
                )
            )
        }
    }

    @Test("by result, factory and date, page by page, each ODM its own")
    func devices() async throws {
        try await run { site in
            let all = try await site.serials("")
            #expect(all.count == 9 && Set(all).count == 9)
            #expect(try await site.serials("?stage=failed").sorted() == ["A000005", "B000004"])
            #expect(try await site.serials("?stage=done&factory=site-2").count == 3)
            #expect(try await site.serials("?to=\(World.start + -1)").isEmpty)
            #expect(try await site.serials("?from=\(World.start)&to=\(World.start + 86_400)").count == 9)
            #expect(try await site.serials("", token: site.own).allSatisfy { $0.hasPrefix("A") })
            #expect(try await site.serials("", token: site.other).count == 4)
            let foreign = try await site.whole.portal.ask("GET", "/v1/devices?factory=site-2", token: site.own)
            let none = try await site.whole.portal.ask("GET", "/v1/devices?factory=nowhere", token: site.own)
            #expect(foreign.status == 404 && none.status == 404)
            var (found, path): ([String], String?) = ([], "/v1/devices?limit=2")
            while let next = path {
                let page = try await site.get(next, as: Page<UnitView>.self)
                found += page.items.map(\.serial.text)
                path = page.next.map { "/v1/devices?limit=2&cursor=\($0)" }
            }
            #expect(found == all)
            // A cursor belongs to its list, its filters and its organisation.
            let cursor = try #require(try await site.get("/v1/devices?limit=2", as: Page<UnitView>.self).next)
            for (query, token) in [("stage=done&", site.admin), ("", site.own)] {
                let reply = try await site.whole.portal.ask("GET", "/v1/devices?\(query)cursor=\(cursor)", token: token)
                #expect(reply.problem?.code == "portal.cursor.malformed", "\(reply.text)")
            }
        }
    }

    @Test("the page lists the newest, narrows them, and leads to the same as files")
    func page() async throws {
        try await run { site in
            let html = ["Accept": "text/html"]
            let all = try await site.whole.portal.ask("GET", "/devices", token: site.admin, headers: html)
            #expect(all.status == 200 && all.text.contains("A000001") && all.text.contains("B000004"))
            let query = "?stage=failed&from=2026-01-01&to=2030-01-01"
            let failed = try await site.whole.portal.ask("GET", "/devices\(query)", token: site.admin, headers: html)
            #expect(failed.text.contains("B000004") && !failed.text.contains("A000001"))
            let link = try #require(failed.text.firstMatch(of: /href="(\/exports\/devices\.csv[^"]*)"/)).1
            let file = try await site.whole.portal.ask(
                "GET",
                String(link).replacing("&amp;", with: "&"),
                token: site.admin,
                headers: html
            )
            #expect(file.status == 200 && file.text.split(separator: "\r\n").count == 3, "\(file.text)")
            let wrong = try await site.whole.portal.ask("GET", "/devices?from=soon", token: site.admin, headers: html)
            #expect(wrong.status == 400)
            let found = try await site.whole.portal.ask("GET", "/devices?q=A000001", token: site.admin, headers: html)
            #expect(found.status == 303)
        }
    }

    @Test("every list is a file in both forms: the same items, however many pages, for whom the list is")
    func exports() async throws {
        try await run { site in
            let portal = site.whole.portal
            for number in 0..<230 { _ = try await site.whole.createODM("ODM \(number)", by: site.admin) }
            let json = try await portal.ask("GET", "/v1/exports/organisations.json", token: site.admin)
            #expect(json.header("Content-Type") == "application/json")
            let items = try JSONDecoder().decode([Organisation].self, from: Data(json.body))
            #expect(items.count == 233 && Set(items.map(\.id)).count == 233)
            let csv = try await portal.ask("GET", "/v1/exports/organisations.csv", token: site.admin)
            #expect(csv.header("Content-Type") == "text/csv; charset=utf-8")
            let lines = csv.text.split(separator: "\r\n")
            #expect(lines.count == 234 && lines[0].contains("name"))
            // What a spreadsheet would run is text.
            #expect(csv.text.contains("\"'=HYPERLINK(\"\"x\"\")\""), "a formula")
            let devices = try await portal.ask("GET", "/v1/exports/devices.json?stage=done", token: site.own)
            #expect(try JSONDecoder().decode([UnitView].self, from: Data(devices.body)).count == 4)
            let audit = try await portal.ask("GET", "/v1/exports/audit.csv?action=createFactory", token: site.admin)
            #expect(audit.text.split(separator: "\r\n").count == 3, "\(audit.text)")
            #expect(try await portal.ask("GET", "/v1/exports/audit.csv", token: site.own).status == 403)
            for query in ["?limit=1", "?cursor=x", "?nothing=1"] {
                let reply = try await portal.ask("GET", "/v1/exports/devices.csv\(query)", token: site.admin)
                #expect(reply.problem?.code == "portal.request.malformed", "\(reply.text)")
            }
            // Nothing that is listed is left out.
            let paths = Set(site.whole.routes.map(\.declaration.template.text))
            for declaration in site.whole.routes.map(\.declaration)
            where declaration.input.query.fields.contains(where: { $0.name == "cursor" }) {
                for format in ExportRoute.Format.allCases {
                    let path = ExportRoute.path(of: declaration.template.text, as: format)
                    #expect(paths.contains(path), "\(path)")
                }
            }
        }
    }

    @Test("an administrator sees and revokes anybody's tokens, and nobody else sees them")
    func tokens() async throws {
        try await run { site in
            let me = try await site.get("/v1/me", as: Me.self, token: site.own)
            let path = "/v1/people/\(me.person.id)/tokens"
            let tokens = try await site.get(path, as: Page<TokenView>.self).items
            #expect(tokens.count == 1 && tokens[0].revokedAt == nil)
            #expect(try await site.whole.portal.ask("GET", path, token: site.own).status == 403)
            let unknown = try await site.whole.portal.ask("GET", "/v1/people/p-nothing/tokens", token: site.admin)
            #expect(unknown.status == 404)
            let html = ["Accept": "text/html"]
            let place = "/people/\(me.person.id)"
            let page = try await site.whole.portal.ask("GET", place, token: site.admin, headers: html)
            #expect(page.text.contains(tokens[0].id.text))
            let csrf = try #require(page.text.firstMatch(of: /name="csrf" value="([^"]*)"/)).1
            let revoked = try await site.whole.portal.ask(
                "POST",
                place,
                token: site.admin,
                headers: html.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 },
                body: Array("csrf=\(csrf)&do=token&id=\(tokens[0].id)".utf8)
            )
            #expect(revoked.status == 303, "\(revoked.text)")
            #expect(try await site.whole.portal.ask("GET", "/v1/me", token: site.own).status == 401)
        }
    }
}
