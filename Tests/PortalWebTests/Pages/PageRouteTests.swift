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

    private struct Somebody {
        let name: String
        let token: String
    }

    private static func people(_ whole: WholePortal, _ admin: String) async throws -> [Somebody] {
        let me = try await whole.portal.ask("GET", "/v1/me", token: admin).message(Me.self)
        let odm = try await whole.createODM("Shenzhen <Lamps>", by: admin)
        var people = [Somebody(name: "oemAdmin", token: admin)]
        for role in Role.allCases where role != .oemAdmin {
            let organisation = role.kind == .oem ? me.person.organisation : odm
            let welcome = try await whole.invite([role], into: organisation, by: admin)
            people.append(Somebody(name: role.rawValue, token: try #require(welcome.token?.token)))
        }
        _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
        return people
    }

    /// What a page is made of first: the page must answer as this does.
    private static let grounds: [(page: String, method: String, api: String)] = [
        ("/", "GET", "/v1/overview"), ("/products", "GET", "/v1/products"), ("/batches", "GET", "/v1/batches"),
        ("/factories", "GET", "/v1/overview"), ("/factories/shenzhen-1", "GET", "/v1/factories/shenzhen-1"),
        ("/factories/nowhere", "GET", "/v1/factories/nowhere"), ("/devices", "GET", "/v1/batches"),
        ("/products/nothing", "GET", "/v1/products/nothing"), ("/batches/b-nothing", "GET", "/v1/batches/b-nothing"),
        ("/devices/1-\(String(repeating: "0", count: 64))", "GET", "/v1/units/1-\(String(repeating: "0", count: 64))"),
        ("/alarms", "GET", "/v1/alarms"), ("/audit", "GET", "/v1/audit"), ("/people", "GET", "/v1/people"),
        ("/audit/export.jsonl", "GET", "/v1/audit/export"), ("/audit/checkpoint.json", "GET", "/v1/audit/checkpoint"),
        ("/exports/people.csv", "GET", "/v1/people"), ("/exports/batches.json", "GET", "/v1/batches"),
        ("/exports/devices.csv", "GET", "/v1/devices"), ("/exports/audit.json", "GET", "/v1/audit"),
        ("/keys", "GET", "/v1/edges"), ("/keys/orders", "GET", "/v1/orders"),
        ("/factories/shenzhen-1/events", "GET", "/v1/factories/shenzhen-1/events"),
        ("/factories/shenzhen-1/edges/edge-1", "GET", "/v1/edges/edge-1"),
        ("/factories/shenzhen-1/edges/edge-1/enrolment.json", "GET", "/v1/edges/edge-1/enrolment"),
        ("/factories/shenzhen-1/edges/edge-1/evidence/1/evidence.json", "GET", "/v1/edges/edge-1"),
        ("/products/nothing/approvals/1/approval.json", "GET", "/v1/products/nothing/approvals"),
        ("/account", "GET", "/v1/tokens"),
    ]

    /// Pages with a form that only some may send.
    private static let forms: [(page: String, operation: String)] = [
        ("/products/new", "createProduct"), ("/factories/new", "createFactory"), ("/batches/new", "createBatch"),
        ("/products/nothing/versions/new", "createVersion"),
        ("/products/nothing/versions/1/approval", "draftApproval"),
    ]

    @Test("each page answers each role as its API does, and nobody is led to sign in")
    func everyPageWithEveryRole() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            for person in try await Self.people(whole, admin) {
                for ground in Self.grounds {
                    let api = try await whole.portal.ask(ground.method, ground.api, token: person.token)
                    let page = try await whole.portal.ask("GET", ground.page, token: person.token, headers: Self.html)
                    #expect(page.status == api.status, "\(person.name) \(ground.page): \(page.status), \(api.status)")
                    // A file has what people wrote as they wrote it.
                    let isPage = page.header("Content-Type")?.hasPrefix("text/html") == true
                    #expect(!isPage || !page.text.contains("<Lamps>"), "\(ground.page): markup")
                    Self.checkHeaders(page, ground.page)
                }
                for form in Self.forms {
                    let declaration = try #require(whole.routes.first { $0.declaration.operationID == form.operation })
                    let page = try await whole.portal.ask("GET", form.page, token: person.token, headers: Self.html)
                    let mayNot =
                        try await whole.portal.probe(declaration.declaration, token: person.token)
                        .problem?.code == "portal.access.role"
                    #expect((page.status == 403) == mayNot, "\(person.name) \(form.page): \(page.status)")
                }
            }
            for route in PageSite.pages where route.method == .get && !route.isOpen {
                let path = route.template.text.replacing(/\{[^}]*\}/, with: "example")
                let page = try await whole.portal.ask("GET", path, headers: Self.html)
                #expect(page.status == 303, "\(path): \(page.status)")
                let place = path == "/" ? "/sign-in" : "/sign-in?next=" + escaped(path)
                #expect(page.header("Location") == place, "\(path)")
            }
        }
    }

    private static func checkHeaders(_ page: TestPortal.Reply, _ path: String) {
        guard page.header("Content-Type")?.hasPrefix("text/html") == true else { return }
        let policy = page.header("Content-Security-Policy") ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "\(path)")
        #expect(!policy.contains("unsafe"), "\(path)")
        #expect(page.header("Cache-Control") == "no-store", "\(path)")
        #expect(page.header("X-Content-Type-Options") == "nosniff", "\(path)")
        #expect(page.body.count < 150_000, "\(path): \(page.body.count)")
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
            #expect(shown.text.contains("The factory is registered."))
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
            #expect(places["stat-links"]?.contains("0") == true && places["factory-shenzhen-1-completed"] == "0")
            let nobody = try await whole.portal.ask("GET", "/live?page=%2F&once=1")
            #expect(nobody.status == 401)
            let manager = try #require(people.first { $0.name == "odmProductionManager" })
            let foreign = try await whole.portal.ask("GET", "/live?page=%2Faudit&once=1", token: manager.token)
            #expect(foreign.status == 403, "\(foreign.status)")
            let none = try await whole.portal.ask("GET", "/live?page=%2Fnowhere&once=1", token: admin)
            #expect(none.status == 404)
            let board = LiveBoard()
            let somebody = PersonID(validated: "p-1")
            for _ in 0..<LiveBoard.mostOfOne { #expect(board.enter(somebody)) }
            #expect(!board.enter(somebody) && board.enter(PersonID(validated: "p-2")))
            board.leave(somebody)
            #expect(board.enter(somebody))
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
