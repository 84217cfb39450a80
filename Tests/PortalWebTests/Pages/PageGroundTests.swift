import Foundation
import HTTPTypes
import PortalCore
import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// On what each page stands: operations of the API, and nothing else, say who may see it and who may send its forms.
@Suite("Pages: who may, as the API below says", .serialized)
struct PageGroundTests {
    private static let html = ["Accept": "text/html"]

    struct Somebody {
        let name: String
        let token: String
    }

    /// One of each role.
    static func people(_ whole: WholePortal, _ admin: String) async throws -> [Somebody] {
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

    /// A page, and what it asks the API for: it answers as the first of these that is refused, or is shown.
    private struct Ground {
        let page: String
        let asks: [String]

        init(_ page: String, _ asks: String...) { (self.page, self.asks) = (page, asks) }
    }

    private static let unit = "1-\(String(repeating: "0", count: 64))"
    private static let edge = "/factories/shenzhen-1/edges/edge-1"
    private static let version = "/products/nothing/versions/1"

    /// By the name of the page's route.
    private static let grounds: [String: [Ground]] = [
        "overview": [Ground("/", "/v1/overview", "/v1/production?step=fiveMinutes&from=2026-01-01T00:00:00Z")],
        "products": [Ground("/products", "/v1/products")],
        "product": [Ground("/products/nothing", "/v1/products/nothing")],
        "chainedApproval": [
            Ground("/products/nothing/approvals/1/approval.json", "/v1/products/nothing/approvals")
        ],
        "version": [Ground(version, "/v1" + version)],
        "approvalFile": [Ground(version + "/approval.json", "/v1\(version)/approval")],
        "manifestFile": [Ground(version + "/manifest.json", "/v1\(version)/manifest")],
        "signingFiles": [Ground(version + "/sign.tar", "/v1\(version)/approval")],
        "batches": [Ground("/batches", "/v1/batches")],
        "batch": [Ground("/batches/b-nothing", "/v1/batches/b-nothing")],
        "packageFile": [Ground("/batches/b-nothing/package.json", "/v1/batches/b-nothing/package")],
        "factories": [Ground("/factories", "/v1/overview")],
        "factory": [
            Ground("/factories/shenzhen-1", "/v1/factories/shenzhen-1"),
            Ground("/factories/nowhere", "/v1/factories/nowhere"),
        ],
        "siteEvents": [Ground("/factories/shenzhen-1/events", "/v1/factories/shenzhen-1/events")],
        "stickFile": [
            Ground("/factories/shenzhen-1/downlink.tar", "/v1/factories/shenzhen-1/downlink"),
            Ground("/factories/nowhere/downlink.tar", "/v1/factories/nowhere/downlink"),
        ],
        "preparationFile": [
            Ground(
                "/factories/shenzhen-1/preparations/edge-1/lamp/preparation.json",
                "/v1/edges/edge-1/preparations/lamp"
            )
        ],
        "edge": [Ground(edge, "/v1/edges/edge-1")],
        "enrolmentFile": [Ground(edge + "/enrolment.json", "/v1/edges/edge-1", "/v1/edges/edge-1/enrolment")],
        "certificatesFile": [
            Ground(
                edge + "/certificates/lamp/certificates.json",
                "/v1/edges/edge-1",
                "/v1/edges/edge-1/certificates/lamp"
            )
        ],
        "evidenceFile": [
            Ground(edge + "/evidence/1/evidence.json", "/v1/edges/edge-1", "/v1/edges/edge-1/evidence/1")
        ],
        "devices": [Ground("/devices", "/v1/batches", "/v1/devices")],
        "device": [Ground("/devices/\(unit)", "/v1/units/\(unit)")],
        "deviceProof": [Ground("/devices/\(unit)/proof.json", "/v1/units/\(unit)/proof")],
        "alarms": [Ground("/alarms", "/v1/alarms", "/v1/quarantine")],
        "audit": [Ground("/audit", "/v1/audit")],
        "auditExport": [Ground("/audit/export.jsonl", "/v1/audit/export")],
        "auditCheckpoint": [Ground("/audit/checkpoint.json", "/v1/audit/checkpoint")],
        "people": [Ground("/people", "/v1/people")],
        "invitePage": [Ground("/people/invite", "/v1/invitations")],
        "personPage": [Ground("/people/p-nobody", "/v1/people/p-nobody")],
        "exportFile": exports("") + [Ground("/exports/nothing.csv", "/v1/nothing")],
        "exportAuditFile": exports("audit/"), "exportProductFile": exports("products/"),
        "exportFactoryFile": exports("factories/"), "exportEdgeFile": exports("edges/"),
        "exportBatchFile": exports("batches/"), "exportPersonFile": exports("people/"),
        "keys": [Ground("/keys", "/v1/edges")],
        "roleKeysFile": [Ground("/keys/role-keys.json", "/v1/role-keys")],
        "orders": [Ground("/keys/orders", "/v1/orders")],
        "account": [Ground("/account", "/v1/me", "/v1/tokens")],
        "passwordPage": [Ground("/account/password", "/v1/account")],
        "verifyPage": [Ground("/account/verify", "/v1/account")],
        "authenticatorPage": [Ground("/account/authenticator", "/v1/account")],
        "recoveryCodesPage": [Ground("/account/recovery-codes", "/v1/account")],
        // Of what is there for everybody who has signed in.
        "styleGuide": [Ground("/styleguide", "/v1/me")], "exports": [Ground("/exports", "/v1/me")],
    ]

    /// Lists whose files stand in one place; those of one thing are asked of a thing that is not there, or is another's.
    private static func exports(_ place: String) -> [Ground] {
        let ids = [
            "{product}": "nothing", "{factory}": "shenzhen-1", "{edge}": "edge-1", "{batch}": "b-nothing",
            "{person}": "p-nobody",
        ]
        return ExportController.words.keys.sorted().flatMap { list -> [Ground] in
            guard place.isEmpty ? !list.contains("/") : list.hasPrefix(place) else { return [] }
            let path = ids.reduce(list) { $0.replacing($1.key, with: $1.value) }
            return ["csv", "json"].map { Ground("/exports/\(path).\($0)", "/v1/\(path)") }
        }
    }

    /// Pages with a form that is shown to those alone who may send it, with the operation's id.
    private static let forms: [String: (page: String, operation: String)] = [
        "newProduct": ("/products/new", "createProduct"), "newFactory": ("/factories/new", "createFactory"),
        "newBatch": ("/batches/new", "createBatch"), "newVersion": ("/products/nothing/versions/new", "createVersion"),
        "newApproval": ("\(version)/approval", "draftApproval"), "newTokenPage": ("/account/tokens/new", "createToken"),
    ]

    /// What a form sends, and the operation that it asks for.
    private struct Sent {
        let path: String
        let fields: [String: String]
        let operation: String

        init(_ path: String, _ fields: [String: String], _ operation: String) {
            (self.path, self.fields, self.operation) = (path, fields, operation)
        }
    }

    private static let factory = "/factories/shenzhen-1"

    private static let sent: [String: [Sent]] = [
        "changeAccount": [
            Sent("/account", ["do": "token", "id": "t-nothing"], "revokeToken"),
            Sent("/account", ["do": "session", "id": "s-nothing"], "revokeSession"),
        ],
        "passwordForm": [Sent("/account/password", ["current": "one", "new": "two"], "changePassword")],
        "verifyForm": [Sent("/account/verify", ["code": "000000"], "verifySession")],
        "newTokenForm": [
            Sent("/account/tokens/new", ["name": "mine", "scopes": "read", "days": "1"], "createToken")
        ],
        "authenticatorForm": [
            Sent("/account/authenticator", ["do": "begin"], "beginAuthenticator"),
            Sent("/account/authenticator", ["do": "confirm", "code": "000000"], "confirmAuthenticator"),
        ],
        "recoveryCodesForm": [Sent("/account/recovery-codes", [:], "renewRecoveryCodes")],
        "signOutForm": [Sent("/sign-out", [:], "signOut")],
        "createBatch": [Sent("/batches/new", ["version": "lamp 1", "quantity": "1"], "createBatch")],
        "endBatch": [
            Sent("/batches/b-nothing", ["do": "close", "reason": "over"], "closeBatch"),
            Sent("/batches/b-nothing", ["do": "revoke", "reason": "over"], "revokeBatch"),
        ],
        "deviceLabel": [Sent("/devices/\(unit)", [:], "revealLabel")],
        "acknowledgeAlarm": [Sent("/alarms", ["number": "1"], "acknowledgeAlarm")],
        "createFactory": [Sent("/factories/new", ["id": "nowhere"], "createFactory")],
        "changeFactory": [
            Sent(factory, ["do": "prepare", "edge": "edge-1", "product": "lamp"], "askPreparation"),
            Sent(
                factory,
                ["do": "certificates", "edge": "edge-1", "product": "lamp", "file": "{}"],
                "putCertificates"
            ),
            Sent(factory, ["do": "enrol", "enrolment": "{}"], "putEdge"),
            Sent(
                factory,
                ["do": "certificate", "certificate": String(repeating: "0", count: 64)],
                "revokeSiteCertificate"
            ),
            Sent(factory, ["do": "code", "days": "1"], "createJoiningCode"),
        ],
        "createProduct": [Sent("/products/new", ["product": "lamp"], "createProduct")],
        "changeProduct": [
            Sent("/products/nothing", ["do": "rules"], "changeProduct"),
            Sent("/products/nothing", ["do": "keys", "version": "1"], "makeProductKey"),
            Sent("/products/nothing", ["do": "odm", "organisation": "o-nothing"], "createWorkspace"),
            Sent("/products/nothing", ["do": "odm", "organisationName": "Shenzhen"], "createInvitation"),
        ],
        "createVersion": [Sent("/products/nothing/versions/new", ["version": "1"], "createVersion")],
        "changeVersion": [
            Sent(version, ["do": "submit"], "submitVersion"),
            Sent(version, ["do": "reject", "reason": "no"], "rejectVersion"),
            Sent(version, ["do": "sign", "envelope": "{}"], "addApprovalSignatures"),
        ],
        "proposeApproval": [Sent("\(version)/approval", ["lifetimeTotal": "1"], "draftApproval")],
        "changePeople": [Sent("/people", ["id": "i-nothing"], "revokeInvitation")],
        "inviteForm": [
            Sent("/people/invite?kind=odm", ["organisationName": "Shenzhen", "days": "1"], "createInvitation")
        ],
        "personForm": [
            Sent("/people/p-nobody", ["do": "reset"], "resetPerson"),
            Sent("/people/p-nobody", ["do": "end"], "revokeSessionsOfPerson"),
            Sent("/people/p-nobody", ["do": "token", "id": "t-nothing"], "revokeToken"),
            Sent("/people/p-nobody", ["do": "off"], "changePerson"),
            Sent("/people/p-nobody", ["do": "change", "name": "Eve", "roles": "oemAdmin"], "changePerson"),
        ],
        "bringRoleKeys": [Sent("/keys", ["file": "{}"], "putRoleKeys")],
        "bringOrder": [Sent("/keys/orders", ["file": "{}"], "putOrders")],
    ]

    /// Shown to everybody: what they do is for who has a code or a password.
    private static let open: Set<String> = [
        "signInPage", "signInForm", "resetPage", "resetForm", "setupPage", "setupForm", "joinPage", "joinForm",
    ]

    @Test("each page and each form has declared grounds")
    func complete() {
        let (shown, sent) = (PageSite.pages.filter { $0.method == .get }, PageSite.pages.filter { $0.method == .post })
        #expect(Set(PageSite.pages.map(\.name)).count == PageSite.pages.count)
        #expect(Set(PageSite.pages.filter(\.isOpen).map(\.name)) == Self.open)
        #expect(Set(shown.filter { !$0.isOpen }.map(\.name)) == Set(Self.grounds.keys).union(Self.forms.keys))
        #expect(Set(sent.filter { !$0.isOpen }.map(\.name)) == Set(Self.sent.keys))
        #expect(shown.count + sent.count == PageSite.pages.count)
    }

    @Test("each page and each file answers each role as its API does, and leads nobody to it who has not signed in")
    func everyPageWithEveryRole() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let people = try await Self.people(whole, admin)
            let chain = RoleKeysChain(roleKeys: [try await whole.roleKeys()])
            #expect(try await whole.put("/v1/role-keys", chain, token: admin).status < 300)
            for (person, (name, grounds)) in people.flatMap({ person in Self.grounds.map { (person, $0) } }) {
                for ground in grounds {
                    Self.expect(ground.page, isOf: name)
                    var status = 200
                    for ask in ground.asks where status == 200 {
                        status = try await whole.portal.ask("GET", ask, token: person.token).status
                    }
                    let page = try await whole.portal.ask("GET", ground.page, token: person.token, headers: Self.html)
                    #expect(page.status == status, "\(person.name) \(ground.page): \(page.status), \(status)")
                    // A file has what people wrote as they wrote it.
                    let isPage = page.header("Content-Type")?.hasPrefix("text/html") == true
                    #expect(!isPage || !page.text.contains("<Lamps>"), "\(ground.page): markup")
                    Self.checkHeaders(page, ground.page)
                }
            }
            for (person, (name, form)) in people.flatMap({ person in Self.forms.map { (person, $0) } }) {
                Self.expect(form.page, isOf: name)
                let page = try await whole.portal.ask("GET", form.page, token: person.token, headers: Self.html)
                let mayNot = try await Self.mayNot(whole, form.operation, person)
                #expect((page.status == 403) == mayNot, "\(person.name) \(form.page): \(page.status)")
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

    @Test("no form does for anybody what its operation would not do for them")
    func everyFormWithEveryRole() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let people = try await Self.people(whole, admin)
            for (name, list) in Self.sent {
                for sent in list {
                    Self.expect(sent.path, isOf: name, .post)
                    let nobody = try await Self.send(whole, sent, nil)
                    #expect(nobody.status == 303, "\(sent.path)")
                    #expect(nobody.header("Location")?.hasPrefix("/sign-in") == true, "\(sent.path)")
                    for person in people {
                        let mayNot = try await Self.mayNot(whole, sent.operation, person)
                        let status = try await Self.send(whole, sent, person.token).status
                        // What somebody may not even see is not there.
                        let isRefused = [401, 403, 404].contains(status)
                        #expect(!mayNot || isRefused, "\(person.name) \(sent.path) \(sent.fields): \(status)")
                        #expect(
                            mayNot || ![401, 403].contains(status),
                            "\(person.name) \(sent.path) \(sent.fields): \(status)"
                        )
                    }
                }
            }
            // Nothing came of it but what each may do for themselves.
            let people2 = try await whole.portal.ask("GET", "/v1/people?limit=200", token: admin)
            #expect(try people2.message(Page<Person>.self).items.count == people.count)
        }
    }

    /// Whether the rule of an operation keeps somebody out, as the API itself says.
    private static func mayNot(_ whole: WholePortal, _ operation: String, _ person: Somebody) async throws -> Bool {
        let route = try #require(whole.routes.first { $0.declaration.operationID == operation }, "\(operation)")
        let code = try await whole.portal.probe(route.declaration, token: person.token).problem?.code
        // A token has no part in the account.
        return ["portal.access.role", "portal.access.unauthenticated"].contains(code)
    }

    private static func send(_ whole: WholePortal, _ sent: Sent, _ token: String?) async throws -> TestPortal.Reply {
        let csrf = Digest256.of(Array("obis page form v1".utf8) + Array((token ?? "").utf8)).hex
        let fields = sent.fields.merging(["csrf": csrf, "key": PageForm.newKey(), "tag": "\"1\""]) { $1 }
        let headers = ["Content-Type": "application/x-www-form-urlencoded"].merging(html) { $1 }
        return try await whole.portal.ask(
            "POST",
            sent.path,
            token: token,
            headers: headers,
            body: Array(PageForm.text(fields).utf8)
        )
    }

    /// The path leads to the route that the table says.
    private static func expect(_ path: String, isOf name: String, _ method: HTTPRequest.Method = .get) {
        let bare = String(path.prefix { $0 != "?" })
        let route = PageSite.pages.first { $0.method == method && $0.template.matches(bare) }
        #expect(route?.name == name, "\(path)")
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
}
