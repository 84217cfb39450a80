import Foundation
import PortalCore
import PortalProtocol
import PortalStore
import Testing
import Vocabulary

@testable import PortalWeb

/// What was typed outlives the cookie under which the form was opened.
@Suite("Pages: forms of sessions that went on or ended")
struct EndedSessionTests {
    private static let place = "/people/invite?kind=odm"
    private static let fields = ["organisationName": "Shenzhen Lamps", "days": "3"]

    private static func invitations(_ whole: WholePortal) async throws -> Int {
        try await whole.services.database.read { try InvitationTable($0).invitations(after: nil, limit: 10).count }
    }

    @Test("a form in another tab is taken after a fresh proof, and none from before another sign-in")
    func otherTabs() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            let tab = try await ada.get(Self.place)
            let (csrf, cookie) = (try #require(tab.hidden("csrf")), try #require(ada.browser.cookie))
            let verify = try await ada.get("/account/verify")
            _ = try await ada.send("/account/verify", ["code": app.nextCode()], from: verify)
            let next = try #require(ada.browser.cookie)
            #expect(next != cookie && next.utf8.count == cookie.utf8.count)
            #expect(zip(next.dropFirst(20), cookie.dropFirst(20)).contains { $0 != $1 })
            let made = try await ada.send(Self.place, Self.fields, from: tab)
            #expect(made.status == 201, "\(made.status)")
            // Sent twice it is the same one, under whichever cookie.
            let again = try await ada.send("/account/verify", ["code": app.nextCode()], from: verify)
            #expect(again.status == 200)
            #expect(try await ada.send(Self.place, Self.fields, from: tab).status == 201)
            #expect(try await Self.invitations(whole) == 1)
            _ = try await ada.signIn("ada@example.com", code: app.nextCode())
            #expect(try await ada.get(Self.place).hidden("csrf") != csrf)
            let old = try await ada.post(Self.place, Self.fields, from: tab)
            #expect(old.status == 403 && old.text.contains("portal.access.csrf"))
        }
    }

    @Test("a form that was sent when its session had ended is carried through sign-in, and done once")
    func carried() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            let tab = try await ada.get(Self.place)
            whole.portal.clock.advance(SessionRules.idle)
            let asked = try await ada.send(Self.place, Self.fields, from: tab)
            #expect(asked.status == 401 && asked.html.contains("What you entered is kept"), "\(asked.status)")
            #expect(asked.hidden("next") == Self.place)
            #expect(asked.hidden("carried")?.contains("Shenzhen") == true)
            let wrong = try await ada.send(
                "/sign-in",
                ["email": "ada@example.com", "password": "a guess of mine"],
                from: asked
            )
            #expect(wrong.status == 401 && wrong.hidden("carried") == asked.hidden("carried"), "nothing is lost by it")
            #expect(try await Self.invitations(whole) == 0, "not before")
            func signIn(from page: PageBrowser.Shown) async throws -> PageBrowser.Shown {
                let fields = ["email": "ada@example.com", "password": Browser.password, "code": try app.nextCode()]
                return try await ada.send("/sign-in", fields, from: page)
            }
            let made = try await signIn(from: wrong)
            #expect(made.status == 201 && made.text(of: "shown")?.contains("/join#") == true, "\(made.status)")
            #expect(made.html.contains("action=\"/sign-out\""), "in the frame of who is signed in")
            #expect(try await Self.invitations(whole) == 1)
            // The same form, found again in the history, and sent after the next end.
            whole.portal.clock.advance(SessionRules.idle)
            let fresh = try await ada.get("/sign-in")
            _ = try await signIn(from: fresh)
            let page = try await ada.get(Self.place)
            #expect(try await ada.send(Self.place, Self.fields, from: page).status == 201)
            whole.portal.clock.advance(SessionRules.idle)
            let twice = try await signIn(from: ada.send(Self.place, Self.fields, from: page))
            #expect(twice.status == 409, "\(twice.status)")
            #expect(try await Self.invitations(whole) == 2)
        }
    }

    @Test("nothing is carried that another opened, that is not the session's own, or that holds a secret")
    func refused() async throws {
        try await WholePortal.run { whole in
            let (ada, eve) = (PageBrowser(whole), PageBrowser(whole))
            _ = try await ada.setUp()
            let oem = try await ada.browser.ask("GET", "/v1/me").message(Me.self).organisation.id
            let code = try await ada.invite(["roles": "oemAdmin"], kind: "?organisation=\(oem)")
            let app = try await eve.enrol(from: eve.join(code, name: "Eve", email: "eve@example.com")).app
            let (tab, password) = (try await ada.get(Self.place), try await ada.get("/account/password"))
            let before = try await Self.invitations(whole)
            whole.portal.clock.advance(SessionRules.idle)
            // Not a form of this session, not said to come from here, or with what must be typed anew.
            let own = Self.fields.merging(["csrf": tab.hidden("csrf") ?? "", "key": "form-0000000000"]) { $1 }
            for (path, fields, headers) in [
                (Self.place, own.merging(["csrf": "x"]) { $1 }, [:]), (Self.place, own, ["Origin": ""]),
                (Self.place, own.filter { $0.key != "csrf" }, [:]),
                ("/account/password", ["csrf": password.hidden("csrf") ?? "", "current": "a", "new": "b"], [:]),
                ("/sign-out", ["csrf": tab.hidden("csrf") ?? ""], [:]),
            ] as [(String, [String: String], [String: String])] {
                let reply = try await ada.post(path, fields, headers: headers)
                #expect(reply.status == 303 && reply.header("Location")?.hasPrefix("/sign-in") == true, "\(path)")
            }
            #expect(try await ada.post(Self.place, own, headers: ["Origin": "https://evil.example"]).status == 403)
            // Somebody else signs in at the same browser: not their act.
            let asked = try await ada.send(Self.place, own)
            #expect(asked.status == 401)
            let entered = try await ada.send(
                "/sign-in",
                ["email": "eve@example.com", "password": Browser.password, "code": app.nextCode()],
                from: asked
            )
            #expect(entered.status == 200 && entered.path == Self.place, "\(entered.status) \(entered.path)")
            #expect(try await Self.invitations(whole) == before)
            // Carried by a page of nobody's making.
            let made = try await eve.post(
                "/sign-in",
                [
                    "email": "eve@example.com", "password": Browser.password, "code": app.nextCode(),
                    "next": Self.place, "carried": PageForm.text(own),
                ]
            )
            #expect(made.status == 303)
            #expect(try await Self.invitations(whole) == before)
        }
    }
}
