import EdgeHSMCore
import Foundation
import HTTPTypes
import PortalCore
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalProtocol
@testable import PortalWeb

/// Whatever text somebody may enter comes back as text, on every page that shows it.
@Suite("The whole portal: stored markup")
struct StoredMarkupTests {
    /// Short enough for every field; `mark` says which field it came in by.
    private static func nasty(_ mark: String) -> String { "<img src=x>\"'&\(mark)" }
    private static func escaped(_ mark: String) -> String { "&lt;img src=x&gt;&quot;&#39;&amp;\(mark)" }

    /// Where each member of a request's body that takes markup is kept and shown, by the mark that this test plants there.
    /// Nil: it is shown nowhere, since it is a secret or is only compared.
    private static let shown: [String: String?] = [
        "createOrganisation.name": "T01", "createInvitation.organisationName": "T02", "acceptInvitation.name": "T03",
        "setUp.organisation": "T04", "setUp.name": "T05", "changePerson.name": "T06", "createToken.name": "T07",
        "createFactory.name": "T08", "createProduct.title": "T09", "changeProduct.title": "T09",
        "rejectVersion.reason": "T10", "closeBatch.reason": "T11", "revokeBatch.reason": "T11",
        "createVersion.factoryData.vendorName": "T12", "createVersion.factoryData.productName": "T13",
        "createVersion.factoryData.productLabel": "T14", "createVersion.factoryData.productURL": "T15",
        "createVersion.factoryData.partNumber": "T16", "createVersion.factoryData.hardwareVersionString": "T17",
        "setUp.password": nil, "acceptInvitation.password": nil, "acceptReset.password": nil, "signIn.password": nil,
        "joinFactory.code": nil,
        // One of those that there are, or refused.
        "createVersion.factoryData.encoding": nil, "addApprovalSignatures.payloadType": nil,
        "addApprovalSignatures.signatures.keyid": nil, "putEdge.payloadType": nil, "putEdge.signatures.keyid": nil,
        "putOrders.orders.payloadType": nil, "putOrders.orders.signatures.keyid": nil,
        "putRoleKeys.roleKeys.payloadType": nil, "putRoleKeys.roleKeys.signatures.keyid": nil,
        "verifySession.password": nil, "changePassword.current": nil, "changePassword.new": nil,
    ]

    /// Members of JSON bodies that take the text, by operation and path.
    private static func free(_ schema: JSONSchema, _ path: String) throws -> [String] {
        switch schema {
        case .scalar(let scalar):
            guard scalar.kind != .integer, scalar.kind != .boolean else { return [] }
            let text = try StatementCoding.encode(nasty("T00"))
            return scalar.complaint(text) == nil ? [path] : []
        case .array(let element, _), .dictionary(let element): return try free(element, path)
        case .object(let object): return try object.fields.flatMap { try free($0.schema, "\(path).\($0.name)") }
        }
    }

    @Test("each member of a request that takes markup is known to this suite")
    func members() async throws {
        try await WholePortal.run { whole in
            var found: Set<String> = []
            for declaration in whole.routes.map(\.declaration) {
                guard case .json(let schema, _) = declaration.input.body else { continue }
                found.formUnion(try Self.free(schema, declaration.operationID))
            }
            #expect(found == Set(Self.shown.keys), "\(found.symmetricDifference(Self.shown.keys).sorted())")
        }
    }

    // MARK: - Planting

