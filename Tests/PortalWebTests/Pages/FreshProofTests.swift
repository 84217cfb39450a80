import Foundation
import HTTPTypes
import PortalCore
import PortalProtocol
import PortalStore
import Testing
import Vocabulary

@testable import PortalWeb

/// What is risky asks who sits there, and nothing that was typed is lost by it.
@Suite("Pages of accounts: a fresh proof on the way")
struct FreshProofTests {
    private static func me(_ browser: PageBrowser) async throws -> Me {
        try await browser.browser.ask("GET", "/v1/me").message(Me.self)
    }

    private static func invitations(_ whole: WholePortal) async throws -> Int {
        try await whole.services.database.read { try InvitationTable($0).invitations(after: nil, limit: 10).count }
    }

    @Test("what was entered about a person is carried through the proof, and done with it, once")
    func person() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            let oem = try await Self.me(ada).organisation.id
            let code = try await ada.invite(["roles": "oemViewer"], kind: "?organisation=\(oem)")
            let vic = PageBrowser(whole)
            _ = try await vic.join(code, name: "Vic", email: "vic@example.com")
            let path = "/people/\(try await Self.me(vic).person.id)"
            whole.portal.clock.advance(SessionRules.fresh)
            let page = try await ada.get(path)
            let fields = [
                "do": "change", "name": "Vic \"Two\" & <Co>", "roles": "oemViewer,oemAdmin", "officer": "officer-7",
            ]
            let asked = try await ada.send(path, fields, from: page)
            #expect(asked.status == 200 && asked.html.contains("Confirm that it is you"), "\(asked.html)")
            #expect(asked.hidden("next") == path)
            let carried = try #require(asked.hidden("carried"))
            #expect(!carried.contains("csrf"), "its token is the session's, and the session gets another")
            func prove(_ code: String, from page: PageBrowser.Shown) async throws -> PageBrowser.Shown {
                let fields = ["code": code, "next": page.hidden("next") ?? "", "carried": page.hidden("carried") ?? ""]
                return try await ada.send("/account/verify", fields, from: page)
            }
            let wrong = try await prove("000000", from: asked)
            #expect(wrong.status == 403 && wrong.hidden("carried") == carried, "a wrong code loses nothing either")
            let cookie = ada.browser.cookie
            let done = try await prove(app.nextCode(), from: wrong)
            #expect(done.path == path + "?told=personChanged" && done.html.contains("officer-7"), "\(done.path)")
            #expect(done.html.contains("Vic &quot;Two&quot; &amp; &lt;Co&gt;"))
            #expect(ada.browser.cookie != cookie)
            // Sent again it meets the person as it is now.
            let again = try await prove(app.nextCode(), from: asked)
            #expect(again.status == 403 || again.status == 412, "\(again.status)")
        }
    }

    @Test("an invitation and a token are carried too, and made once")
    func links() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            whole.portal.clock.advance(SessionRules.fresh)
            let place = "/people/invite?kind=odm"
            let asked = try await ada.send(
                place,
                ["organisationName": "Shenzhen Lamps", "days": "3"],
                from: ada.get(place)
            )
            #expect(asked.html.contains("Confirm that it is you") && asked.hidden("next") == place)
            #expect(try await Self.invitations(whole) == 0, "not before")
            let fields = [
                "code": try app.nextCode(), "next": asked.hidden("next") ?? "",
                "carried": asked.hidden("carried") ?? "",
            ]
            let made = try await ada.send("/account/verify", fields, from: asked)
            #expect(made.status == 201 && made.text(of: "shown")?.contains("/join#") == true, "\(made.html)")
            #expect(try await Self.invitations(whole) == 1)
            // The page that came with the proof belongs to the session's new cookie: its own forms are taken.
            let out = try await ada.send("/sign-out", [:], from: made)
            #expect(out.path == "/sign-in?told=signedOut", "\(out.path) \(out.status)")
        }
    }

    @Test("nothing is carried by somebody else, nor to a page that is not ours")
    func forged() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            let app = try await ada.setUp()
            let id = try await Self.me(ada).person.id
            let page = try await ada.get("/account/verify")
            let carried = "do=change&name=Eve&roles=oemAdmin&tag=%221%22"
            let foreign = try await ada.post(
                "/account/verify",
                ["code": app.nextCode(), "next": "/people/\(id)", "carried": carried, "csrf": "x"],
                from: page
            )
            #expect(foreign.status == 403)
            for next in ["//evil.example", "/v1/people/\(id)", "https://evil.example/"] {
                let reply = try await ada.post(
                    "/account/verify",
                    ["code": app.nextCode(), "next": next, "carried": carried],
                    from: ada.get("/account/verify")
                )
                #expect(reply.status == 303 && reply.header("Location") == "/account", "\(next)")
            }
            #expect(try await Self.me(ada).person.name == "Ada")
        }
    }

    @Test("an officer's name is given, changed and taken away; what contradicts itself is refused")
    func officer() async throws {
        try await WholePortal.run { whole in
            let ada = PageBrowser(whole)
            _ = try await ada.setUp()
            let oem = try await Self.me(ada).organisation.id
            let code = try await ada.invite(["roles": "oemViewer", "officer": "o1"], kind: "?organisation=\(oem)")
            let vic = PageBrowser(whole)
            _ = try await vic.join(code, name: "Vic", email: "vic@example.com")
            _ = try await vic.enrol(from: vic.get("/account/authenticator"))
            let id = try await Self.me(vic).person.id
            #expect(try await Self.me(vic).person.officer?.text == "o1")
            let fields = ["do": "change", "name": "Vic", "roles": "oemViewer"]
            func change(_ officer: String) async throws -> PageBrowser.Shown {
                try await ada.send(
                    "/people/\(id)",
                    fields.merging(["officer": officer]) { $1 },
                    from: ada.get("/people/\(id)")
                )
            }
            func now() async throws -> Person {
                try await ada.browser.ask("GET", "/v1/people/\(id)").message(Person.self)
            }
            _ = try await change("o2")
            #expect(try await now().officer?.text == "o2")
            #expect(try await vic.get("/people").path.hasPrefix("/sign-in"), "another officer's name: sign in anew")
            let removed = try await change("")
            #expect(removed.status == 200, "\(removed.html)")
            #expect(try await now().officer == nil)
            let tag = try #require(try await ada.browser.ask("GET", "/v1/people/\(id)").header("ETag"))
            let both = try await ada.browser.ask(
                "PATCH",
                "/v1/people/\(id)",
                #"{"officer":"o3","isNoOfficer":true}"#,
                headers: ["If-Match": tag, "X-OBIS-CSRF": ada.get("/account").hidden("csrf") ?? ""]
            )
            #expect(both.status == 400 && both.problem?.code == "portal.request.malformed", "\(both.text)")
            // The name is free again.
            #expect(
                try await ada.invite(["roles": "oemViewer", "officer": "o2"], kind: "?organisation=\(oem)").count == 43
            )
        }
    }
}
