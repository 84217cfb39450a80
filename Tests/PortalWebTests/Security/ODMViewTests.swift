import Foundation
import HTTPTypes
import PortalProtocol
import PortalStore
import Testing
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// What an ODM gets to see of another one's: nothing, in whatever kind of answer.
@Suite("The whole portal: an ODM's view")
struct ODMViewTests {
    private static let html = ["Accept": "text/html", "X-Request-ID": "the-same-for-all"]

    /// Ids with which each route is asked, the first one's objects or none.
    /// Lists of one thing, as files.
    private static let files = [
        "product": "versions.csv", "factory": "events.csv", "edge": "preparations.csv", "batch": "units.csv",
        "person": "sessions.csv",
    ]

    private static func path(_ template: PathTemplate, _ ids: [String: String]) throws -> String {
        var path = template.text
        for name in template.parameters {
            let of = template.parameters.first { $0 != "file" } ?? ""
            let id = try name == "file" ? (files[of] ?? "batches.csv") : #require(ids[name], "no id for {\(name)}")
            path = path.replacing("{\(name)}", with: id)
        }
        return path
    }

    /// An answer without what differs from request to request: the ids that were asked for, and forms' one-time keys.
    private static func plain(_ reply: TestPortal.Reply, _ ids: [String: String]) -> String {
        var text = reply.text.replacing(/form-[0-9a-f]{32}/, with: "form")
        for id in ids.values { text = text.replacing("value=\"\(id)\"", with: "value=\"ID\"") }
        for id in ids.values.sorted(by: { $0.utf8.count > $1.utf8.count }) where id.utf8.count >= 6 {
            text = text.replacing(id, with: "ID")
        }
        for name in ["product", "version", "edge", "factory", "alarm"] {
            guard let id = ids[name] else { continue }
            text = text.replacing(/\/[a-z-]+\/[^\/"?<&]*/) { match in
                match.0.hasSuffix("/" + id) ? match.0.dropLast(id.count) + "ID" : match.0
            }
        }
        return text
    }

    /// Where two answers part; nil where they don't.
    private static func difference(_ ours: String, _ none: String) -> String? {
        guard ours != none else { return nil }
        let count = zip(ours.utf8, none.utf8).prefix { $0 == $1 }.count
        func around(_ text: String) -> String {
            String(decoding: text.utf8.dropFirst(max(count - 60, 0)).prefix(140), as: UTF8.self)
        }
        return "…\(around(ours))… and …\(around(none))…"
    }

    // MARK: - One object at a time

    @Test("each page answers of another's object as of none, octet for octet")
    func pagesOfOthers() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            var judged = 0
            for route in PageSite.pages where route.method == .get && !route.template.parameters.isEmpty {
                if route.template.parameters == ["file"] { continue }
                for (name, token) in objects.strangers {
                    func ask(_ ids: [String: String]) async throws -> TestPortal.Reply {
                        let path = try Self.path(route.template, ids)
                        return try await whole.portal.ask("GET", path, token: token, headers: Self.html)
                    }
                    let (ours, none) = (try await ask(objects.ids), try await ask(TwoODMs.nothing))
                    let id = "\(route.name) as \(name)"
                    #expect(ours.status == none.status && [403, 404].contains(ours.status), "\(id): \(ours.status)")
                    let parts = Self.difference(Self.plain(ours, objects.ids), Self.plain(none, TwoODMs.nothing))
                    #expect(parts == nil, "\(id)")
                    judged += ours.status == 404 ? 1 : 0
                    let own = try await whole.portal.ask(
                        "GET",
                        Self.path(route.template, objects.ids),
                        token: objects.own,
                        headers: Self.html
                    )
                    // What is not in this portal: a declaration, a checkpoint of the whole journal, a package's statement.
                    #expect(
                        own.status != 404 || ["version", "deviceProof"].contains(route.name),
                        "\(route.name): its own"
                    )
                }
            }
            #expect(judged >= 12, "\(judged)")
        }
    }

    @Test("each form does to another's object what it does to none: nothing, in the same words")
    func formsOnOthers() async throws {
        let acts = [
            "", "end", "close", "revoke", "on", "off", "reset", "invite", "workspace", "change", "rules", "key", "code",
            "certificate", "certificates", "prepare", "submit", "reject", "signatures", "token", "session", "role-keys",
            "order", "enrol", "join",
        ]
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            for (name, token) in objects.strangers {
                let start = try await whole.portal.ask("GET", "/", token: token, headers: Self.html)
                let csrf = String(try #require(start.text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/)).1)
                for route in PageSite.pages where route.method == .post && !route.isOpen {
                    for act in acts {
                        func ask(_ ids: [String: String]) async throws -> TestPortal.Reply {
                            let id = try #require(ids[act == "token" ? "token" : "session"])
                            let fields = [
                                "csrf": csrf, "do": act, "id": id, "tag": "\"1\"", "key": "form-of-a-test",
                                "reason": "enough", "product": try #require(ids["product"]),
                                "edge": try #require(ids["edge"]), "edgeHSM": try #require(ids["edge"]),
                                "name": "x", "roles": "odmEngineer", "text": "x",
                                "certificate": try #require(ids["key"]), "file": "{}", "enrolment": "{}",
                            ]
                            let body = fields.map { "\($0.key)=\(escaped($0.value))" }.joined(separator: "&")
                            return try await whole.portal.ask(
                                "POST",
                                try Self.path(route.template, ids),
                                token: token,
                                headers: Self.html.merging(["Content-Type": "application/x-www-form-urlencoded"]) {
                                    $1
                                },
                                body: Array(body.utf8)
                            )
                        }
                        let (ours, none) = (try await ask(objects.ids), try await ask(TwoODMs.nothing))
                        let id = "\(route.name) \(act) as \(name)"
                        #expect(ours.status == none.status, "\(id): \(ours.status), \(none.status)")
                        #expect(ours.header("Location") == none.header("Location"), "\(id)")
                        if ours.status < 500 {
                            let parts = Self.difference(
                                Self.plain(ours, objects.ids),
                                Self.plain(none, TwoODMs.nothing)
                            )
                            #expect(parts == nil, "\(id)")
                        }
                        if !route.template.parameters.isEmpty {
                            #expect([401, 403, 404].contains(ours.status), "\(id): \(ours.status)")
                        }
                    }
                }
                whole.portal.clock.advance(60)
            }
            let batch = try await whole.portal.ask("GET", "/v1/batches/b-ours", token: objects.own)
            #expect(try batch.message(Batch.self).withdrawals.isEmpty, "\(batch.text)")
        }
    }

    // MARK: - Everything at once

    /// What must not be found, and how it might be written.
    private static func traces(_ objects: TwoODMs.Objects) -> [String] {
        let ids = ["person", "token", "invitation", "batch", "unit", "session"].compactMap { objects.ids[$0] }
        return [TwoODMs.canary, "b-large", "L000\(TwoODMs.firstSerial)"] + ids
            + objects.secrets.filter { $0.utf8.count > 8 }
    }

    /// Numbers stand alone: not within a digest, a longer number, or a time.
    private static func holds(_ number: Int, _ text: String) throws -> Bool {
        let digits = String(number)
        let groups = stride(from: digits.count, to: 0, by: -3).reversed().map { end in
            String(digits.dropLast(digits.count - end).suffix(3))
        }
        let pattern = groups.joined(separator: "(?:[ ,.'\u{202F}\u{2009}\u{A0}]|&#8239;|&nbsp;)?")
        return text.firstMatch(of: try Regex("(?:^|[^0-9A-Za-z])\(pattern)(?:$|[^0-9A-Za-z])")) != nil
    }

    private static func check(
        _ reply: TestPortal.Reply,
        _ what: String,
        asked: [String],
        _ objects: TwoODMs.Objects
    ) throws {
        var text = reply.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n") + "\n" + reply.text
        // The asked id itself comes back in links and forms.
        for id in asked.sorted(by: { $0.utf8.count > $1.utf8.count }) {
            text = text.replacing(id, with: "ID").replacing(escaped(id), with: "ID")
        }
        let small = text.lowercased()
        for trace in traces(objects) where small.contains(trace.lowercased()) {
            let place = small.ranges(of: trace.lowercased()).first.map { range in
                String(small[...range.lowerBound].suffix(100))
            }
            Issue.record("\(what) tells \(trace): …\(place ?? "")")
        }
        for number in objects.numbers where try holds(number, text) { Issue.record("\(what) tells \(number)") }
    }

    private static let queries = [
        "/v1/units": ["?chip=\(Chip(1).uid)", "?serial=L0001299709"],
        "/v1/rollups": RollUpDimension.allCases.map { "?by=\($0.rawValue)&from=\(World.start)&to=\(World.start)" },
        "/v1/production": ["?step=hour", "?step=hour&product=lamp", "?step=hour&factory=zanzibar-1"],
        "/v1/people": [""], "/devices": ["", "?q=\(Chip(1).uid)", "?q=L0001299709", "?batch=b-large"],
        "/batches/new": ["", "?version=lamp/1.0.0"], "/audit": ["", "?q=zanzibar"],
        "/people": ["", "?organisation=o-1"], "/sign-in": ["?next=%2F"],
    ]

    /// What a query asks for, where it is an id: it comes back in fields and links.
    private static func values(of query: String) -> [String] {
        query.dropFirst().split(separator: "&").compactMap { $0.split(separator: "=").last.map(String.init) }
            .filter { $0.utf8.count > 6 }
    }

    @Test(
        "no answer holds another ODM's names, ids, serials, quantities or sums: API, pages, live, exports, metrics",
        arguments: [false, true]
    )
    func canaries(isShared: Bool) async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole, isShared: isShared)
            // What two ODMs of one workspace share: the product and its locked versions.
            let shared = isShared ? ["product", "version"] : []
            func ask(_ path: String, _ asked: [String], _ headers: [String: String]) async throws {
                for (name, token) in objects.strangers {
                    let reply = try await whole.portal.ask("GET", path, token: token, headers: headers)
                    let known = shared.compactMap { objects.ids[$0] }
                    try Self.check(reply, "\(path) as \(name)", asked: asked + known, objects)
                }
            }
            var asked = 0
            for declaration in whole.routes.map(\.declaration) where declaration.method == .get {
                let template = declaration.template
                let list = template.text.contains("/rollups") ? "/v1/rollups" : template.text
                for query in Self.queries[list] ?? [""] {
                    let ids = template.parameters.compactMap { objects.ids[$0] }
                    try await ask(try Self.path(template, objects.ids) + query, ids + Self.values(of: query), [:])
                    asked += 1
                }
            }
            for route in PageSite.pages where route.method == .get {
                for query in Self.queries[route.template.text] ?? [""] {
                    let path = try Self.path(route.template, objects.ids) + query
                    let ids = route.template.parameters.compactMap { objects.ids[$0] } + Self.values(of: query)
                    try await ask(path, ids, Self.html)
                    try await ask("/live?once=1&page=\(escaped(path))", ids, [:])
                    asked += 2
                }
            }
            for list in ExportController.words.keys.sorted() {
                let template = PathTemplate("/exports/" + list)
                let ids = template.parameters.compactMap { objects.ids[$0] }
                let place = try Self.path(template, objects.ids)
                for kind in ["csv", "json"] { try await ask("\(place).\(kind)", ids, Self.html) }
            }
            for path in ["/metrics", "/healthz", "/readyz", "/nothing-here", "/v1/nothing"] {
                try await ask(path, [], Self.html)
            }
            #expect(asked > 120)
            // The same search does find what is there.
            let own = try await whole.portal.ask("GET", "/batches", token: objects.own, headers: Self.html)
            #expect(own.text.lowercased().contains(TwoODMs.canary))
            let finds = try Self.holds(TwoODMs.largeBatch, own.text)
            #expect(finds, "the quantity is on its own ODM's page")
        }
    }

    @Test("what an EdgeHSM gets down names no other ODM's EdgeHSM and none of its figures")
    func orders() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            let (box, own) = (try EdgeHSMID("berlin-box"), try #require(objects.ids["edge"]))
            let found = try await whole.services.database.read { transaction in
                let word = OfficersWord(transaction)
                return try (other: word.orders(for: box, at: .epoch), own: word.orders(for: EdgeHSMID(own), at: .epoch))
            }
            #expect(found.own.count == 1 && found.other.isEmpty)
        }
    }
}
