import Foundation
import HTTPTypes
import NIOHTTP1
import PortalProtocol
import Testing
import Vocabulary

@testable import PortalWeb

/// The pages of a whole portal, asked as people ask them.
@Suite("Pages: who sees what, forms and security", .serialized)
struct PageRouteTests {
    private static let html = ["Accept": "text/html"]

    private typealias Somebody = PageGroundTests.Somebody
    private static func people(_ whole: WholePortal, _ admin: String) async throws -> [Somebody] {
        try await PageGroundTests.people(whole, admin)
    }

    @Test("assets are kept for a year under a name with their digest, and a page that is not there is one")
    func assets() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let page = try await whole.portal.ask("GET", "/", token: admin, headers: Self.html)
            #expect(page.status == 200)
            let assets = page.text.matches(of: /"(\/assets\/[a-z]+\.[0-9a-f]{16}\.[a-z0-9]+)/).map { String($0.1) }
            #expect(assets.contains { $0.hasSuffix(".css") } && assets.contains { $0.hasSuffix(".js") })
            var sum = page.body.count
            for path in Set(assets) {
                let asset = try await whole.portal.ask("GET", path)
                #expect(asset.status == 200 && asset.header("Cache-Control")?.contains("immutable") == true, "\(path)")
                sum += asset.body.count
            }
            #expect(sum < 150_000)
            let none = try await whole.portal.ask("GET", "/nothing-here", token: admin, headers: Self.html)
            #expect(none.status == 404 && none.text.contains("<h1"))
            let api = try await whole.portal.ask("GET", "/v1/nothing", token: admin, headers: Self.html)
            #expect(api.status == 404 && api.problem?.code == "portal.route.unknown")
        }
    }

    private static func field(_ name: String, of page: TestPortal.Reply) throws -> String {
        let pattern = try Regex("name=\"\(name)\" value=\"([^\"]*)\"", as: (Substring, Substring).self)
        return String(try #require(page.text.firstMatch(of: pattern)).1)
    }

    private static func send(
        _ whole: WholePortal,
        _ path: String,
        _ fields: [String: String],
        token: String?,
        headers: [String: String] = [:]
    ) async throws -> TestPortal.Reply {
        let body = fields.map { "\($0.key)=\(escaped($0.value))" }.joined(separator: "&")
        return try await whole.portal.ask(
            "POST",
            path,
            token: token,
            headers: html.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 }.merging(headers) { $1 },
            body: Array(body.utf8)
        )
    }

    @Test("a form makes one object however often it is sent, comes back with what was wrong, and wants its own token")
    func factoryForm() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen", by: admin)
            let page = try await whole.portal.ask("GET", "/factories/new", token: admin, headers: Self.html)
            let (csrf, key) = (try Self.field("csrf", of: page), try Self.field("key", of: page))
            var fields = [
                "csrf": csrf, "key": key, "id": "shenzhen-1", "name": "Hall <1>", "organisation": odm.text,
                "country": "cn", "timeZone": "Asia/Shanghai",
            ]
            let wrong = try await Self.send(whole, "/factories/new", fields, token: admin)
            #expect(wrong.status == 400 && wrong.text.contains("Hall &lt;1&gt;"), "\(wrong.status)")
            #expect(wrong.text.contains("role=\"alert\""))
            fields["country"] = "CN"
            for _ in 0..<2 {
                let made = try await Self.send(whole, "/factories/new", fields, token: admin)
                #expect(made.status == 303, "\(made.text)")
                #expect(made.header("Location") == "/factories/shenzhen-1?told=factoryCreated")
            }
            let shown = try await whole.portal.ask(
                "GET",
                "/factories/shenzhen-1?told=factoryCreated",
                token: admin,
                headers: Self.html
            )
            #expect(shown.text.contains("The factory is enrolled."))
            fields["id"] = "shenzhen-2"
            fields["csrf"] = "of somebody else"
            let forged = try await Self.send(whole, "/factories/new", fields, token: admin)
            #expect(forged.status == 403 && forged.text.contains("portal.access.csrf"))
            fields["csrf"] = csrf
            let foreign = try await Self.send(
                whole,
                "/factories/new",
                fields,
                token: admin,
                headers: ["Origin": "https://elsewhere.example"]
            )
            #expect(foreign.status == 403)
            let list = try await whole.portal.ask("GET", "/v1/factories", token: admin).message(Page<Factory>.self)
            #expect(list.items.map(\.id.text) == ["shenzhen-1"])
        }
    }

    @Test("what is live is told as it changes, to whom may see it, and to no more than the bound")
    func live() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let people = try await Self.people(whole, admin)
            let once = try await whole.portal.ask("GET", "/live?page=%2F&once=1", token: admin)
            #expect(once.status == 200)
            let places = try once.message([String: String].self)
            #expect(places["stat-links"]?.contains("0") == true && places["factory-shenzhen-1-passed"] == "0")
            let nobody = try await whole.portal.ask("GET", "/live?page=%2F&once=1")
            #expect(nobody.status == 401)
            let manager = try #require(people.first { $0.name == "odmProductionManager" })
            let foreign = try await whole.portal.ask("GET", "/live?page=%2Faudit&once=1", token: manager.token)
            #expect(foreign.status == 403, "\(foreign.status)")
            let none = try await whole.portal.ask("GET", "/live?page=%2Fnowhere&once=1", token: admin)
            #expect(none.status == 404)
        }
    }

    @Test("a list as CSV holds no formula and no stray line")
    func csv() throws {
        #expect(CSV.quoted("=1+1") == "'=1+1" && CSV.quoted("-7") == "-7" && CSV.quoted("@x") == "'@x")
        #expect(CSV.quoted("a,\"b\"\r\n") == "\"a,\"\"b\"\"\r\n\"")
        let columns = [["a", "b"], ["c"], ["d"]]
        #expect(CSV.head(columns) == "a.b,c,d\r\n")
        let item: JSONValue = ["a": ["b": 1], "d": ["x", "y"]]
        #expect(try CSV.row(item, columns) == "1,,\"[\"\"x\"\",\"\"y\"\"]\"\r\n")
    }

    @Test("a list as CSV has a column for whatever an item can have, also where the first has less")
    func columns() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            _ = try await whole.createODM("Shenzhen Lamps", by: admin)
            let file = try await whole.portal.ask("GET", "/exports/people.csv", token: admin, headers: Self.html)
            let lines = file.text.split(separator: "\r\n")
            #expect(file.status == 200 && lines.count == 2, "\(file.text)")
            let head = lines[0].split(separator: ",", omittingEmptySubsequences: false)
            #expect(head.contains("officer") && head.contains("email"), "\(lines[0])")
            #expect(lines[1].contains("false") || lines[1].contains("true"))
        }
    }

    @Test("whatever is told once of something that was done is told by a form")
    func told() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/PortalWeb/Pages/Controllers").path
        let sources = try FileManager.default.contentsOfDirectory(atPath: folder).map {
            try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }.joined()
        for each in Told.allCases {
            let use = try Regex("told: [^)]*\\.\(each.rawValue)\\b")
            #expect(sources.firstMatch(of: use) != nil, "\(each)")
        }
    }

    @Test("a form is read strictly")
    func parsing() throws {
        #expect(try PageForm.parse(Array("a=1+2&b=%C3%A9&a=3".utf8)) == ["a": "1 2,3", "b": "é"])
        #expect(throws: Refusal.self) { try PageForm.parse(Array("a=%zz".utf8)) }
        #expect(throws: Refusal.self) { try PageForm.parse([0xFF, 0xFE]) }
    }
}