    private static func plant(_ whole: WholePortal) async throws -> TwoODMs.Objects {
        let objects = try await TwoODMs.objects(whole, naming: (nasty("T04"), nasty("T05")))
        let admin = objects.admin
        func expect(_ reply: TestPortal.Reply, _ what: String) {
            #expect((200...204).contains(reply.status), "\(what): \(reply.text)")
        }
        func json(_ text: String) throws -> String { String(decoding: try StatementCoding.encode(text), as: UTF8.self) }
        let odm = try await whole.createODM(nasty("T01"), by: admin)
        expect(
            try await whole.create(
                "/v1/invitations",
                InvitationRequest(
                    kind: .organisation,
                    organisationName: DisplayName(nasty("T02")),
                    roles: [.odmEngineer]
                ),
                token: admin
            ),
            "invitation"
        )
        _ = try await whole.invite([.odmEngineer], into: odm, by: admin, called: nasty("T03"))
        let changed = try await whole.invite([.odmEngineer], into: odm, by: admin)
        expect(
            try await whole.portal.ask(
                "PATCH",
                "/v1/people/\(changed.person.id)",
                token: admin,
                headers: ["If-Match": "\"1\""],
                json: #"{"name":\#(json(nasty("T06")))}"#
            ),
            "person"
        )
        for token in [admin, objects.own] {
            expect(
                try await whole.create(
                    "/v1/tokens",
                    TokenRequest(name: DisplayName(nasty("T07")), scopes: [.read], days: TokenDays(1)),
                    token: token
                ),
                "token"
            )
        }
        expect(try await whole.createFactory("named", of: odm, by: admin, name: nasty("T08")), "factory")
        let product = try await whole.portal.ask("GET", "/v1/products/lamp", token: admin)
        expect(
            try await whole.portal.ask(
                "PATCH",
                "/v1/products/lamp",
                token: admin,
                headers: ["If-Match": product.header("ETag") ?? ""],
                json: #"{"title":\#(json(nasty("T09")))}"#
            ),
            "product"
        )
        let batch = try await whole.portal.ask("GET", "/v1/batches/b-ours", token: objects.own)
        expect(
            try await whole.portal.ask(
                "POST",
                "/v1/batches/b-ours/close",
                token: objects.own,
                headers: ["If-Match": batch.header("ETag") ?? ""],
                json: #"{"reason":\#(json(nasty("T11")))}"#
            ),
            "closing"
        )
        try await version(whole, objects)
        return objects
    }

