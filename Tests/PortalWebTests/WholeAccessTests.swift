import Foundation
import HTTPTypes
import PortalProtocol
import TestSupport
import Testing
import Vocabulary

@testable import PortalWeb

/// Every route of the portal, with everybody.
@Suite("The whole portal: who may call what")
struct WholeAccessTests {
    /// Everybody that a portal knows, and who they are as the rules see them.
    private struct Everybody {
        var people: [(name: String, token: String, identity: PersonIdentity)] = []
    }

    private static func everybody(_ whole: WholePortal, _ admin: String) async throws -> Everybody {
        var all = Everybody()
        let me = try await whole.portal.ask("GET", "/v1/me", token: admin).message(Me.self)
        let oem = me.person.organisation
        var organisations = [(oem, OrganisationKind.oem)]
        for name in ["Shenzhen Lamps", "Berlin Lamps"] {
            organisations.append((try await whole.createODM(name, by: admin), .odm))
        }
        for (organisation, kind) in organisations {
            for role in Role.allCases where role.kind == kind {
                let welcome = try await whole.invite([role], into: organisation, by: admin)
                let identity = PersonIdentity(
                    id: welcome.person.id,
                    organisation: organisation,
                    kind: kind,
                    name: "",
                    roles: [role],
                    officer: nil
                )
                all.people.append(("\(role) of \(organisation)", welcome.firstToken, identity))
            }
        }
        return all
    }

