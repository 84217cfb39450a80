import PortalProtocol
import ServiceSupport
import Testing
import Vocabulary
import X509

@testable import PortalWeb

@Suite("Who may call what")
struct AccessTests {
    /// Every role alone, in each kind of organisation: also those that do not belong there.
    private static let combinations: [(Role, OrganisationID)] = Role.allCases.flatMap { role in
        [(role, TestIdentities.oem), (role, TestIdentities.odms[0])]
    }

    @Test("each route answers each role as its context says, and nobody else")
    func everyRouteWithEveryRole() async throws {
        let routes = try TestRoutes.people()
        try await TestPortal.run(people: routes) { portal in
            for declaration in routes.map(\.declaration) {
                for (role, organisation) in Self.combinations {
                    let someone = portal.identities.add([role], in: organisation)
                    let reply = try await portal.probe(declaration, token: someone.token.text)
                    let isAdmitted = declaration.rule.admits(someone.person)
                    #expect((reply.status == 403) != isAdmitted, "\(declaration.operationID) \(role): \(reply.text)")
                }
                let nobody = try await portal.probe(declaration, token: nil)
                #expect((nobody.status == 401) == (declaration.rule != .everybody), "\(declaration.operationID)")
            }
        }
    }

    @Test("a role of the other kind of organisation counts nothing")
    func rolesBelongToTheirKind() {
        for (role, organisation) in Self.combinations {
            let someone = TestIdentities().add([role], in: organisation).person
            #expect(AccessRule.oneOf([role]).admits(someone) == (role.kind == someone.kind))
            #expect(!AccessRule.site.admits(someone))
        }
    }

    @Test("expired, revoked, unknown and malformed tokens get the same answer")
    func uselessTokens() async throws {
        try await TestPortal.run(people: TestRoutes.people()) { portal in
            let identities = portal.identities
            let expired = identities.add([.oemAdmin], in: TestIdentities.oem, expiresAt: portal.clock.now)
            let revoked = identities.add([.oemAdmin], in: TestIdentities.oem, isRevoked: true)
            let good = identities.add([.oemAdmin], in: TestIdentities.oem).token.text
            for token in [
                expired.token.text, revoked.token.text, APIToken().text, "x", good + "a", String(good.dropLast()),
                good.uppercased(), "",
            ] {
                let reply = try await portal.ask("GET", "/v1/who/Admin", token: token)
                #expect(reply.status == 401, "\(token.count)")
                #expect(reply.problem?.code == "portal.access.token")
                #expect(reply.problem?.detail == nil)
                #expect(reply.header("WWW-Authenticate") == "Bearer")
            }
            #expect(try await portal.ask("GET", "/v1/who/Admin", token: good).status == 200)
            #expect(try await portal.ask("GET", "/v1/who/Admin").problem?.code == "portal.access.unauthenticated")
        }
    }

    @Test("a read-only token changes nothing, a write-only one reads nothing")
    func scopes() async throws {
        let routes = try TestRoutes.people()
        try await TestPortal.run(people: routes) { portal in
            let all = Set(Role.allCases)
            for scope in TokenScope.allCases {
                let oem = portal.identities.add(all, in: TestIdentities.oem, scopes: [scope])
                let odm = portal.identities.add(all, in: TestIdentities.odms[0], scopes: [scope])
                for declaration in routes.map(\.declaration) where declaration.rule != .everybody {
                    let someone = declaration.rule.admits(oem.person) ? oem : odm
                    let reply = try await portal.probe(declaration, token: someone.token.text)
                    let isRefused = reply.problem?.code == "portal.access.scope"
                    #expect(isRefused == (declaration.scope != scope), "\(declaration.operationID) \(scope)")
                }
            }
        }
    }

    @Test("after too many failures an address waits, and memory stays bounded")
    func limiter() throws {
        let limiter = FailureLimiter(most: 3, largest: 4)
        let start = Instant(seconds: 1_000)
        for _ in 0..<3 {
            try limiter.check("10.0.0.1", at: start)
            limiter.note("10.0.0.1", at: start)
        }
        #expect(throws: Refusal.self) { try limiter.check("10.0.0.1", at: start + 59) }
        try limiter.check("10.0.0.2", at: start)
        try limiter.check("10.0.0.1", at: start + 60)
        for _ in 0..<3 { limiter.note("2001:db8:1:2::1", at: start) }
        #expect(throws: Refusal.self) { try limiter.check("2001:db8:1:2:ffff::9", at: start) }
        for number in 0..<100 { limiter.note("10.1.0.\(number)", at: start + Int64(number)) }
        try limiter.check("2001:db8:1:2::1", at: start + 1)
    }

