import Foundation
import HTTPTypes
import PortalCore
import PortalPages
import PortalProtocol
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Pages of accounts: what people do there")
struct AccountPageTests {
    @Test("first start, second factor, invitation, joining, signing in and out, by pages alone")
    func wholeLife() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            #expect(try await ada.get("/").path == "/setup", "an empty portal leads to its first start")
            let app = try await ada.setUp()
            let overview = try await ada.get("/")
            #expect(overview.status == 200 && overview.html.contains("Example OEM"))
            #expect(try await ada.get("/setup").html.contains("This portal is set up"))
            // An ODM, whose first person joins.
            let code = try await ada.invite(["organisationName": "Shenzhen Lamps"], kind: "?kind=odm")
            let mei = PageBrowser(whole)
            let joined = try await mei.join(code, name: "Mei Lin", email: "mei@example.com")
            #expect(joined.status == 200 && joined.path == "/", "\(joined.path)")
            let people = try await mei.get("/people")
            #expect(people.html.contains("Mei Lin") && !people.html.contains("ada@example.com"))
            // Out, and in again.
            let out = try await mei.send("/sign-out", [:], from: people)
            #expect(out.path == "/sign-in?told=signedOut" && mei.browser.cookie == nil)
            #expect(try await mei.get("/people").path == "/sign-in?next=%2Fpeople")
            let asked = try await mei.get("/people")
            let back = try await mei.send(
                "/sign-in",
                ["email": "mei@example.com", "password": Browser.password],
                from: asked
            )
            #expect(back.path == "/people" && back.status == 200, "back where she wanted to go")
            // Ada, with the code of her authenticator.
            _ = try await ada.send("/sign-out", [:], from: overview)
            let wrong = try await ada.signIn("ada@example.com", code: app.code(after: 900))
            #expect(wrong.status == 401 && wrong.html.contains("portal.sign-in.refused"))
            #expect(!wrong.html.contains(Browser.password), "what is secret is typed again")
            #expect(wrong.html.contains("value=\"ada@example.com\""))
            #expect(try await ada.signIn("ada@example.com", code: app.nextCode()).path == "/")
        }
    }

    @Test("who needs a second factor sees nothing else before it is set up")
    func incomplete() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let page = try await ada.get("/setup")
            let fields = [
                "code": whole.setupCode, "organisation": "Example OEM", "name": "Ada", "email": "ada@example.com",
                "password": Browser.password,
            ]
            let start = try await ada.send("/setup", fields, from: page)
            #expect(start.html.contains("Step 2 of 3"))
            for path in ["/", "/people", "/account", "/batches", "/account/password", "/account/tokens/new"] {
                let there = try await ada.get(path)
                #expect(there.path.hasPrefix("/account/authenticator"), "\(path) leads to \(there.path)")
            }
            let live = try await ada.browser.ask("GET", "/live?page=/&once=1")
            #expect(live.status == 403, "\(live.text)")
            let again = try await ada.send("/account/authenticator", ["do": "confirm", "code": "123456"], from: start)
            #expect(again.status == 409 && again.html.contains("Start again"))
            let scan = try await ada.send("/account/authenticator", ["do": "begin"], from: start)
            let wrong = try await ada.send("/account/authenticator", ["do": "confirm", "code": "000000"], from: scan)
            #expect(wrong.status == 403 && wrong.html.contains("Enter the next code"))
            let (_, codes, end) = try await ada.enrol(from: start)
            #expect(codes.count == 10 && end.html.contains("href=\"/products/new?first=1\""))
            #expect(try await ada.get("/people").status == 200)
        }
    }

    @Test("a fresh proof is asked for before what is riskiest, and leads back")
    func freshProof() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            let me = try await ada.browser.ask("GET", "/v1/me").message(Me.self).person.id.text
            whole.portal.clock.advance(SessionRules.fresh)
            let person = try await ada.get("/people/\(me)")
            let asked = try await ada.send("/people/\(me)", ["do": "reset"], from: person)
            #expect(asked.path == "/account/verify?next=%2Fpeople%2F\(me)%3Fdo%3Dreset", "\(asked.path)")
            let wrong = try await ada.send("/account/verify", ["code": "000000"], from: asked)
            #expect(wrong.status == 403 && wrong.html.contains("f-code-error"))
            let cookie = ada.browser.cookie
            let back = try await ada.send("/account/verify", ["code": app.nextCode()], from: asked)
            #expect(back.path == "/people/\(me)?do=reset" && back.status == 200)
            #expect(ada.browser.cookie != cookie, "a proof renews the session's cookie")
            let made = try await ada.send("/people/\(me)", ["do": "reset"], from: back)
            let link = try #require(made.text(of: "shown"))
            #expect(link.hasPrefix("https://portal.example:443/reset#"))
            // The link, used elsewhere: pasted whole.
            let other = PageBrowser(whole)
            let page = try await other.get("/reset")
            let weak = try await other.send("/reset", ["code": link, "password": "short"], from: page)
            #expect(weak.status == 422 && weak.html.contains("At least 12 characters"))
            let set = try await other.send("/reset", ["code": link, "password": "four other plain words"], from: weak)
            #expect(set.path == "/sign-in?told=passwordSet")
            #expect(try await ada.get("/people").path.hasPrefix("/sign-in"), "sessions from before are over")
            let entered = try await other.signIn("ada@example.com", password: "four other plain words")
            #expect(entered.path.hasPrefix("/account/authenticator"), "the authenticator is void too")
        }
    }

    @Test("password, recovery codes, sessions and tokens of one's own")
    func ownAccount() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            let second = PageBrowser(whole)
            #expect(try await second.signIn("ada@example.com", code: app.nextCode()).path == "/")
            let account = try await ada.get("/account")
            #expect(account.html.contains("This one") && account.html.contains("10 left"))
            // A token, which works, until it is revoked.
            let form = try await ada.get("/account/tokens/new")
            let none = try await ada.send("/account/tokens/new", ["name": "ci", "days": "30"], from: form)
            #expect(none.status == 422 && none.html.contains("f-scopes-error"))
            let made = try await ada.send(
                "/account/tokens/new",
                ["name": "ci", "days": "30", "scopes": "read"],
                from: none
            )
            let token = try #require(made.text(of: "shown"))
            #expect(made.status == 201 && token.hasPrefix("obis_"))
            #expect(try await whole.portal.ask("GET", "/v1/me", token: token).status == 200)
            let list = try await ada.get("/account")
            #expect(!list.html.contains(token), "shown once")
            let id = try #require(list.html.firstMatch(of: /value="(t-[0-9a-f]+)"/)).1
            #expect(
                try await ada.send("/account", ["do": "token", "id": String(id)], from: list).path
                    == "/account?told=tokenRevoked"
            )
            #expect(try await whole.portal.ask("GET", "/v1/me", token: token).status == 401)
            // Recovery codes.
            let renew = try await ada.get("/account/recovery-codes")
            let codes = try await ada.send("/account/recovery-codes", [:], from: renew)
            let code = try #require(codes.text(of: "codes")).split(whereSeparator: \.isWhitespace)[0]
            let third = PageBrowser(whole)
            let page = try await third.get("/sign-in?recovery=1")
            let typed = code.lowercased().replacing("-", with: " ")
            let fields = [
                "email": "ada@example.com", "password": Browser.password, "recovery": "1", "recoveryCode": typed,
            ]
            #expect(try await third.send("/sign-in", fields, from: page).path == "/", "as people type it")
            // One session ends, then all others.
            let sessions = try await ada.get("/account")
            #expect(sessions.html.contains("End all other sessions"))
            _ = try await ada.send("/account", ["do": "others"], from: sessions)
            for gone in [second, third] {
                let there = try await gone.get("/people")
                #expect(there.path.hasPrefix("/sign-in") && there.html.contains("Your session has ended"))
            }
            // Password.
            let change = try await ada.get("/account/password")
            let wrong = try await ada.send(
                "/account/password",
                ["current": "no", "new": "four other plain words"],
                from: change
            )
            #expect(wrong.status == 403 && wrong.html.contains("f-current-error"))
            let old = ada.browser.cookie
            let changed = try await ada.send(
                "/account/password",
                ["current": Browser.password, "new": "four other plain words"],
                from: wrong
            )
            #expect(changed.path == "/account?told=passwordChanged" && ada.browser.cookie != old)
        }
    }

    @Test("an administrator changes a person, who signs in anew; switched off is out; the last one stays")
    func people() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            _ = try await ada.setUp()
            let oem = try await ada.browser.ask("GET", "/v1/me").message(Me.self)
            let code = try await ada.invite(["roles": "oemViewer"], kind: "?organisation=\(oem.organisation.id)")
            let vic = PageBrowser(whole)
            #expect(try await vic.join(code, name: "Vic", email: "vic@example.com").path == "/")
            let id = try await vic.browser.ask("GET", "/v1/me").message(Me.self).person.id.text
            let page = try await ada.get("/people/\(id)")
            let none = try await ada.send("/people/\(id)", ["do": "change", "name": "Vic"], from: page)
            #expect(none.status == 422 && none.html.contains("f-roles-error"))
            let fields = ["do": "change", "name": "Vic Two", "roles": "oemAdmin,oemViewer", "officer": "officer-7"]
            let changed = try await ada.send("/people/\(id)", fields, from: page)
            #expect(changed.html.contains("Vic Two") && changed.html.contains("officer-7"))
            let late = try await ada.send("/people/\(id)", fields, from: page)
            #expect(late.status == 412 && late.html.contains("Somebody has changed this"))
            #expect(try await vic.get("/people").path.hasPrefix("/sign-in"), "other roles: sign in anew")
            #expect(try await vic.signIn("vic@example.com").path.hasPrefix("/account/authenticator"))
            let off = try await ada.send("/people/\(id)", ["do": "off"], from: changed)
            #expect(off.html.contains("Deactivated"))
            #expect(try await vic.signIn("vic@example.com").status == 401)
            let own = try await ada.get("/people/\(oem.person.id.text)")
            let last = try await ada.send("/people/\(oem.person.id.text)", ["do": "off"], from: own)
            #expect(last.status == 409 && last.html.contains("portal.person.last-admin"))
        }
    }

    @Test("an invitation says what it is for before it is used, works once, and may be revoked")
    func invitations() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            _ = try await ada.setUp()
            let code = try await ada.invite(["organisationName": "Shenzhen Lamps"], kind: "?kind=odm")
            let mei = PageBrowser(whole)
            let page = try await mei.get("/join")
            let link = "https://portal.example/join#\(code)"
            let offer = try await mei.send("/join", ["do": "look", "code": link], from: page)
            #expect(offer.html.contains("Join Shenzhen Lamps") && offer.html.contains("ODM engineer"))
            let weak = try await mei.send(
                "/join",
                [
                    "do": "join", "code": code, "name": "Mei", "email": "mei@example.com",
                    "password": "Shenzhen-Lamps1!",
                ],
                from: offer
            )
            #expect(weak.status == 422 && weak.html.contains("f-password-error") && weak.hidden("code") == code)
            #expect(weak.html.contains("value=\"mei@example.com\"") && !weak.html.contains("Shenzhen-Lamps1!"))
            #expect(try await mei.join(code, name: "Mei", email: "mei@example.com").path == "/")
            let eve = PageBrowser(whole)
            let used = try await eve.send("/join", ["do": "look", "code": code], from: eve.get("/join"))
            #expect(used.status == 403 && used.html.contains("f-code-error"))
            _ = try await ada.invite(["organisationName": "Berlin Lamps"], kind: "?kind=odm")
            let people = try await ada.get("/people")
            let id = try #require(people.html.firstMatch(of: /value="(i-[0-9a-f]+)"/)).1
            #expect(
                try await ada.send("/people", ["do": "revoke", "id": String(id)], from: people).html.contains("Revoked")
            )
        }
    }
}