    /// A version whose strings are markup, and the reason for which it was rejected.
    private static func version(_ whole: WholePortal, _ objects: TwoODMs.Objects) async throws {
        var text = String(decoding: try World().manifest(version: "2.0.0"), as: UTF8.self)
        for (name, mark) in [
            ("vendorName", "T12"), ("productName", "T13"), ("productLabel", "T14"), ("productURL", "T15"),
            ("partNumber", "T16"), ("hardwareVersionString", "T17"),
        ] {
            let value = String(decoding: try StatementCoding.encode(nasty(mark)), as: UTF8.self)
            let pattern = try Regex("\"\(name)\":\"[^\"]*\"")
            text = text.replacing(pattern, with: "\"\(name)\":\(value)")
        }
        let manifest = Array(text.utf8)
        _ = try Manifest(parsing: manifest)
        let digest = try await TestDeclaration.place(in: whole.folder + "/files")
        let person = try PersonID(try #require(objects.ids["person"]))
        let now = whole.portal.clock.now
        try await whole.services.database.write("version") { transaction in
            let mine = try #require(try PeopleTable(transaction).person(person)).organisation
            var version = VersionRecord(
                product: World.product,
                version: try VersionName("2.0.0"),
                organisation: mine,
                manifest: manifest,
                firmware: .zero,
                declaration: digest,
                provesProduct: true,
                created: VersionAct(person: person, at: World.start)
            )
            #expect(try VersionTable(transaction).insert(version))
            (version.state, version.rejected) = (
                .rejected, VersionAct(person: person, at: World.start, reason: try Remark(nasty("T10")))
            )
            try VersionTable(transaction).update(version)
            // What a browser says of itself.
            let session = SessionRecord(
                id: try SessionID("s-agent"),
                digest: Digest256.of([9]),
                person: person,
                isComplete: true,
                createdAt: now,
                seenAt: now,
                verifiedAt: now,
                expiresAt: now + 1_000_000,
                address: "192.0.2.7",
                agent: nasty("T18")
            )
            try SessionTable(transaction).insert(session)
        }
    }

    // MARK: - Looking

    @Test("no page holds a text as markup, and each text is on a page as what it is")
    func pages() async throws {
        try await WholePortal.run { whole in
            let objects = try await Self.plant(whole)
            var seen: Set<String> = []
            let marks = Set(Self.shown.values.compactMap { $0 }).union(["T18"])
            for token in [objects.admin, objects.own] + objects.strangers.map(\.token) {
                for version in ["1.0.0", "2.0.0"] {
                    var ids = objects.ids
                    ids["version"] = version
                    for route in PageSite.pages where route.method == .get {
                        let path = route.template.parameters.reduce(route.template.text) {
                            $0.replacing("{\($1)}", with: $1 == "file" ? "people.csv" : ids[$1] ?? "example")
                        }
                        for query in ["", "?q=%3Cimg%20src%3Dx%3E%22'%26T19&told=%3Cimg%20src%3Dx%3E&do=reset"] {
                            let reply = try await whole.portal.ask(
                                "GET",
                                path + query,
                                token: token,
                                headers: ["Accept": "text/html", "Sec-Fetch-Site": "same-origin"]
                            )
                            guard reply.header("Content-Type")?.hasPrefix("text/html") == true else { continue }
                            #expect(!reply.text.contains("<img"), "\(path)\(query)")
                            #expect(!reply.text.contains("&T"), "\(path): an ampersand that is none")
                            for complaint in PageMarkup(reply.text).complaints { Issue.record("\(path): \(complaint)") }
                            seen.formUnion(marks.filter { reply.text.contains(Self.escaped($0)) })
                        }
                        let live = try await whole.portal.ask(
                            "GET",
                            "/live?once=1&page=\(PortalWeb.escaped(path))",
                            token: token
                        )
                        if let places = try? live.message([String: String].self) {
                            for (id, html) in places { #expect(!html.contains("<img"), "\(path) live \(id)") }
                        }
                    }
                }
            }
            let batch = try await whole.portal.ask(
                "GET",
                "/batches/b-ours",
                token: objects.own,
                headers: ["Accept": "text/html"]
            )
            #expect(
                seen == marks,
                "never shown: \(marks.subtracting(seen).sorted()); \(batch.status) \(batch.text.ranges(of: "T11").count)"
            )
        }
    }

    @Test("a form that comes back shows what was entered as text, in whatever field")
    func forms() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            var returned = 0
            for token in [objects.admin, objects.own] {
                let home = try await whole.portal.ask("GET", "/", token: token, headers: ["Accept": "text/html"])
                let own = String(try #require(home.text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/)).1)
                for route in PageSite.pages where route.method == .post {
                    let path = route.template.parameters.reduce(route.template.text) {
                        $0.replacing("{\($1)}", with: objects.ids[$1] ?? "example")
                    }
                    let shown = try await whole.portal.ask("GET", path, token: token, headers: ["Accept": "text/html"])
                    let names = Set(PageMarkup(shown.text).forms.flatMap(\.names))
                        .union(["name", "reason", "email", "next", "do", "id", "text", "code", "q"])
                    let fields = names.filter { $0 != "csrf" }.map { "\($0)=\(PortalWeb.escaped(Self.nasty("T20")))" }
                    let reply = try await whole.portal.ask(
                        "POST",
                        path,
                        token: token,
                        headers: [
                            "Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded",
                            "Origin": "https://localhost:\(whole.portal.people)",
                        ],
                        body: Array((fields + ["csrf=\(own)"]).joined(separator: "&").utf8)
                    )
                    #expect(reply.status < 500, "\(path): \(reply.text)")
                    #expect(!reply.text.contains("<img") && !reply.text.contains("&T20"), "\(path)")
                    #expect(reply.header("Location")?.contains("<") != true, "\(path)")
                    if reply.header("Content-Type")?.hasPrefix("text/html") == true {
                        for complaint in PageMarkup(reply.text).complaints { Issue.record("\(path): \(complaint)") }
                    }
                    returned += reply.text.contains(Self.escaped("T20")) ? 1 : 0
                }
            }
            #expect(returned >= 10, "\(returned) forms came back with what was entered")
        }
    }
}
