import Foundation
import PortalCore
import PortalProtocol
import PortalStore
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Signing in")
struct SignInTests {
    private static let email = "mei@example.com"

    private static func run(_ body: (WholePortal, String, Person) async throws -> Void) async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            let person = try await whole.invite([.odmEngineer], into: odm, by: admin, email: email)
            try await body(whole, admin, person)
        }
    }

    @Test("whatever is wrong, the answer has the same octets, and the same work was done")
    func oneAnswer() async throws {
        try await Self.run { whole, admin, person in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let (device, _) = try await browser.enrol()
            let odm = person.organisation
            _ = try await whole.invite([.odmEngineer], into: odm, by: admin, email: "off@example.com")
            let people = try await whole.portal.ask("GET", "/v1/people", token: admin).message(Page<Person>.self).items
            let off = try #require(people.first { $0.email == "off@example.com" })
            _ = try await whole.portal.ask(
                "PATCH",
                "/v1/people/\(off.id)",
                token: admin,
                headers: ["If-Match": "\"1\""],
                json: #"{"isActive":false}"#
            )
            let right = Browser.password
            let attempts: [(String, String, String?, String?)] = [
                ("nobody@example.com", right, nil, nil), ("ada@example.com", right, nil, nil),
                (Self.email, "another password", try device.nextCode(), nil), (Self.email, right, nil, nil),
                (Self.email, right, try device.code(after: 900), nil),
                (Self.email, right, nil, "AAAA-AAAA-AAAA-AAAA"), ("off@example.com", right, nil, nil),
                (Self.email, " " + right, try device.code(), nil), (Self.email, right.uppercased(), nil, nil),
            ]
            var bodies: Set<[UInt8]> = []
            for (email, password, code, recovery) in attempts {
                let json = try JSONSerialization.data(
                    withJSONObject: ["email": email, "password": password, "code": code, "recoveryCode": recovery]
                        .compactMapValues { $0 }
                )
                let before = whole.services.accounts.hasher.count
                let reply = try await Browser(whole).ask(
                    "POST",
                    "/v1/sessions",
                    String(decoding: json, as: UTF8.self),
                    headers: ["X-Request-ID": "the-same-for-all"]
                )
                #expect(reply.status == 401 && reply.cookies.isEmpty)
                #expect(whole.services.accounts.hasher.count == before + 1, "one scrypt each")
                bodies.insert(reply.body)
            }
            #expect(bodies.count == 1)
        }
    }

    @Test("a known browser goes on while others guess from the same address and from many")
    func lockOutIsNotAbusable() async throws {
        try await Self.run { whole, _, _ in
            let (victim, attacker) = (Browser(whole), Browser(whole))
            _ = try await victim.signIn(Self.email)
            var statuses: [Int] = []
            for _ in 0..<11 { statuses.append(try await attacker.signIn(Self.email, "a guess of mine").status) }
            #expect(statuses.prefix(10).allSatisfy { $0 == 401 } && statuses.last == 429)
            let waiting = try await attacker.signIn(Self.email, "a guess of mine")
            #expect(waiting.problem?.code == "portal.access.throttled" && waiting.header("Retry-After") == "900")
            #expect(try await attacker.signIn(Self.email).status == 429, "the right one would not help either")
            #expect(try await attacker.signIn("nobody@example.com", "a guess").status == 401, "counted by account")
            #expect(try await victim.signIn(Self.email).status == 200)
            // The account's budget of all unknown browsers, spent from everywhere.
            let limiter = whole.services.accounts.limiter
            let now = whole.portal.clock.now
            for number in 0..<200 {
                _ = try? limiter.take(
                    login: Self.email,
                    address: "10.0.\(number).1",
                    device: nil,
                    hasFactor: false,
                    at: now
                )
            }
            #expect(throws: Refusal.self) {
                try limiter.take(login: Self.email, address: "10.9.9.9", device: nil, hasFactor: false, at: now)
            }
            #expect(try await victim.signIn(Self.email).status == 200, "known browsers have their own")
            for _ in 0..<10 { _ = try await victim.signIn(Self.email, "mistyped by herself") }
            #expect(try await victim.signIn(Self.email).status == 429, "which is bounded too")
            whole.portal.clock.advance(900)
            #expect(try await victim.signIn(Self.email).status == 200)
            // Somebody else's cookie, or one that was made up, is no known browser.
            attacker.plant(RandomCode().text, named: SessionCookie.device)
            whole.portal.clock.advance(1_800)
            #expect(try await attacker.signIn(Self.email).status == 429)
        }
    }

    @Test(
        "while others guess at an account, password and second factor together open it, and nothing less is told apart"
    )
    func completeProof() async throws {
        try await Self.run { whole, admin, person in
            let known = Browser(whole)
            _ = try await known.signIn(Self.email)
            let (device, recovery) = try await known.enrol()
            let plain = "li@example.com"
            _ = try await whole.invite([.odmEngineer], into: person.organisation, by: admin, email: plain)
            for login in [Self.email, plain, "nobody@example.com"] {
                for number in 0..<100 {
                    _ = try whole.services.accounts.limiter.take(
                        login: login,
                        address: "10.0.\(number).1",
                        device: nil,
                        hasFactor: false,
                        at: whole.portal.clock.now
                    )
                }
            }
            func refused(_ email: String, _ password: String, _ code: String?) async throws -> [UInt8] {
                let reply = try await Browser(whole).post(
                    "/v1/sessions",
                    SignInRequest(
                        email: EmailAddress(email),
                        password: Password(password),
                        code: code.map { try AuthenticatorCode($0) }
                    ),
                    headers: ["X-Request-ID": "the-same-for-all"]
                )
                #expect(reply.status == 429 && reply.header("Retry-After") == "3600", "\(reply.text)")
                return reply.body
            }
            let (right, wrong) = (try device.code(after: 30), try device.code(after: 900))
            let bodies: Set<[UInt8]> = [
                try await refused(Self.email, Browser.password, nil),
                try await refused(Self.email, Browser.password, wrong),
                try await refused(Self.email, "a guess of mine", right),
                try await refused("nobody@example.com", Browser.password, right),
                // Without an authenticator any code would be as good as none.
                try await refused(plain, Browser.password, right),
                try await refused(plain, "a guess of mine", right),
            ]
            #expect(bodies.count == 1)
            #expect(try await Browser(whole).signIn(Self.email, code: right).status == 200)
            #expect(try await Browser(whole).signIn(Self.email, recovery: recovery[0]).status == 200)
            // The address pays for each attempt as ever.
            for _ in 0..<10 {
                _ = try await Browser(whole).signIn(Self.email, "a guess of mine", code: wrong)
            }
            #expect(try await Browser(whole).signIn(Self.email, recovery: recovery[1]).status == 429)
            let log = try await whole.audit(admin).compactMap(\.detail)
            #expect(log.contains { $0.hasPrefix("right password, wrong or missing second factor") })
        }
    }

    @Test("one address guesses 30 times in ten minutes, whatever the accounts; a right password costs nothing")
    func addresses() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            for number in 0..<30 {
                #expect(try await browser.signIn("nobody-\(number)@example.com").status == 401)
            }
            let last = try await browser.signIn("nobody@example.com")
            #expect(last.status == 429)
            whole.portal.clock.advance(600)
            for _ in 0..<40 {
                #expect(try await Browser(whole).signIn(Self.email).status == 200)
            }
        }
    }

    @Test("a hundred at once spend no more than one after another, and two passwords at most are hashed at a time")
    func concurrency() async throws {
        try await Self.run { whole, _, _ in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0..<100 {
                    tasks.addTask { try await Browser(whole).signIn(Self.email, "a guess of mine").status }
                }
                return try await tasks.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 401 }.count == 10)
            #expect(statuses.filter { $0 == 429 }.count == 90)
            #expect((1...PasswordHasher.mostAtOnce).contains(whole.services.accounts.hasher.peak))
        }
    }

    @Test("who has the password guesses no code: ten wrong ones a day from unknown browsers, whatever the addresses")
    func codes() async throws {
        try await Self.run { whole, _, person in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let (device, _) = try await browser.enrol()
            for _ in 0..<10 {
                #expect(try await Browser(whole).signIn(Self.email, code: device.code(after: 900)).status == 401)
                whole.portal.clock.advance(901)
            }
            let right = try await Browser(whole).signIn(Self.email, code: device.nextCode())
            #expect(right.problem?.code == "portal.sign-in.refused", "even the right one, and the answer does not tell")
            #expect(
                try await browser.signIn(Self.email, code: device.nextCode()).status == 200,
                "but for a known browser"
            )
            whole.portal.clock.advance(86_400)
            #expect(try await Browser(whole).signIn(Self.email, code: device.nextCode()).status == 200)
            _ = person
        }
    }

    @Test("the portal's log has who signed in, and refusals counted, never what was typed")
    func audit() async throws {
        try await Self.run { whole, admin, person in
            _ = try await Browser(whole).signIn(Self.email)
            for _ in 0..<5 { _ = try await Browser(whole).signIn(Self.email, "a guess of mine") }
            for _ in 0..<3 { _ = try await Browser(whole).signIn("typed.password@here", "a guess of mine") }
            func refused() async throws -> [PortalLogEntry] {
                try await whole.audit(admin).filter { $0.action == "signIn" && $0.outcome != "done" }
            }
            #expect(try await refused().map(\.object) == [person.id.text, "unknown"])
            whole.portal.clock.advance(60)
            await whole.services.accounts.audit.flush(at: whole.portal.clock.now)
            let entries = try await refused()
            #expect(entries.count == 4)
            let counted = entries.suffix(2).compactMap(\.detail)
            #expect(counted.contains { $0.hasPrefix("4 more within a minute: wrong password") })
            #expect(counted.contains { $0.hasPrefix("2 more within a minute: no such account") })
            #expect(entries.allSatisfy { $0.outcome == "portal.sign-in.refused" && $0.actorKind == .nobody })
            let done = try await whole.audit(admin).filter { $0.action == "signIn" && $0.outcome == "done" }
            #expect(done.map(\.actor) == [person.id.text])
            #expect(done.first?.detail == "from 127.0.0.1, second factor: none")
        }
    }

    @Test("a flood of different refusals makes few entries")
    func floodedAudit() async throws {
        try await Self.run { whole, admin, _ in
            let (audit, now) = (whole.services.accounts.audit, whole.portal.clock.now)
            for number in 0..<500 {
                await audit.note(
                    .unknownAccount,
                    person: nil,
                    address: "10.1.\(number / 250).\(number % 250)",
                    requestID: "flood",
                    at: now
                )
            }
            await audit.flush(at: now, always: true)
            let entries = try await whole.audit(admin).filter { $0.outcome == "portal.sign-in.refused" }
            #expect(entries.count == SignInAudit.mostKinds + 1)
            #expect(entries.last?.detail == "\(500 - SignInAudit.mostKinds) of other kinds within a minute")
        }
    }

    @Test("a password kept at a lower cost is kept anew at sign-in, and no cost is in the answer's way")
    func raisedCost() async throws {
        try await Self.run { whole, _, person in
            let database = whole.services.database
            let low = try #require(PasswordCost(logN: 2, blockSize: 1, parallelism: 1))
            let tools = AccountTools(cost: low, token: whole.token, database: database)
            let kept = try await tools.keep(try Password(Browser.password))
            try await database.write("lower") { transaction in
                var account = try #require(try AccountTable(transaction).account(of: person.id))
                account.password = kept
                #expect(try AccountTable(transaction).put(account))
            }
            #expect(try await Browser(whole).signIn(Self.email).status == 200)
            let now = try await database.read { try AccountTable($0).account(of: person.id)?.password }
            #expect(PasswordRecord(text: now ?? "")?.cost == whole.services.accounts.cost)
            #expect(try await Browser(whole).signIn(Self.email).status == 200)
        }
    }

    @Test("two people can't sign in with one address, in whatever case")
    func oneAddress() async throws {
        try await Self.run { whole, admin, person in
            let request = InvitationRequest(kind: .person, organisation: person.organisation, roles: [.odmEngineer])
            let made = try await whole.create("/v1/invitations", request, token: admin).message(NewInvitation.self)
            func accept(_ email: String, _ password: String) async throws -> TestPortal.Reply {
                try await whole.create(
                    "/v1/invitations/accept",
                    InvitationAcceptance(
                        code: made.code,
                        name: DisplayName("Eve"),
                        email: EmailAddress(email),
                        password: Password(password)
                    )
                )
            }
            let taken = try await accept("MEI@example.com", Browser.password)
            #expect(taken.status == 409 && taken.problem?.code == "portal.account.email-taken")
            let weak = try await accept("eve@example.com", "Shenzhen-Lamps1!")
            #expect(weak.status == 422 && weak.problem?.code == "portal.password.weak", "\(weak.text)")
            #expect(try await accept("eve@example.com", Browser.password).status == 201, "the link was not used up")
        }
    }

    @Test("the first administrator may come with a password, and needs an authenticator")
    func setup() async throws {
        try await WholePortal.run { whole in
            let request = SetupRequest(
                code: try OneTimeCode(whole.setupCode),
                organisation: try DisplayName("Example OEM"),
                name: try DisplayName("Ada"),
                email: try EmailAddress("ada@example.com"),
                password: try Password(Browser.password)
            )
            let first = try await whole.create("/v1/setup", request, key: "first-start")
            #expect(first.status == 201, "\(first.text)")
            #expect(try first.message(Welcome.self).token == nil)
            #expect(try await whole.create("/v1/setup", request, key: "first-start").body == first.body)
            let browser = Browser(whole)
            #expect(try await browser.signIn("ada@example.com").message(OpenedSession.self).needsSecondFactor)
            _ = try await browser.enrol()
            #expect(try await browser.ask("GET", "/v1/people").status == 200)
        }
    }
}
