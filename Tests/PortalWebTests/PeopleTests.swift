import Foundation
import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("People, tokens and invitations")
struct PeopleTests {
    @Test("the printed code sets the portal up once")
    func setup() async throws {
        try await WholePortal.run { whole in
            #expect(try await whole.services.setupCode() == nil, "printed once")
            func request(_ code: String) throws -> SetupRequest {
                SetupRequest(
                    code: try OneTimeCode(code),
                    organisation: try DisplayName("Example OEM"),
                    name: try DisplayName("Ada"),
                    email: try EmailAddress("ada@example.com")
                )
            }
            let wrong = try await whole.create("/v1/setup", request(RandomCode().text))
            #expect(wrong.status == 403 && wrong.problem?.code == "portal.code.refused")
            let first = try await whole.create("/v1/setup", request(whole.setupCode), key: "set-up-1")
            #expect(first.status == 201)
            let again = try await whole.create("/v1/setup", request(whole.setupCode), key: "set-up-1")
            #expect(again.body == first.body, "the same request has the same answer")
            let other = try await whole.create("/v1/setup", request(whole.setupCode))
            #expect(other.problem?.code == "portal.setup.done")
            let token = try first.message(Welcome.self).firstToken
            let me = try await whole.portal.ask("GET", "/v1/me", token: token).message(Me.self)
            #expect(me.person.roles == [.oemAdmin] && me.organisation.kind == .oem)
            #expect(try await whole.services.setupCode() == nil)
        }
    }