    @Test("each route with each role, with nobody, with useless tokens and with a read-only one")
    func everyRouteWithEverybody() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let everybody = try await Self.everybody(whole, admin)
            let readOnly = try await whole.create(
                "/v1/tokens",
                TokenRequest(name: DisplayName("reader"), scopes: [.read], days: TokenDays(1)),
                token: admin
            ).message(NewToken.self).token
            let revoked = try await whole.create(
                "/v1/tokens",
                TokenRequest(name: DisplayName("gone"), scopes: [.read, .write], days: TokenDays(1)),
                token: admin
            ).message(NewToken.self)
            _ = try await whole.portal.ask("DELETE", "/v1/tokens/\(revoked.id)", token: admin)
            for declaration in whole.routes.map(\.declaration) {
                let id = declaration.operationID
                for (name, token, identity) in everybody.people {
                    let reply = try await whole.portal.probe(declaration, token: token)
                    let isAdmitted = declaration.rule.admits(identity)
                    #expect(
                        (reply.problem?.code == "portal.access.role") == !isAdmitted,
                        "\(id) \(name): \(reply.text)"
                    )
                    #expect(reply.status < 500, "\(id) \(name): \(reply.text)")
                }
                let isOpen = declaration.rule.isOpen
                for useless in [nil, revoked.token] {
                    let reply = try await whole.portal.probe(declaration, token: useless)
                    #expect((reply.status == 401) == !isOpen, "\(id): \(reply.text)")
                    whole.portal.clock.advance(61)
                }
                let reply = try await whole.portal.probe(declaration, token: readOnly)
                let isRefused = reply.problem?.code == "portal.access.scope"
                // A session's own operations take no token at all.
                let isAdmins =
                    !isOpen && declaration.rule != .session && declaration.rule.admits(everybody.people[0].identity)
                if isAdmins { #expect(isRefused == (declaration.scope == .write), "\(id): \(reply.text)") }
            }
        }
    }

    @Test("an expired token opens nothing")
    func expired() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            whole.portal.clock.advance(PortalServices.firstTokenLife)
            for declaration in whole.routes.map(\.declaration)
            where !declaration.rule.isOpen && declaration.rule != .session {
                let reply = try await whole.portal.probe(declaration, token: admin)
                // What answers HEAD has no body.
                if declaration.method == .head {
                    #expect(reply.status == 401, "\(declaration.operationID)")
                } else {
                    #expect(reply.problem?.code == "portal.access.token", "\(declaration.operationID)")
                }
                whole.portal.clock.advance(61)
            }
        }
    }

    @Test("changed bodies never make the portal fail, and answers are always documented ones")
    func fuzzedBodies() async throws {
        var generator = SeededGenerator(seed: Seed.take("fuzzed bodies of the portal"))
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            let good: [(String, String)] = [
                ("createOrganisation", #"{"name":"X"}"#),
                ("createInvitation", #"{"kind":"person","organisation":"\#(odm)","roles":["odmEngineer"],"days":3}"#),
                ("acceptInvitation", #"{"code":"\#(RandomCode().text)","name":"N","email":"a@b.c"}"#),
                ("setUp", #"{"code":"\#(RandomCode().text)","organisation":"O","name":"N","email":"a@b.c"}"#),
                ("createToken", #"{"name":"t","scopes":["read"],"days":1}"#),
                ("changePerson", #"{"name":"t","roles":["oemAdmin"],"isActive":true}"#),
                (
                    "createFactory",
                    #"{"id":"f","organisation":"\#(odm)","name":"n","country":"CN","timeZone":"Asia/Shanghai"}"#
                ),
                ("createJoiningCode", #"{"days":1}"#),
                ("joinFactory", #"{"code":"0123456789abcdef","service":"s","csr":"MIIB"}"#),
                ("putRoleKeys", #"{"roleKeys":[{"payloadType":"t","payload":"e30=","signatures":[]}]}"#),
                ("putOrders", #"{"orders":[{"payloadType":"t","payload":"e30=","signatures":[]}]}"#),
                ("putEdge", #"{"payloadType":"t","payload":"e30=","signatures":[]}"#),
            ]
            let declarations = Dictionary(
                uniqueKeysWithValues: whole.routes.map { ($0.declaration.operationID, $0.declaration) }
            )
            for (id, body) in good {
                let declaration = try #require(declarations[id])
                let path = declaration.template.text.replacing("{factory}", with: "shenzhen-1")
                    .replacing("{person}", with: "p-1").replacing("{edge}", with: "edge-1")
                for _ in 0..<30 {
                    let changed = JSONMutation.mutate(Array(body.utf8), using: &generator)
                    let reply = try await whole.portal.ask(
                        declaration.method.rawValue,
                        path,
                        token: admin,
                        headers: [
                            "Content-Type": "application/json", "If-Match": "\"1\"",
                            "Idempotency-Key": "fuzz-\(UInt64.random(in: 0...UInt64.max, using: &generator))",
                        ],
                        body: changed
                    )
                    #expect(reply.status < 500, "\(id) \(String(decoding: changed, as: UTF8.self)): \(reply.text)")
                    if let problem = reply.problem {
                        let codes = declaration.documentedRefusals[reply.status] ?? []
                        #expect(codes.contains(problem.code), "\(id): \(problem.code) as \(reply.status)")
                    }
                    whole.portal.clock.advance(3)
                }
            }
        }
    }

    @Test("a creation repeated at once makes one object")
    func concurrentRepetition() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let bodies = try await withThrowingTaskGroup(of: [UInt8].self) { tasks in
                for _ in 0..<16 {
                    tasks.addTask {
                        try await whole.create(
                            "/v1/organisations",
                            NewOrganisation(name: DisplayName("Shenzhen Lamps")),
                            token: admin,
                            key: "one-key-for-all"
                        ).body
                    }
                }
                return try await tasks.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
            }
            #expect(bodies.count == 1)
            let list = try await whole.portal.ask("GET", "/v1/organisations", token: admin)
            #expect(try list.message(Page<Organisation>.self).items.count == 2)
            let other = try await whole.create(
                "/v1/organisations",
                NewOrganisation(name: DisplayName("Another")),
                token: admin,
                key: "one-key-for-all"
            )
            #expect(other.status == 409 && other.problem?.code == "portal.idempotency.reused")
        }
    }
}
