import Foundation
import HTTPTypes
import PortalCore
import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Sessions")
struct SessionTests {
    private static let email = "mei@example.com"

    /// A portal with an administrator's token and an ODM's engineer who signs in by password.
    private static func run(_ body: (WholePortal, String, OrganisationID) async throws -> Void) async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.invite([.odmEngineer], into: odm, by: admin, email: email)
            try await body(whole, admin, odm)
        }
    }

    @Test("the cookies' flags, and what an answer lets a browser do")
    func flags() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            let reply = try await browser.signIn("Mei@Example.com")
            #expect(reply.status == 200, "\(reply.text)")
            let cookies = reply.cookies
            #expect(cookies.count == 2)
            for cookie in cookies {
                let parts = cookie.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
                #expect(parts[0].hasPrefix("__Host-obis"))
                for flag in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] { #expect(parts.contains(flag)) }
                #expect(!cookie.contains("Domain"))
            }
            let secret = try #require(browser.cookie)
            #expect(secret.utf8.count == 43 && !reply.text.contains(secret))
            #expect(reply.header("Cache-Control") == "no-store")
            #expect(reply.header("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'")
            for (name, value) in [
                ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
                ("Strict-Transport-Security", "max-age=31536000"),
            ] { #expect(reply.header(name) == value) }
            #expect(reply.header("Permissions-Policy")?.contains("camera=()") == true)
            let me = try await browser.ask("GET", "/v1/me").message(Me.self)
            #expect(me.person.email == Self.email && me.token == nil && me.session != nil)
        }
    }

    @Test("neither cookie nor password nor anything that opens a session stands in database, log or audit")
    func secretsStayAway() async throws {
        try await Self.run { whole, admin, _ in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            _ = try await browser.signIn(Self.email, "a wrong one entirely")
            _ = try await browser.ask("GET", "/v1/me?x=\(browser.cookie ?? "")")
            let audit = try await whole.portal.ask("GET", "/v1/audit?limit=200", token: admin)
            let acts = try audit.message(Page<AuditItem>.self).items
                .map { String(decoding: $0.entry.bytes, as: UTF8.self) }.joined()
            let files = try FileManager.default.contentsOfDirectory(atPath: whole.folder)
                .filter { $0.hasPrefix("portal.sqlite") }
                .compactMap { FileManager.default.contents(atPath: "\(whole.folder)/\($0)") }
            #expect(!files.isEmpty)
            for secret in [
                try #require(browser.cookie), try #require(browser.device), browser.csrf, Browser.password,
                "a wrong one entirely",
            ] {
                #expect(!whole.portal.log.text.contains(secret))
                #expect(!acts.contains(secret))
                for file in files { #expect(file.range(of: Data(secret.utf8)) == nil) }
            }
        }
    }

    @Test("a session that was planted before sign-in is worth nothing afterwards, and neither is the one from before")
    func fixation() async throws {
        try await Self.run { whole, admin, odm in
            _ = try await whole.invite([.odmEngineer], into: odm, by: admin, email: "eve@example.com")
            let eve = Browser(whole)
            _ = try await eve.signIn("eve@example.com")
            let planted = try #require(eve.cookie)
            let victim = Browser(whole)
            victim.plant(planted, named: SessionCookie.session)
            #expect(try await victim.signIn(Self.email).status == 200)
            #expect(victim.cookie != planted)
            #expect(try await eve.ask("GET", "/v1/me").problem?.code == "portal.access.session")
            // A value that nobody gave out is not taken over.
            let made = RandomCode().text
            let other = Browser(whole)
            other.plant(made, named: SessionCookie.session)
            #expect(try await other.signIn(Self.email).status == 200)
            #expect(other.cookie != made)
            let before = try #require(other.cookie)
            let verified = try await other.post(
                "/v1/sessions/verify",
                VerificationRequest(password: Password(Browser.password))
            )
            #expect(verified.status == 200 && other.cookie != before, "\(verified.text)")
            let thief = Browser(whole)
            thief.plant(before, named: SessionCookie.session)
            #expect(try await thief.ask("GET", "/v1/me").status == 401)
            #expect(try await other.ask("GET", "/v1/me").status == 200)
        }
    }

    @Test("what changes something wants the session's own token and no foreign page; a cookie alone changes nothing")
    func forgery() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let other = Browser(whole)
            _ = try await other.signIn(Self.email)
            let token = #"{"name":"mine","scopes":["read"],"days":1}"#
            let key = ["Idempotency-Key": "forged-one"]
            for wrong in [
                ["X-OBIS-CSRF": ""], ["X-OBIS-CSRF": other.csrf], ["X-OBIS-CSRF": "x"],
                ["Origin": "https://evil.example"], ["Origin": "null"],
                ["Origin": "http://localhost:\(whole.portal.people)"],
                ["Origin": "https://localhost"], ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"],
            ] {
                let reply = try await browser.ask("POST", "/v1/tokens", token, headers: key.merging(wrong) { $1 })
                #expect(reply.status == 403 && reply.problem?.code == "portal.access.csrf", "\(wrong)")
            }
            let read = try await browser.ask("GET", "/v1/me", headers: ["Sec-Fetch-Site": "cross-site"])
            #expect(read.problem?.code == "portal.access.csrf", "no foreign page reads either")
            #expect(try await browser.ask("GET", "/v1/tokens").message(Page<TokenView>.self).items.isEmpty)
            #expect(try await browser.ask("POST", "/v1/tokens", token, headers: key).status == 201)
            // A foreign page can neither sign somebody in: JSON is no form, and its origin shows.
            let foreign = try await Browser(whole).ask(
                "POST",
                "/v1/sessions",
                #"{"email":"\#(Self.email)","password":"\#(Browser.password)"}"#,
                headers: ["Origin": "https://evil.example"]
            )
            #expect(foreign.problem?.code == "portal.access.csrf")
        }
    }

    @Test("a session ends when it is idle, and at its latest end however busy it is")
    func expiry() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            whole.portal.clock.advance(SessionRules.idle - 1)
            #expect(try await browser.ask("GET", "/v1/me").status == 200)
            whole.portal.clock.advance(SessionRules.idle)
            #expect(try await browser.ask("GET", "/v1/me").problem?.code == "portal.access.session")
            _ = try await browser.signIn(Self.email)
            for _ in 0..<(SessionRules.longest / 1_800 - 1) {
                whole.portal.clock.advance(1_800)
                #expect(try await browser.ask("GET", "/v1/me").status == 200)
            }
            whole.portal.clock.advance(1_800)
            #expect(try await browser.ask("GET", "/v1/me").problem?.code == "portal.access.session")
        }
    }

    @Test("one's sessions are listed and ended by oneself and by an administrator, never by another")
    func listAndRevocation() async throws {
        try await Self.run { whole, admin, odm in
            let mei = try await whole.invite([.odmEngineer], into: odm, by: admin, email: "li@example.com")
            let (first, second, other) = (Browser(whole), Browser(whole), Browser(whole))
            for browser in [first, second] { _ = try await browser.signIn("li@example.com") }
            _ = try await other.signIn(Self.email)
            let views = try await first.ask("GET", "/v1/sessions").message(Page<SessionView>.self).items
            #expect(views.count == 2 && views.filter(\.isCurrent).count == 1)
            #expect(views.allSatisfy { $0.agent == "Test/1.0" && $0.address == "127.0.0.1" })
            let theirs = try await other.ask("GET", "/v1/sessions").message(Page<SessionView>.self).items
            #expect(theirs.count == 1 && Set(theirs.map(\.id)).isDisjoint(with: views.map(\.id)))
            let far = try #require(views.first { !$0.isCurrent }).id
            let foreign = try await other.ask(
                "DELETE",
                "/v1/sessions/\(far)",
                headers: ["X-Request-ID": "the-same-for-both"]
            )
            let missing = try await other.ask(
                "DELETE",
                "/v1/sessions/s-nothing",
                headers: ["X-Request-ID": "the-same-for-both"]
            )
            #expect(foreign.status == 404 && foreign.body == missing.body)
            #expect(try await first.ask("DELETE", "/v1/sessions/\(far)").status == 204)
            #expect(try await second.ask("GET", "/v1/me").status == 401)
            #expect(try await first.ask("GET", "/v1/me").status == 200)
            let path = "/v1/people/\(mei.id)/sessions"
            #expect(try await other.ask("DELETE", path).problem?.code == "portal.access.role")
            let seen = try await whole.portal.ask("GET", path, token: admin).message(Page<SessionView>.self).items
            #expect(seen.count == 1)
            #expect(try await whole.portal.ask("DELETE", path, token: admin).status == 204)
            #expect(try await first.ask("GET", "/v1/me").status == 401)
            let out = try await other.ask("POST", "/v1/account/sign-out")
            #expect(out.status == 204 && out.header("Set-Cookie")?.contains("Max-Age=0") == true)
            #expect(other.cookie == "" || other.cookie == nil)
        }
    }

    @Test("sessions that fell asleep are in no list, and end nobody who is awake")
    func asleep() async throws {
        try await Self.run { whole, _, _ in
            let awake = Browser(whole)
            _ = try await awake.signIn(Self.email)
            for _ in 0..<SessionRules.most - 1 { _ = try await Browser(whole).signIn(Self.email) }
            whole.portal.clock.advance(SessionRules.idle / 2)
            #expect(try await awake.ask("GET", "/v1/me").status == 200)
            whole.portal.clock.advance(SessionRules.idle / 2)
            let list = try await awake.ask("GET", "/v1/sessions").message(Page<SessionView>.self).items
            #expect(list.map(\.isCurrent) == [true])
            // The oldest of all, but the one that counts beside the new one.
            let new = Browser(whole)
            _ = try await new.signIn(Self.email)
            #expect(try await awake.ask("GET", "/v1/me").status == 200)
            #expect(try await new.ask("GET", "/v1/sessions").message(Page<SessionView>.self).items.count == 2)
        }
    }

    @Test("other roles, another password and being switched off end a person's sessions")
    func privilegeChanges() async throws {
        try await Self.run { whole, admin, odm in
            let person = try await whole.invite([.odmEngineer], into: odm, by: admin, email: "li@example.com")
            let (browser, second) = (Browser(whole), Browser(whole))
            func change(_ json: String, _ version: Int) async throws {
                let reply = try await whole.portal.ask(
                    "PATCH",
                    "/v1/people/\(person.id)",
                    token: admin,
                    headers: ["If-Match": "\"\(version)\""],
                    json: json
                )
                #expect(reply.status == 200, "\(reply.text)")
            }
            _ = try await browser.signIn("li@example.com")
            try await change(#"{"name":"Li Na"}"#, 1)
            #expect(try await browser.ask("GET", "/v1/me").status == 200, "a name is no privilege")
            try await change(#"{"roles":["odmProductionManager"]}"#, 2)
            #expect(try await browser.ask("GET", "/v1/me").status == 401)
            for browser in [browser, second] { _ = try await browser.signIn("li@example.com") }
            let changed = try await browser.post(
                "/v1/account/password",
                PasswordChange(current: Password(Browser.password), new: Password("eleven quiet turbines"))
            )
            #expect(changed.status == 200, "\(changed.text)")
            #expect(try await second.ask("GET", "/v1/me").status == 401)
            #expect(try await browser.ask("GET", "/v1/me").status == 200)
            #expect(try await second.signIn("li@example.com").status == 401)
            #expect(try await second.signIn("li@example.com", "eleven quiet turbines").status == 200)
            try await change(#"{"isActive":false}"#, 3)
            #expect(try await browser.ask("GET", "/v1/me").status == 401)
            let refused = try await second.signIn("li@example.com", "eleven quiet turbines")
            #expect(refused.problem?.code == "portal.sign-in.refused")
        }
    }

    @Test("a session does what its person's roles allow, on every route, and nothing without its cookie")
    func everyRoute() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let person = try await browser.ask("GET", "/v1/me").message(Me.self).person
            let identity = PersonIdentity(
                id: person.id,
                organisation: person.organisation,
                kind: .odm,
                name: "",
                roles: Set(person.roles),
                officer: nil
            )
            let skipped: Set<String> = ["signOut", "signIn", "acceptReset"]
            for declaration in whole.routes.map(\.declaration)
            where !declaration.rule.isOpen && !skipped.contains(declaration.operationID) {
                let (cookie, csrf) = (try #require(browser.cookie), browser.csrf)
                func probe(_ headers: [String: String]) async throws -> TestPortal.Reply {
                    try await whole.portal.probe(declaration, token: nil, headers: headers)
                }
                let pair = "\(SessionCookie.session)=\(cookie)"
                let reply = try await probe(["Cookie": pair, "X-OBIS-CSRF": csrf])
                let isRefused = reply.problem?.code == "portal.access.role"
                let id = declaration.operationID
                if declaration.method != .head {
                    #expect(isRefused != declaration.rule.admits(identity), "\(id): \(reply.text)")
                }
                #expect(reply.status != 401 && reply.status < 500, "\(id): \(reply.text)")
                if declaration.scope == .write {
                    #expect(try await probe(["Cookie": pair]).problem?.code == "portal.access.csrf", "\(id)")
                }
                #expect(try await probe(["X-OBIS-CSRF": csrf]).status == 401, "\(id)")
                let twice = "\(pair); \(pair)"
                #expect(try await probe(["Cookie": twice, "X-OBIS-CSRF": csrf]).status == 401, "\(id)")
            }
        }
    }
}