    @Test("a script with a bad token keeps nobody at the same address from a link or a joining code")
    func badTokensAndCodes() async throws {
        try await WholePortal.run { whole in
            var last = try await whole.portal.ask("GET", "/v1/me", token: "x")
            for _ in 0..<60 where last.status == 401 { last = try await whole.portal.ask("GET", "/v1/me", token: "x") }
            #expect(last.status == 429)
            let code = "{\"code\":\"\(RandomCode().text)\"}"
            func look() async throws -> TestPortal.Reply {
                try await whole.portal.ask("POST", "/v1/invitations/look", json: code)
            }
            last = try await look()
            #expect(last.problem?.code == "portal.code.refused", "\(last.text)")
            // And the other way: wrong codes are bounded too, and no token suffers by it.
            for _ in 0..<40 { last = try await look() }
            #expect(last.status == 429)
            whole.portal.clock.advance(60)
            for _ in 0..<40 { last = try await look() }
            #expect(last.status == 429)
            #expect(try await whole.portal.ask("GET", "/v1/me", token: "x").status == 401)
        }
    }

    @Test("throttled requests say how long to wait")
    func throttled() async throws {
        try await TestPortal.run(people: TestRoutes.people()) { portal in
            var last = try await portal.ask("GET", "/v1/who/Admin", token: "x")
            for _ in 0..<30 where last.status == 401 {
                last = try await portal.ask("GET", "/v1/who/Admin", token: "x")
            }
            #expect(last.status == 429)
            #expect(last.header("Retry-After") == "60")
            let good = portal.identities.add([.oemAdmin], in: TestIdentities.oem).token.text
            #expect(try await portal.ask("GET", "/v1/who/Admin", token: good).status == 200)
            portal.clock.advance(60)
            #expect(try await portal.ask("GET", "/v1/who/Admin", token: "x").status == 401)
        }
    }

    @Test("the sync listener admits registered factory certificates alone, judged on each request")
    func sites() async throws {
        try await TestPortal.run(people: TestRoutes.people(), sync: TestRoutes.sync()) { portal in
            let (identities, authority) = (portal.identities, portal.enrolment)
            let factory = try FactoryID("shenzhen-1")
            func credential(
                _ authority: TestAuthority,
                unit: String = "factory",
                organisation: String = "shenzhen-1",
                registered: Bool = true,
                notAfter: Instant = Instant(seconds: 3_900_000_000)
            ) throws -> TestCredential {
                let new = try authority.issue(
                    "service-1",
                    unit: unit,
                    organisation: organisation,
                    usage: .clientAuth,
                    notAfter: notAfter
                )
                let site = SiteIdentity(
                    factory: factory,
                    organisation: TestIdentities.odms[0],
                    service: "service-1",
                    publicKeyDigest: new.publicKeyDigest
                )
                if registered { identities.register(site, key: new.publicKeyDigest) }
                return new
            }
            let good = try credential(authority)
            let reply = try await portal.askSync("GET", "/sync/v1/state", as: good)
            #expect(reply.status == 200 && reply.text.contains("shenzhen-1"), "\(reply.text)")
            for bad in [
                try credential(authority, unit: "station"), try credential(authority, organisation: "other"),
                try credential(authority, registered: false),
            ] {
                let reply = try await portal.askSync("GET", "/sync/v1/state", as: bad)
                #expect(reply.status == 403)
                #expect(reply.problem?.code == "portal.access.site")
            }
            identities.register(nil, key: good.publicKeyDigest)
            #expect(try await portal.askSync("GET", "/sync/v1/state", as: good).status == 403, "revoked")
            for stranger in [
                nil, try credential(TestAuthority("Enrolment")),
                try credential(authority, notAfter: portal.clock.now + -1),
            ] {
                await #expect(throws: (any Error).self) {
                    try await portal.askSync("GET", "/sync/v1/state", as: stranger)
                }
            }
            let token = identities.add([.oemAdmin], in: TestIdentities.oem).token.text
            #expect(try await portal.ask("GET", "/sync/v1/state", token: token).status == 404)
        }
    }

    @Test("a route of the one listener can't be mounted on the other")
    func listenersDoNotMix() async throws {
        let mixed = try TestRoutes.people() + TestRoutes.sync()
        await #expect(throws: Refusal.self) { try await TestPortal.run(people: mixed) { _ in } }
        await #expect(throws: Refusal.self) {
            try await TestPortal.run(people: TestRoutes.people(), sync: mixed) { _ in }
        }
    }
}
