import Crypto
import Foundation
import KeyCustody
import PortalProtocol
import Statements
import Testing
import TransparencyLog
import Vocabulary

@testable import PortalWeb

@Suite("Factories, what officers sign, and the portal's log")
struct SiteTests {
    @Test("a factory joins with its code, once, speaks over mutual TLS, renews, and is out when it is revoked")
    func joining() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            #expect(try await whole.createFactory("shenzhen-1", of: odm, by: admin).status == 201)
            let twice = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            #expect(twice.problem?.code == "portal.factory.taken")
            let path = "/v1/factories/shenzhen-1/joining-codes"
            let text = try await whole.create(path, JoiningCodeRequest(), token: admin).message(NewJoiningCode.self)
                .text
            let code = try JoiningCode(text)
            #expect(code.host == "portal.example" && code.port == 443)
            let key = P256.Signing.PrivateKey()
            let request = JoinRequest(
                code: code.code,
                service: try StationName("service-1"),
                csr: Octets(try TestCredential.request(key))
            )
            let joined = try await whole.create("/v1/join", request, key: "join-key-1")
            #expect(joined.status == 201, "\(joined.text)")
            #expect(try await whole.create("/v1/join", request, key: "join-key-1").body == joined.body)
            #expect(try await whole.create("/v1/join", request).problem?.code == "portal.code.refused")
            let leaf = try #require(try joined.message(JoinReply.self).certificates.first)
            let credential = TestCredential(der: leaf.bytes, key: key)
            let renewal = RenewRequest(csr: Octets(try TestCredential.request(key)))
            let json = String(decoding: try StatementCoding.encode(renewal), as: UTF8.self)
            let renewed = try await whole.portal.askSync("POST", "/sync/v1/renew", as: credential, json: json)
            #expect(renewed.status == 200, "\(renewed.text)")
            #expect(try renewed.message(JoinReply.self).factory.text == "shenzhen-1")
            let list = try await whole.portal.ask("GET", "/v1/factories/shenzhen-1/certificates", token: admin)
            let id = try #require(try list.message(Page<SiteCertificate>.self).items.first).key
            let certificate = "/v1/factories/shenzhen-1/certificates/\(id)"
            #expect(try await whole.portal.ask("DELETE", certificate, token: admin).status == 204)
            let out = try await whole.portal.askSync("POST", "/sync/v1/renew", as: credential, json: json)
            #expect(out.status == 403 && out.problem?.code == "portal.access.site")
        }
    }

    @Test("another ODM's factory answers as one that is not there")
    func foreignFactory() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odms = [
                try await whole.createODM("Shenzhen Lamps", by: admin),
                try await whole.createODM("Berlin Lamps", by: admin),
            ]
            _ = try await whole.createFactory("shenzhen-1", of: odms[0], by: admin)
            let own = try await whole.invite([.odmEngineer], into: odms[0], by: admin).firstToken
            let foreign = try await whole.invite([.odmEngineer], into: odms[1], by: admin).firstToken
            func body(_ id: String, _ token: String) async throws -> String {
                let header = ["X-Request-ID": "same-for-all"]
                let reply = try await whole.portal.ask("GET", "/v1/factories/\(id)", token: token, headers: header)
                return "\(reply.status) \(reply.text)"
            }
            #expect(try await body("shenzhen-1", own).hasPrefix("200"))
            #expect(try await body("shenzhen-1", foreign) == body("nowhere", foreign))
            #expect(try await body("shenzhen-1", foreign).hasPrefix("404"))
            let list = try await whole.portal.ask("GET", "/v1/factories", token: foreign)
            #expect(try list.message(Page<Factory>.self).items.isEmpty)
            let people = try await whole.portal.ask("GET", "/v1/people?organisation=\(odms[0])", token: foreign)
            #expect(people.status == 404)
        }
    }

    @Test("RoleKeys count under the configured root alone, grow, and never fork")
    func roleKeys() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let foreign = try await whole.roleKeys(root: P256.Signing.PrivateKey())
            let refused = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [foreign]), token: admin)
            #expect(refused.problem?.code == "portal.role-keys.foreign-root")
            #expect(try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: []), token: admin).status == 422)
            let first = try await whole.roleKeys()
            #expect(try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [first]), token: admin).status == 200)
            let second = try await whole.roleKeys(version: 2, previous: first.statementID)
            let grown = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [first, second]), token: admin)
            #expect(try grown.message(RoleKeysChain.self).roleKeys.count == 2)
            let other = try await whole.roleKeys(version: 2, previous: first.statementID)
            for chain in [[first, other], [first]] {
                let reply = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: chain), token: admin)
                #expect(reply.problem?.code == "portal.role-keys.fork", "\(chain.count)")
            }
        }
    }

    @Test("an EdgeHSM and an order count with enough officers' signatures")
    func enrolmentsAndOrders() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            let good = try whole.enrolment("edge-1", at: "shenzhen-1")
            let early = try await whole.put("/v1/edges/edge-1", good, token: admin)
            #expect(early.problem?.code == "portal.role-keys.missing")
            _ = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [whole.roleKeys()]), token: admin)
            let few = try whole.enrolment("edge-1", at: "shenzhen-1", signers: 1)
            #expect(try await whole.put("/v1/edges/edge-1", few, token: admin).status == 422)
            #expect(try await whole.put("/v1/edges/edge-2", good, token: admin).status == 404)
            let elsewhere = try whole.enrolment("edge-1", at: "nowhere")
            #expect(try await whole.put("/v1/edges/edge-1", elsewhere, token: admin).status == 404)
            #expect(try await whole.put("/v1/edges/edge-1", good, token: admin).status == 200)
            #expect(try await whole.put("/v1/edges/edge-1", good, token: admin).status == 200)
            let another = try whole.enrolment("edge-1", at: "shenzhen-1")
            let differs = try await whole.put("/v1/edges/edge-1", another, token: admin)
            #expect(differs.problem?.code == "portal.edge.differs")
            let expiry = whole.portal.clock.now + 100
            func signed(_ order: OfficerOrder.Order, _ reason: String) throws -> Envelope {
                try WholePortal.sign(
                    OfficerOrder(order: order, reason: reason, issuedAt: .epoch, expiresAt: expiry).unsigned(),
                    Array(whole.officers.prefix(2))
                )
            }
            let order = try signed(.revoke(.edgeHSM(EdgeHSMID("edge-1"))), "stolen")
            #expect(try await whole.put("/v1/orders", OrderList(orders: [order]), token: admin).status == 200)
            #expect(try await whole.put("/v1/orders", OrderList(orders: [order]), token: admin).status == 200)
            let orders = try await whole.portal.ask("GET", "/v1/orders", token: admin).message(Page<NumberedOrder>.self)
            #expect(orders.items.map(\.number) == [1] && orders.next == nil)
            // The officers after those sign the same octets; a stranger's signature among theirs is not kept.
            let unsigned = Envelope(payloadType: order.payloadType, payload: order.payload, signatures: [])
            let stranger = P256.Signing.PrivateKey()
            let again = try WholePortal.sign(unsigned, Array(whole.officers.suffix(2)) + [stranger])
            #expect(try await whole.put("/v1/orders", OrderList(orders: [again]), token: admin).status == 200)
            let joined = try await whole.portal.ask("GET", "/v1/orders", token: admin).message(Page<NumberedOrder>.self)
            let signers = joined.items.flatMap { $0.order.signatures.map(\.keyID) }
            let third = WholePortal.point(whole.officers[2]).keyID
            #expect(joined.items.count == 1 && signers == order.signatures.map(\.keyID) + [third])
            whole.portal.clock.advance(100)
            let reset = try signed(
                .resetClock(
                    edgeHSM: EdgeHSMID("edge-1"),
                    nonce: Nonce(validated: [UInt8](repeating: 1, count: 32)),
                    time: .epoch
                ),
                "late"
            )
            let late = try await whole.put("/v1/orders", OrderList(orders: [reset]), token: admin)
            #expect(late.problem?.code == "portal.order.expired")
            // What takes power away is taken whenever it comes.
            let revoked = try signed(.revoke(.edgeHSM(EdgeHSMID("edge-2"))), "stolen too")
            #expect(try await whole.put("/v1/orders", OrderList(orders: [revoked]), token: admin).status == 200)
        }
    }

    @Test("what a stick brings and takes is in the portal's log, also as far as it came; a viewer carries none")
    func sticks() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            _ = try await whole.put("/v1/role-keys", RoleKeysChain(roleKeys: [whole.roleKeys()]), token: admin)
            let engineer = try await whole.invite([.odmEngineer], into: odm, by: admin).firstToken
            let me = try await whole.portal.ask("GET", "/v1/me", token: admin).message(Me.self)
            let oem = me.person.organisation
            let viewer = try await whole.invite([.oemViewer], into: oem, by: admin).firstToken
            let source = try RecordSource(hex: String(repeating: "0a", count: 16))
            let upload = SyncUpload(
                factory: try FactoryID("shenzhen-1"),
                service: try StationName("service-1"),
                source: source,
                events: EventChunk(from: 1, after: RecordStream.events.start(of: source), lines: ["{}", "{}"])
            )
            let line = try upload.serialized()
            func bring(_ body: [UInt8], _ token: String) async throws -> TestPortal.Reply {
                try await whole.portal.ask(
                    "POST",
                    "/v1/factories/shenzhen-1/uploads",
                    token: token,
                    headers: ["Content-Type": "application/x-ndjson"],
                    body: body
                )
            }
            #expect(try await bring(line, viewer).problem?.code == "portal.access.role")
            #expect(try await bring(line + [0x0A], engineer).status == 200)
            let broken = try await bring(line + [0x0A] + Array("{}".utf8), engineer)
            #expect(broken.status == 422 && broken.problem?.code == "portal.sync.malformed")
            let taken = try await whole.portal.ask("GET", "/v1/factories/shenzhen-1/downlink", token: engineer)
            #expect(taken.status == 200, "\(taken.text)")
            let items = try await whole.portal.ask("GET", "/v1/audit?limit=200", token: admin)
                .message(Page<AuditItem>.self).items.map { String(decoding: $0.entry.bytes, as: UTF8.self) }
            let acts = items.filter { $0.contains("\"uploadStick\"") || $0.contains("\"getStick\"") }
            let told = [
                "portal.access.role", "1 upload, 0 entries, 0 labels, 2 events\"",
                "1 upload, 0 entries, 0 labels, 2 events, refused: line 2: portal.sync.malformed",
                "portal.sync.malformed", " octets",
            ]
            #expect(acts.count == told.count, "\(acts)")
            for (act, words) in zip(acts, told) { #expect(act.contains(words), "\(act)") }
        }
    }

    @Test("every act is in the portal's log, provably, and so is a refused one")
    func log() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            func checkpoint() async throws -> AuditCheckpoint {
                try await whole.portal.ask("GET", "/v1/audit/checkpoint", token: admin).message(AuditCheckpoint.self)
            }
            let early = try await checkpoint()
            let engineer = try await whole.invite([.odmEngineer], into: odm, by: admin)
            let refused = try await whole.createFactory("x-1", of: odm, by: engineer.firstToken)
            #expect(refused.status == 403)
            let late = try await checkpoint()
            let key = try await whole.services.portalKey().publicKey
            let signed = try Verified<PortalCheckpoint>(late.checkpoint, signedBy: key)
            #expect(signed.content.size == late.size && signed.content.root == late.root)
            let items = try await whole.portal.ask("GET", "/v1/audit?limit=200", token: admin)
                .message(Page<AuditItem>.self).items
            #expect(items.count == late.size)
            var (paged, place): ([AuditItem], String?) = ([], "/v1/audit?limit=2")
            while let next = place {
                let page = try await whole.portal.ask("GET", next, token: admin).message(Page<AuditItem>.self)
                paged += page.items
                place = page.next.map { "/v1/audit?limit=2&cursor=\($0)" }
            }
            #expect(paged == items)
            let text = items.map { String(decoding: $0.entry.bytes, as: UTF8.self) }
            for action in ["setUp", "createOrganisation", "createInvitation", "acceptInvitation", "createFactory"] {
                #expect(text.contains { $0.contains("\"action\":\"\(action)\"") }, "\(action)")
            }
            #expect(text.last?.contains("\"outcome\":\"portal.access.role\"") == true, "\(text.last ?? "")")
            #expect(!text.joined().contains("obis_"))
            for item in items {
                let path = "/v1/audit/entries/\(item.position)/proof?size=\(late.size)"
                let proof = try await whole.portal.ask("GET", path, token: admin).message(AuditProof.self)
                try InclusionProof(leafIndex: item.position, treeSize: late.size, hashes: proof.hashes)
                    .verify(leaf: MerkleHash.leaf(item.entry.bytes), root: late.root)
            }
            let path = "/v1/audit/consistency?first=\(early.size)&second=\(late.size)"
            let proof = try await whole.portal.ask("GET", path, token: admin).message(AuditProof.self)
            try ConsistencyProof(firstSize: early.size, secondSize: late.size, hashes: proof.hashes)
                .verify(firstRoot: early.root, secondRoot: late.root)
        }
    }
}