    @Test("the only OEM admin is told so on their own page, and is offered nothing that the portal would refuse")
    func lastAdmin() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let me = try await whole.portal.ask("GET", "/v1/me", token: admin).message(Me.self)
            func page(_ id: PersonID, _ query: String = "") async throws -> String {
                let path = "/people/\(id)\(query)"
                return try await whole.portal.ask("GET", path, token: admin, headers: ["Accept": "text/html"]).text
            }
            for query in ["", "?do=off"] {
                let own = try await page(me.person.id, query)
                #expect(own.contains("This is you") && own.contains("the only active OEM admin"))
                #expect(!own.contains("dialog-off") && own.contains("dialog-reset"))
            }
            let other = try await whole.invite([.oemAdmin], into: me.organisation.id, by: admin)
            let own = try await page(me.person.id, "?do=off")
            #expect(own.contains("dialog-off") && own.contains("<strong>This is you.</strong>"))
            #expect(!own.contains("the only active OEM admin"))
            let theirs = try await page(other.person.id, "?do=off")
            #expect(theirs.contains("dialog-off") && !theirs.contains("This is you"))
        }
    }

    @Test("a code that nobody used for a day is good no more")
    func setupExpires() async throws {
        try await WholePortal.run { whole in
            whole.portal.clock.advance(86_400)
            let request = SetupRequest(
                code: try OneTimeCode(whole.setupCode),
                organisation: try DisplayName("X"),
                name: try DisplayName("Y"),
                email: try EmailAddress("a@b")
            )
            #expect(try await whole.create("/v1/setup", request).status == 403)
            #expect(try await whole.services.setupCode() != nil, "the next start prints another")
        }
    }

    @Test("an invitation works once, before it expires, and not after it was revoked")
    func invitations() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            func invitation() async throws -> NewInvitation {
                let request = InvitationRequest(kind: .person, organisation: odm, roles: [.odmEngineer])
                return try await whole.create("/v1/invitations", request, token: admin).message(NewInvitation.self)
            }
            func accept(_ invitation: NewInvitation) async throws -> TestPortal.Reply {
                let body = InvitationAcceptance(
                    code: invitation.code,
                    name: try DisplayName("Bo"),
                    email: try EmailAddress("bo@example.com")
                )
                return try await whole.create("/v1/invitations/accept", body)
            }
            let used = try await invitation()
            #expect(used.link.hasSuffix("/join#\(used.code)"))
            #expect(try await accept(used).status == 201)
            #expect(try await accept(used).problem?.code == "portal.code.refused")
            let revoked = try await invitation()
            let path = "/v1/invitations/\(revoked.id)"
            #expect(try await whole.portal.ask("DELETE", path, token: admin).status == 204)
            #expect(try await accept(revoked).status == 403)
            let expired = try await invitation()
            whole.portal.clock.advance(7 * 86_400)
            #expect(try await accept(expired).status == 403)
        }
    }

    @Test("each kind of invitation has its own fields, and roles fit the organisation")
    func invitationFields() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let nobody = OrganisationID.random()
            let product = try ProductName("lamp")
            let cases: [(InvitationRequest, String)] = [
                (.init(kind: .person, organisation: odm, roles: [.oemAdmin]), "portal.person.role-kind"),
                (.init(kind: .person, organisation: odm, roles: []), "portal.person.role-kind"),
                (.init(kind: .person, organisation: nobody, roles: [.odmEngineer]), "portal.organisation.unknown"),
                (
                    .init(kind: .person, organisation: odm, roles: [.odmEngineer], product: product),
                    "portal.invitation.fields"
                ),
                (.init(kind: .organisation, roles: [.odmEngineer]), "portal.invitation.fields"),
                (
                    .init(kind: .person, organisation: odm, roles: [.odmEngineer], officer: try OfficerName("o1")),
                    "portal.person.officer-taken"
                ),
                (.init(kind: .workspace, organisation: odm), "portal.workspace.unknown-product"),
            ]
            for (request, code) in cases {
                let reply = try await whole.create("/v1/invitations", request, token: admin)
                #expect(reply.status == (code == "portal.person.officer-taken" ? 409 : 422), "\(reply.text)")
                #expect(reply.problem?.code == code)
            }
            let whole2 = InvitationRequest(
                kind: .organisation,
                organisationName: try DisplayName("Berlin Lamps"),
                roles: [.odmEngineer]
            )
            let made = try await whole.create("/v1/invitations", whole2, token: admin).message(NewInvitation.self)
            let accepted = try await whole.create(
                "/v1/invitations/accept",
                InvitationAcceptance(code: made.code, name: DisplayName("Cy"), email: EmailAddress("cy@example.com"))
            ).message(AcceptedInvitation.self)
            let token = try #require(accepted.welcome).firstToken
            #expect(
                try await whole.portal.ask("GET", "/v1/me", token: token).message(Me.self).organisation.kind == .odm
            )
        }
    }

    @Test("a changed person wants the ETag; the last administrator stays; whoever is switched off is out at once")
    func changes() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let me = try await whole.portal.ask("GET", "/v1/me", token: admin)
            let person = try me.message(Me.self).person
            func change(_ person: PersonID, _ body: PersonChange, _ tag: String) async throws -> TestPortal.Reply {
                let json = String(decoding: try StatementCoding.encode(body), as: UTF8.self)
                let path = "/v1/people/\(person)"
                return try await whole.portal.ask("PATCH", path, token: admin, headers: ["If-Match": tag], json: json)
            }
            let last = try await change(person.id, PersonChange(roles: [.oemViewer]), "\"1\"")
            #expect(last.problem?.code == "portal.person.last-admin")
            #expect(try await change(person.id, PersonChange(isActive: false), "\"1\"").status == 409)
            let viewer = try await whole.invite([.oemViewer], into: person.organisation, by: admin, officer: "o1")
            #expect(viewer.person.officer?.text == "o1")
            let taken = try await change(person.id, PersonChange(officer: OfficerName("o1")), "\"1\"")
            #expect(taken.problem?.code == "portal.person.officer-taken")
            let done = try await change(viewer.person.id, PersonChange(isActive: false), "\"1\"")
            #expect(done.header("ETag") == "\"2\"")
            #expect(try await change(viewer.person.id, PersonChange(isActive: true), "\"1\"").status == 412)
            let out = try await whole.portal.ask("GET", "/v1/me", token: viewer.firstToken)
            #expect(out.problem?.code == "portal.access.token")
        }
    }

    @Test("a token makes none that may do more, is revoked at once, and is nobody else's to see")
    func tokens() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            func make(_ scopes: Set<TokenScope>, by token: String) async throws -> TestPortal.Reply {
                let request = TokenRequest(name: try DisplayName("ci"), scopes: scopes, days: try TokenDays(30))
                return try await whole.create("/v1/tokens", request, token: token)
            }
            let writer = try await make([.write], by: admin).message(NewToken.self)
            let widened = try await make([.read, .write], by: writer.token)
            #expect(widened.problem?.code == "portal.token.scope-widened")
            #expect(try await make([.write], by: writer.token).status == 201)
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let engineer = try await whole.invite([.odmEngineer], into: odm, by: admin)
            let foreign = try await whole.portal.ask("DELETE", "/v1/tokens/\(writer.id)", token: engineer.firstToken)
            let missing = try await whole.portal.ask("DELETE", "/v1/tokens/t-0", token: engineer.firstToken)
            #expect(foreign.status == 404 && foreign.problem?.code == missing.problem?.code)
            #expect(try await whole.portal.ask("DELETE", "/v1/tokens/\(writer.id)", token: admin).status == 204)
            #expect(try await make([.write], by: writer.token).status == 401)
            let list = try await whole.portal.ask("GET", "/v1/tokens", token: admin).message(Page<TokenView>.self)
            #expect(list.items.first { $0.id == writer.id }?.revokedAt != nil)
            #expect(!list.items.isEmpty && !"\(list)".contains("obis_"))
        }
    }

    @Test("lists go page by page and end")
    func paging() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            for number in 0..<7 { _ = try await whole.createODM("ODM \(number)", by: admin) }
            var seen: [OrganisationID] = []
            var cursor: PageCursor?
            repeat {
                let query = cursor.map { "&cursor=\($0)" } ?? ""
                let reply = try await whole.portal.ask("GET", "/v1/organisations?limit=3\(query)", token: admin)
                let page = try reply.message(Page<Organisation>.self)
                seen += page.items.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(seen.count == 8 && Set(seen).count == 8 && seen == seen.sorted())
            let forged = try await whole.portal.ask("GET", "/v1/organisations?cursor=AAAA", token: admin)
            #expect(forged.problem?.code == "portal.cursor.malformed")
        }
    }
}
