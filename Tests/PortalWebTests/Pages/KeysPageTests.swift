import Crypto
import Foundation
import PortalProtocol
import PortalStore
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// What ceremonies and officers made comes in by pages, under the rules of the API.
@Suite("Pages: keys, orders, enrolments, certificates", .serialized)
struct KeysPageTests {
    private static func json(_ envelope: Envelope) throws -> String {
        String(decoding: try envelope.serialized(), as: UTF8.self)
    }

    private static func order(_ whole: WholePortal, signers: Int = 2) throws -> Envelope {
        let order = OfficerOrder(
            order: .revoke(.authorization(Digest256.of([5]))),
            reason: "Lost <b> on the way",
            issuedAt: .epoch,
            expiresAt: .noExpiry
        )
        return try WholePortal.sign(order.unsigned(), Array(whole.officers.prefix(signers)))
    }

    @Test("RoleKeys: each next version as the ceremony wrote it, or the whole chain; what is refused is told and kept")
    func roleKeys() async throws {
        try await WholePortal.run { whole in
            let admin = PagePoster(whole: whole, token: try await whole.administrator())
            let me = try await whole.portal.ask("GET", "/v1/me", token: admin.token).message(Me.self)
            let viewer = try await whole.invite([.oemViewer], into: me.person.organisation, by: admin.token)
            let officer = try await whole.invite(
                [.oemSecurityOfficer],
                into: me.person.organisation,
                by: admin.token,
                officer: "officer-1",
                called: "Olga Officer"
            )
            let empty = try await admin.get("/keys")
            #expect(empty.text.contains("No RoleKeys yet") && empty.text.contains("dialog-role-keys"))
            #expect(try await admin.get("/keys/role-keys.json").status == 404)

            let first = try await whole.roleKeys()
            let stranger = try await whole.roleKeys(root: P256.Signing.PrivateKey())
            let foreign = try await admin.send("/keys", ["do": "role-keys", "file": Self.json(stranger)])
            #expect(
                foreign.status == 422 && foreign.text.contains("portal.role-keys.foreign-root"),
                "\(foreign.status)"
            )
            #expect(foreign.text.contains("<dialog class=\"dialog\" id=\"dialog-role-keys\""))
            #expect(foreign.text.contains("role-keys.v1+json"), "what was pasted is there still")
            let garbage = try await admin.send("/keys", ["do": "role-keys", "file": "<script>"])
            #expect(garbage.status == 400 && !garbage.text.contains("<script>"))

            let taken = try await admin.send("/keys", ["do": "role-keys", "file": Self.json(first)])
            #expect(taken.status == 303 && taken.header("Location") == "/keys?told=roleKeysTaken", "\(taken.text)")
            let second = try await whole.roleKeys(version: 2, previous: first.statementID)
            for text in [try Self.json(second), try Self.json(second)] {
                #expect(try await admin.send("/keys", ["do": "role-keys", "file": text]).status == 303)
            }
            let page = try await admin.get("/keys")
            #expect(page.text.contains("RoleKeys, version 2") && page.text.contains("Replaced"))
            #expect(page.text.contains("/people/\(officer.person.id)") && page.text.contains("nobody in the portal"))
            #expect(try await admin.get("/keys/role-keys.json").body == second.serialized())
            let chain = String(
                decoding: try StatementCoding.encode(RoleKeysChain(roleKeys: [first, second])),
                as: UTF8.self
            )
            #expect(try await admin.send("/keys", ["do": "role-keys", "file": chain]).status == 303)

            // Who may only look has no form, and is refused with one all the same.
            let reader = PagePoster(whole: whole, token: viewer.firstToken)
            let shown = try await reader.get("/keys")
            #expect(shown.text.contains("RoleKeys, version 2") && !shown.text.contains("dialog-role-keys"))
            let third = try await whole.roleKeys(version: 3, previous: second.statementID)
            #expect(try await reader.send("/keys", ["do": "role-keys", "file": Self.json(third)]).status == 403)
            #expect(try await whole.services.database.read { try GovernanceTable($0).roleKeys().count } == 2)
        }
    }

    @Test("an officers' order comes in signed by m, stands in words with who signed it, and goes down")
    func orders() async throws {
        try await WholePortal.run { whole in
            let admin = PagePoster(whole: whole, token: try await whole.administrator())
            let keys = try await whole.roleKeys()
            _ = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [keys]), token: admin.token)
            #expect(try await admin.get("/keys/orders").text.contains("No order so far"))
            let few = try await admin.send(
                "/keys/orders",
                ["do": "order", "file": Self.json(Self.order(whole, signers: 1))]
            )
            #expect(few.status == 422 && few.text.contains("statement.officers.too-few"), "\(few.status)")
            let order = try Self.order(whole)
            let taken = try await admin.send("/keys/orders", ["do": "order", "file": Self.json(order)])
            #expect(taken.status == 303 && taken.header("Location") == "/keys/orders?told=ordersTaken")
            let page = try await admin.get("/keys/orders")
            #expect(page.text.contains("Revokes authorization \(Digest256.of([5]).hex), for ever."))
            #expect(page.text.contains("officer-0, officer-1") && page.text.contains("Lost &lt;b&gt; on the way"))
            #expect(try await admin.get("/keys").text.contains("<p>1 in force.</p>"))
            // It is what the API has.
            let listed = try await whole.portal.ask("GET", "/v1/orders", token: admin.token)
                .message(Page<NumberedOrder>.self)
            #expect(listed.items.map(\.order.statementID) == [order.statementID])
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin.token)
            let engineer = try await whole.invite([.odmEngineer], into: odm, by: admin.token)
            let stranger = PagePoster(whole: whole, token: engineer.firstToken)
            #expect(try await stranger.get("/keys/orders").status == 403)
            #expect(try await stranger.get("/keys").text.contains("/keys/orders") == false)
        }
    }

    @Test("more orders than a page holds lead on to the next")
    func manyOrders() async throws {
        try await WholePortal.run { whole in
            let admin = PagePoster(whole: whole, token: try await whole.administrator())
            try await whole.services.database.write("test") { transaction in
                for number in 0..<60 {
                    let order = OfficerOrder(
                        order: .revoke(.authorization(Digest256.of([UInt8(number)]))),
                        reason: "x",
                        issuedAt: .epoch,
                        expiresAt: .noExpiry
                    )
                    _ = try GovernanceTable(transaction).insertOrder(order.unsigned(), at: .epoch)
                }
            }
            let first = try await admin.get("/keys/orders")
            #expect(first.text.matches(of: /<th scope="row"/).count == 50)
            let next = try #require(first.text.firstMatch(of: /href="(\/keys\/orders\?cursor=[^"]*)">Next page/)).1
            #expect(try await admin.get(String(next)).text.matches(of: /<th scope="row"/).count == 10)
        }
    }

    @Test("an enrolment registers an EdgeHSM at its factory, which then has a page; one for elsewhere is told")
    func enrolment() async throws {
        try await WholePortal.run { whole in
            let admin = PagePoster(whole: whole, token: try await whole.administrator())
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin.token)
            for site in ["site-1", "site-2"] { _ = try await whole.createFactory(site, of: odm, by: admin.token) }
            let signed = try whole.enrolment("edge-a", at: "site-1")
            let fields = ["do": "enrol", "enrolment": try Self.json(signed)]
            let early = try await admin.send("/factories/site-1", fields)
            #expect(early.status == 409 && early.text.contains("portal.role-keys.missing"), "\(early.status)")
            _ = try await whole.put(
                "/v1/role-keys",
                RoleKeysChain(roleKeys: [try await whole.roleKeys()]),
                token: admin.token
            )
            let elsewhere = try await admin.send("/factories/site-2", fields)
            #expect(elsewhere.status == 400 && elsewhere.text.contains("It is for site-1."), "\(elsewhere.status)")
            let few = ["do": "enrol", "enrolment": try Self.json(whole.enrolment("edge-b", at: "site-1", signers: 1))]
            #expect(try await admin.send("/factories/site-1", few).status == 422)
            #expect(try await admin.send("/factories/site-1", ["do": "enrol", "enrolment": "no"]).status == 422)
            let done = try await admin.send("/factories/site-1", fields)
            #expect(done.status == 303 && done.header("Location") == "/factories/site-1?told=edgeEnrolled")
            let page = try await admin.get("/factories/site-1")
            #expect(page.text.contains("href=\"/factories/site-1/edges/edge-a\"") && !page.text.contains("edge-b"))

            let edge = try await admin.get("/factories/site-1/edges/edge-a")
            let content = try EdgeHSMEnrolment.read(payload: signed.payload)
            #expect(edge.status == 200 && edge.text.contains(content.identity.keyID.hex))
            #expect(edge.text.contains("officer-0, officer-1") && edge.text.contains(signed.statementID.hex))
            #expect(edge.text.contains("No authorization is loaded") && edge.text.contains("Nothing contradicts"))
            #expect(try await admin.get("/factories/site-2/edges/edge-a").status == 404, "it is not there")
            let file = try await admin.get("/factories/site-1/edges/edge-a/enrolment.json")
            #expect(file.body == (try signed.serialized()))
            let own = try await whole.invite([.odmEngineer], into: odm, by: admin.token)
            let engineer = PagePoster(whole: whole, token: own.firstToken)
            let seen = try await engineer.get("/factories/site-1/edges/edge-a")
            #expect(seen.status == 200 && !seen.text.contains("What contradicted its journal"))
            #expect(try await engineer.send("/factories/site-1", fields).status == 403)
        }
    }

    @Test("a service's certificate is revoked on its factory's page; the joining code is shown once with its command")
    func certificates() async throws {
        try await WholePortal.run { whole in
            let admin = PagePoster(whole: whole, token: try await whole.administrator())
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin.token)
            _ = try await whole.createFactory("site-1", of: odm, by: admin.token)
            let now = whole.portal.clock.now
            try await whole.services.database.write("test") { transaction in
                for number: UInt8 in 1...2 {
                    _ = try FactoryTable(transaction).insert(
                        SiteCertificateRecord(
                            keyDigest: Digest256.of([number]),
                            factory: FactoryID("site-1"),
                            service: StationName("service-\(number)"),
                            certificate: [0x30],
                            issuedAt: now,
                            notAfter: now + 1_000
                        )
                    )
                }
            }
            let page = try await admin.get("/factories/site-1?do=certificate")
            #expect(page.text.contains("id=\"dialog-certificate\"") && page.text.contains("service-2, issued"))
            let fields = ["do": "certificate", "certificate": Digest256.of([2]).hex]
            let viewer = try await whole.invite([.odmProductionManager], into: odm, by: admin.token)
            let manager = PagePoster(whole: whole, token: viewer.firstToken)
            #expect(try await manager.send("/factories/site-1", fields).status == 403)
            let revoked = try await admin.send("/factories/site-1", fields)
            #expect(revoked.header("Location") == "/factories/site-1?told=certificateRevoked")
            let list = try await whole.portal.ask("GET", "/v1/factories/site-1/certificates", token: admin.token)
                .message(Page<SiteCertificate>.self)
            #expect(list.items.filter { $0.revokedAt != nil }.map(\.key) == [Digest256.of([2])])
            let after = try await admin.get("/factories/site-1")
            #expect(after.text.contains("Revoked") && !after.text.contains("service-2, issued"))
            let unknown = ["do": "certificate", "certificate": Digest256.of([9]).hex]
            #expect(try await admin.send("/factories/site-1", unknown).status == 404)

            let code = try await admin.send("/factories/site-1", ["do": "join", "days": "7"])
            #expect(code.status == 201 && code.text.contains("id=\"shown\""))
            let words = code.text.replacing(/<[^>]*>/, with: "")
            #expect(words.contains("obis-factory join --config") && words.contains("Shown this once"))
        }
    }

    @Test("what a site says and what it lacks are on pages of its own")
    func site() async throws {
        try await WholePortal.run { whole in
            let admin = PagePoster(whole: whole, token: try await whole.administrator())
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin.token)
            _ = try await whole.createFactory("site-1", of: odm, by: admin.token)
            let events = try await admin.get("/factories/site-1/events")
            #expect(events.status == 200 && events.text.contains("Nothing yet") && events.text.contains("Not proven"))
            _ = try await whole.put(
                "/v1/role-keys",
                RoleKeysChain(roleKeys: [try await whole.roleKeys()]),
                token: admin.token
            )
            let stick = try await admin.get("/factories/site-1/downlink.tar")
            #expect(stick.status == 200 && stick.header("Content-Disposition") == "attachment; filename=\"site-1.tar\"")
            #expect(try await admin.get("/factories/nowhere/downlink.tar").status == 404)
        }
    }
}
