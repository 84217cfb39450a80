import Foundation
import HTTPTypes
import PortalCore
import PortalPages
import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Pages of accounts: what is tried on them")
struct AccountPageAttackTests {
    @Test("no form of a page is taken from elsewhere, whatever else is right")
    func forgedForms() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            _ = try await ada.setUp()
            let page = try await ada.get("/account")
            let me = try await ada.browser.ask("GET", "/v1/me").message(Me.self).person.id.text
            let forms = PageSite.pages.filter { $0.method == .post }
            #expect(forms.count >= 12)
            for route in forms {
                var path = route.template.text
                for name in route.template.parameters {
                    path = path.replacing("{\(name)}", with: name == "person" ? me : "example")
                }
                var forged: [(fields: [String: String], headers: [String: String])] = [
                    ([:], ["Origin": "https://evil.example"]), ([:], ["Origin": "null"]),
                    ([:], ["Origin": "http://localhost:\(whole.portal.people)"]),
                    ([:], ["Sec-Fetch-Site": "cross-site"]), ([:], ["Sec-Fetch-Site": "same-site"]),
                ]
                forged +=
                    route.isOpen
                    ? [([:], ["Origin": ""])]
                    : [(["csrf": ""], [:]), (["csrf": "x" + String(repeating: "A", count: 42)], [:])]
                for (fields, headers) in forged {
                    let all = ["do": "off", "id": "x"].merging(fields) { $1 }
                    let reply = try await ada.post(path, all, from: page, headers: headers)
                    #expect(
                        reply.status == 403 && reply.text.contains("portal.access.csrf"),
                        "\(path) \(fields) \(headers): \(reply.status)"
                    )
                    #expect(reply.cookies.isEmpty)
                }
            }
            let still = try await ada.get("/people/\(me)")
            #expect(still.status == 200 && still.html.contains("Active") && !still.html.contains("Deactivated"))
            // The token of another session is no better than none.
            let eve = PageBrowser(whole)
            let code = try await ada.invite(["organisationName": "Eve's"], kind: "?kind=odm")
            let own = try await eve.join(code, name: "Eve", email: "eve@example.com")
            let reply = try await ada.post("/sign-out", ["csrf": own.hidden("csrf") ?? ""])
            #expect(reply.status == 403 && ada.browser.cookie != nil)
        }
    }

    @Test(
        "after signing in nobody is led to another host",
        arguments: [
            "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "https:evil.example",
            "javascript:alert(1)", "/%5Cevil.example", "/%2F/evil.example", "/%2Fevil.example", "/.//evil.example",
            "/..//evil.example", "/account/..//evil.example", "/\t/evil.example", "/\n/evil.example", " //evil.example",
            "/account//evil.example", "/people/%2e%2e", "/people/..", "/people#//evil.example",
            "/people\r\nSet-Cookie: a=b",
            "/no-such-page", "/v1/me", "/sign-out", "people", "", "/peoplé",
        ]
    )
    func openRedirect(_ next: String) async throws {
        #expect(PageTarget.own(next) == nil)
    }

    @Test("where one wanted to go is kept, with its query, through the address and the form")
    func redirects() async throws {
        #expect(PageTarget.own("/people?organisation=o-1&do=x") == "/people?organisation=o-1&do=x")
        #expect(PageTarget.own("/batches/b-1") == "/batches/b-1" && PageTarget.own("/") == "/")
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            for next in ["//evil.example", "/\\evil.example", "https://evil.example/"] {
                let known = try await ada.get("/sign-in?next=\(escaped(next))")
                #expect(known.path == "/", "who is signed in already: \(known.path)")
                let other = PageBrowser(whole)
                let page = try await other.get("/sign-in?next=\(escaped(next))")
                #expect(page.hidden("next") == "" && !page.html.contains("evil.example"))
                let fields = [
                    "email": "ada@example.com", "password": Browser.password, "code": try app.nextCode(), "next": next,
                ]
                let reply = try await other.post("/sign-in", fields, from: page)
                #expect(reply.status == 303 && reply.header("Location") == "/", "\(reply.header("Location") ?? "")")
            }
        }
    }

    @Test("a link from elsewhere finds the session that the browser did not send along, and asks once")
    func linkFromElsewhere() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            _ = try await ada.setUp()
            let nobody = PageBrowser(whole)
            let first = try await nobody.get("/sign-in?next=%2Fpeople", headers: ["Sec-Fetch-Site": "cross-site"])
            #expect(first.reply.header("Refresh") == "0; url=/sign-in?next=%2Fpeople&here=1")
            let second = try await nobody.get(
                "/sign-in?next=%2Fpeople&here=1",
                headers: ["Sec-Fetch-Site": "cross-site"]
            )
            #expect(second.reply.header("Refresh") == nil && second.html.contains("f-password"))
            #expect(try await ada.get("/sign-in?next=%2Fpeople&here=1").path == "/people")
        }
    }

    @Test("markup in names is text, on every page that shows them")
    func storedMarkup() async throws {
        try await WholePortal.run { whole in
            let nasty = #"<img src=x onerror=alert(1)>"'&{{csrf}}</title>"#
            let ada = PageBrowser(whole)
            let page = try await ada.get("/setup")
            let fields = [
                "code": whole.setupCode, "organisation": nasty, "name": nasty, "email": "ada@example.com",
                "password": Browser.password,
            ]
            _ = try await ada.enrol(from: ada.send("/setup", fields, from: page))
            let code = try await ada.invite(["organisationName": nasty + "ODM"], kind: "?kind=odm")
            let mei = PageBrowser(whole)
            let offer = try await mei.send("/join", ["do": "look", "code": code], from: mei.get("/join"))
            _ = try await mei.join(code, name: nasty, email: "mei@example.com")
            let form = try await ada.get("/account/tokens/new")
            _ = try await ada.send("/account/tokens/new", ["name": nasty, "days": "1", "scopes": "read"], from: form)
            _ = try await ada.browser.ask("GET", "/account", headers: ["User-Agent": nasty])
            let me = try await ada.browser.ask("GET", "/v1/me").message(Me.self).person.id.text
            let bad = try await ada.send(
                "/people/\(me)",
                ["do": "change", "name": nasty, "roles": "\"><b>"],
                from: ada.get("/people/\(me)")
            )
            let pages =
                [offer, bad]
                + (try await ["/account", "/people", "/people/\(me)", "/people/invite", "/", "/account/password"]
                    .asyncMap { try await ada.get($0) })
                + (try await ["/people", "/account"].asyncMap { try await mei.get($0) })
            for page in pages {
                #expect(!page.html.contains("<img src=x") && !page.html.contains("\"><b>"), "\(page.path)")
                #expect(!page.html.contains("alert(1)>"), "\(page.path)")
            }
            #expect(pages.filter { $0.html.contains("&lt;img src=x onerror=alert(1)&gt;") }.count >= 8)
        }
    }

    @Test(
        "cookies have their flags; a cookie that was planted is never taken over, and a new sign-in ends the old session"
    )
    func cookies() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            let other = PageBrowser(whole)
            let planted = RandomCode().text
            other.browser.plant(planted, named: SessionCookie.session)
            let page = try await other.get("/sign-in")
            #expect(other.browser.cookie == planted, "nothing is set before somebody is known")
            let reply = try await other.post(
                "/sign-in",
                ["email": "ada@example.com", "password": Browser.password, "code": app.nextCode()],
                from: page
            )
            #expect(reply.cookies.count == 2)
            for cookie in reply.cookies {
                #expect(cookie.hasPrefix("__Host-obis"), "\(cookie)")
                for flag in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
                    #expect(cookie.contains("; " + flag))
                }
                #expect(!cookie.contains("Domain"))
            }
            let first = try #require(other.browser.cookie)
            #expect(first != planted)
            let again = try await other.post(
                "/sign-in",
                ["email": "ada@example.com", "password": Browser.password, "code": app.nextCode()],
                from: page
            )
            #expect(again.status == 303 && other.browser.cookie != first)
            let thief = PageBrowser(whole)
            for stolen in [planted, first] {
                thief.browser.plant(stolen, named: SessionCookie.session)
                #expect(try await thief.get("/people").path.hasPrefix("/sign-in"))
            }
            let twice = ["Cookie": "__Host-obis=\(planted); __Host-obis=\(other.browser.cookie ?? "")"]
            #expect(
                try await thief.get("/people", headers: twice).path.hasPrefix("/sign-in"),
                "which of two is nobody's choice"
            )
            let shown = try await other.get("/account")
            #expect(
                shown.reply.header("Cache-Control") == "no-store"
                    && shown.reply.header("Referrer-Policy") == "same-origin"
            )
            #expect(shown.reply.header("Content-Security-Policy")?.contains("form-action 'self'") == true)
        }
    }

    @Test("each page with each role, and with nobody, shows what the API shows them")
    func matrix() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let oem = try await whole.organisation(of: admin)
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let foreign = try await whole.createODM("Berlin Lamps", by: admin)
            let stranger = try await whole.invite([.odmEngineer], into: foreign, by: admin)
            let gets =
                (SignInController.routes + SetupController.routes + JoinController.routes + AccountController.routes
                + PeopleController.routes)
                .filter { $0.method == .get }
            for role in Role.allCases {
                let welcome = try await whole.invite([role], into: role.kind == .oem ? oem : odm, by: admin)
                let token = welcome.firstToken
                for route in gets where !route.isOpen {
                    let own = route.template.text.replacing("{person}", with: welcome.person.id.text)
                    let reply = try await whole.portal.ask("GET", own, token: token, headers: ["Accept": "text/html"])
                    let needsSession = ["password", "verify", "authenticator", "recovery-codes"].contains {
                        own.hasSuffix($0)
                    }
                    let wanted = needsSession ? 401 : own == "/people/invite" && role != .oemAdmin ? 403 : 200
                    #expect(reply.status == wanted, "\(role) \(own): \(reply.status)")
                    #expect(reply.header("Content-Type")?.hasPrefix("text/html") == true)
                    if role.kind == .odm {
                        #expect(
                            !reply.text.contains("Berlin") && !reply.text.contains(stranger.person.id.text),
                            "\(own)"
                        )
                    }
                }
                let path = "/people/\(stranger.person.id.text)"
                let theirs = try await whole.portal.ask("GET", path, token: token)
                #expect(theirs.status == (role.kind == .oem ? 200 : 404), "\(role)")
                #expect(theirs.text.contains("What Somebody may do") == (role == .oemAdmin), "\(role)")
                let list = try await whole.portal.ask("GET", "/people", token: token)
                #expect(list.text.contains("Invite a person") == (role == .oemAdmin), "\(role)")
            }
            let nobody = PageBrowser(whole)
            for route in gets {
                let shown = try await nobody.get(route.template.text.replacing("{person}", with: "p-1"))
                #expect(
                    shown.status == 200 && (route.isOpen || shown.path.hasPrefix("/sign-in")),
                    "\(route.template.text)"
                )
            }
        }
    }

    @Test("no password, code, cookie or link is in a log line, in the portal's log or in an address")
    func secrets() async throws {
        try await WholePortal.run { whole in
            var secrets = [whole.setupCode, Browser.password, "four other plain words"]
            let ada = PageBrowser(whole)
            let page = try await ada.get("/setup")
            let fields = [
                "code": whole.setupCode, "organisation": "Example OEM", "name": "Ada", "email": "ada@example.com",
                "password": Browser.password,
            ]
            let start = try await ada.send("/setup", fields, from: page)
            secrets += [try #require(ada.browser.cookie), try #require(start.hidden("csrf"))]
            let scan = try await ada.send("/account/authenticator", ["do": "begin"], from: start)
            secrets.append(try #require(scan.text(of: "secret")))
            let (app, codes, _) = try await ada.enrol(from: start)
            secrets += codes + [try #require(ada.browser.cookie)]
            let again = PageBrowser(whole)
            _ = try await again.signIn("ada@example.com", code: app.nextCode())
            secrets.append(try #require(again.browser.device))
            let code = try await ada.invite(["organisationName": "Shenzhen Lamps"], kind: "?kind=odm")
            secrets.append(code)
            let mei = PageBrowser(whole)
            _ = try await mei.join(code, name: "Mei", email: "mei@example.com")
            let form = try await ada.get("/account/tokens/new")
            let made = try await ada.send(
                "/account/tokens/new",
                ["name": "ci", "days": "1", "scopes": "read"],
                from: form
            )
            secrets.append(String(try #require(made.text(of: "shown")).dropFirst(5)))
            let change = try await ada.get("/account/password")
            _ = try await ada.send(
                "/account/password",
                ["current": Browser.password, "new": "four other plain words"],
                from: change
            )
            _ = try await mei.signIn("typed-into-the-wrong-field", password: "ada@example.com", code: app.nextCode())
            secrets.append("typed-into-the-wrong-field")
            let token = try await ada.browser.ask("GET", "/v1/audit?limit=200").text
            let acts = try JSONDecoder().decode(Page<AuditItem>.self, from: Data(token.utf8)).items
                .map { String(decoding: $0.entry.bytes, as: UTF8.self) }.joined(separator: "\n")
            #expect(acts.contains("\"signIn\"") && whole.portal.log.text.contains("\"request\""))
            for secret in secrets {
                #expect(!whole.portal.log.text.contains(secret), "the log holds \(secret.prefix(4))…")
                #expect(!acts.contains(secret), "the portal's log holds \(secret.prefix(4))…")
                #expect(
                    !ada.trail.text.contains(secret) && !mei.trail.text.contains(secret),
                    "an address holds \(secret.prefix(4))…"
                )
            }
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
