import Foundation
import HTTPTypes
import PortalCore
import PortalProtocol
import PortalStore
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Second factor")
struct SecondFactorTests {
    private static let email = "olu@example.com"

    /// A portal with an officer who has a password and no authenticator yet.
    private static func run(_ body: (WholePortal, String, Person) async throws -> Void) async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let oem = try await whole.organisation(of: admin)
            let officer = try await whole.invite([.oemSecurityOfficer], into: oem, by: admin, email: email)
            try await body(whole, admin, officer)
        }
    }

    @Test("an officer's password alone opens nothing but the setting up of an authenticator")
    func required() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            let opened = try await browser.signIn(Self.email)
            #expect(try opened.message(OpenedSession.self).needsSecondFactor)
            for declaration in whole.routes.map(\.declaration)
            where !declaration.rule.isOpen && declaration.rule != .session {
                let cookie = "\(SessionCookie.session)=\(try #require(browser.cookie))"
                let headers = ["Cookie": cookie, "X-OBIS-CSRF": browser.csrf]
                let reply = try await whole.portal.probe(declaration, token: nil, headers: headers)
                if declaration.method == .head {
                    #expect(reply.status == 403)
                } else {
                    #expect(reply.problem?.code == "portal.access.second-factor", "\(declaration.operationID)")
                }
            }
            let view = try await browser.ask("GET", "/v1/account").message(AccountView.self)
            #expect(!view.isComplete && view.needsAuthenticator && view.authenticatorSince == nil)
            let before = browser.cookie
            let (device, recovery) = try await browser.enrol()
            #expect(recovery.count == RecoveryCodeText.count && Set(recovery).count == recovery.count)
            #expect(browser.cookie != before, "the session that may more has another cookie")
            #expect(try await browser.ask("GET", "/v1/me").status == 200)
            #expect(try await browser.ask("GET", "/v1/account").message(AccountView.self).recoveryCodesLeft == 10)
            let other = Browser(whole)
            #expect(try await other.signIn(Self.email).status == 401, "from now on the password alone is not enough")
            #expect(try await other.signIn(Self.email, code: device.nextCode()).status == 200)
            #expect(try await other.ask("GET", "/v1/me").status == 200)
        }
    }

    @Test("a code counts once, within one step, and so does the very code that set the authenticator up")
    func replay() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let (device, _) = try await browser.enrol()
            func status(_ code: String) async throws -> Int {
                try await Browser(whole).signIn(Self.email, code: code).status
            }
            #expect(try await status(device.code()) == 401, "used to set it up")
            let code = try device.nextCode()
            #expect(try await status(code) == 200)
            #expect(try await status(code) == 401)
            #expect(try await status(device.code(after: -30)) == 401, "older than what was accepted")
            #expect(try await status(device.code(after: 60)) == 401)
            #expect(try await status(device.code(after: 30)) == 200, "one step ahead counts")
            #expect(try await status(device.code()) == 401, "and then none before it")
            whole.portal.clock.advance(300)
            #expect(try await status(device.code(after: -60)) == 401)
            #expect(try await status(device.code(after: -30)) == 200, "one step behind counts")
        }
    }

    @Test("one code shown by many at once opens one session")
    func race() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let (device, _) = try await browser.enrol()
            let code = try device.nextCode()
            let good = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask { try await Browser(whole).signIn(Self.email, code: code).status }
                }
                return try await tasks.reduce(into: [Int]()) { $0.append($1) }.filter { $0 == 200 }.count
            }
            #expect(good == 1)
        }
    }

    @Test("a recovery code signs in once, in either case; new ones make the old void; only digests are kept")
    func recovery() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let (_, codes) = try await browser.enrol()
            func status(_ code: String) async throws -> Int {
                try await Browser(whole).signIn(Self.email, recovery: code).status
            }
            #expect(try await status(codes[0]) == 200)
            #expect(try await status(codes[0]) == 401)
            #expect(try await status(codes[1].lowercased()) == 200)
            #expect(try await Browser(whole).signIn(Self.email, "not the password", recovery: codes[2]).status == 401)
            #expect(try await status(codes[2]) == 200, "a refused sign-in uses nothing up")
            #expect(try await browser.ask("GET", "/v1/account").message(AccountView.self).recoveryCodesLeft == 7)
            let renewed = try await browser.ask("POST", "/v1/account/recovery-codes")
            let fresh = try renewed.message(RecoveryCodes.self).codes
            #expect(fresh.count == 10 && Set(fresh).isDisjoint(with: codes))
            #expect(try await status(codes[3]) == 401)
            #expect(try await status(fresh[0]) == 200)
        }
    }

    @Test("the secret at rest is sealed to its person under the token's key, and the QR code holds the shown URI")
    func atRest() async throws {
        try await Self.run { whole, _, officer in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let begun = try await browser.ask("POST", "/v1/account/authenticator").message(AuthenticatorSecret.self)
            #expect(
                begun.uri.hasPrefix("otpauth://totp/OBIS%20portal.example:olu%40example.com?secret=\(begun.secret)&")
            )
            #expect(begun.uri.hasSuffix("&algorithm=SHA1&digits=6&period=30"))
            #expect(begun.qr.hasPrefix("<svg ") && !begun.qr.contains("style") && !begun.qr.contains("olu"))
            let account = try await whole.services.database.read { try AccountTable($0).account(of: officer.id) }
            let sealed = try #require(account?.pending)
            let secret = try AuthenticatorApp.base32(begun.secret)
            #expect(secret.count == 20)
            #expect(Data(sealed).range(of: Data(secret)) == nil)
            let keys = AccountKeys(token: whole.token)
            #expect(try await keys.open(sealed, of: officer.id) == Secret(secret))
            await #expect(throws: Refusal.self) { try await keys.open(sealed, of: .random()) }
            let other = AccountKeys(token: TestToken([]))
            await #expect(throws: Refusal.self) { try await other.open(sealed, of: officer.id) }
        }
    }

    @Test("an authenticator that waits too long for its first code, or gets a wrong one, does not count")
    func pending() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let nothing = try await browser.ask("POST", "/v1/account/authenticator/confirm", #"{"code":"000000"}"#)
            #expect(nothing.problem?.code == "portal.account.nothing-pending")
            let begun = try await browser.ask("POST", "/v1/account/authenticator").message(AuthenticatorSecret.self)
            let device = try AuthenticatorApp(begun, whole)
            let wrong = try device.code(after: 600)
            let refused = try await browser.ask("POST", "/v1/account/authenticator/confirm", #"{"code":"\#(wrong)"}"#)
            #expect(refused.problem?.code == "portal.account.proof")
            #expect(try await browser.ask("GET", "/v1/me").status == 403)
            whole.portal.clock.advance(SessionRules.fresh)
            let stale = try await browser.ask("POST", "/v1/account/authenticator/confirm", #"{"code":"\#(wrong)"}"#)
            #expect(stale.problem?.code == "portal.access.stale")
            let password = VerificationRequest(password: try Password(Browser.password))
            #expect(try await browser.post("/v1/sessions/verify", password).status == 200)
            let late = try await browser.ask(
                "POST",
                "/v1/account/authenticator/confirm",
                #"{"code":"\#(device.code())"}"#
            )
            #expect(late.problem?.code == "portal.account.nothing-pending")
        }
    }

    @Test(
        "risky acts want a fresh proof from a session: the authenticator's code where there is one, never the password"
    )
    func freshProof() async throws {
        try await Self.run { whole, _, officer in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let (device, _) = try await browser.enrol()
            let token = #"{"name":"mine","scopes":["read"],"days":1}"#
            func create(_ key: String) async throws -> TestPortal.Reply {
                try await browser.ask("POST", "/v1/tokens", token, headers: ["Idempotency-Key": key])
            }
            #expect(try await create("fresh-one").status == 201)
            whole.portal.clock.advance(SessionRules.fresh)
            #expect(try await create("stale-one").problem?.code == "portal.access.stale")
            #expect(try await browser.ask("GET", "/v1/tokens").status == 200, "reading stays open")
            let password = VerificationRequest(password: try Password(Browser.password))
            #expect(try await browser.post("/v1/sessions/verify", password).problem?.code == "portal.account.proof")
            let code = try device.code()
            let verification = VerificationRequest(code: try AuthenticatorCode(code))
            #expect(try await browser.post("/v1/sessions/verify", verification).status == 200)
            #expect(try await create("fresh-two").status == 201)
            #expect(try await browser.post("/v1/sessions/verify", verification).status == 403, "each code once")
            let demanding = whole.routes.map(\.declaration).filter { $0.demands.contains(.freshProof) }
            #expect(
                Set(demanding.map(\.operationID)) == [
                    "createToken", "changePerson", "resetPerson", "beginAuthenticator", "confirmAuthenticator",
                    "renewRecoveryCodes", "createInvitation", "revealLabel",
                ]
            )
            _ = officer
        }
    }

    @Test("changing the password is no second factor: what wants a fresh proof wants it after that as before")
    func passwordIsNoProof() async throws {
        try await Self.run { whole, admin, _ in
            let thief = Browser(whole)
            _ = try await thief.signIn(Self.email)
            let (device, _) = try await thief.enrol()
            whole.portal.clock.advance(SessionRules.fresh)
            let new = "eleven quiet turbines"
            let changed = try await thief.post(
                "/v1/account/password",
                PasswordChange(current: Password(Browser.password), new: Password(new))
            )
            #expect(changed.status == 200, "\(changed.text)")
            for path in ["/v1/account/authenticator", "/v1/account/recovery-codes"] {
                #expect(try await thief.ask("POST", path).problem?.code == "portal.access.stale", "\(path)")
            }
            let code = VerificationRequest(code: try AuthenticatorCode(device.code()))
            #expect(try await thief.post("/v1/sessions/verify", code).status == 200)
            #expect(try await thief.ask("POST", "/v1/account/recovery-codes").status == 200)
            // A proof of a moment ago is not lost by it; and where the password is all there is, it proves all there is.
            let again = PasswordChange(current: try Password(new), new: try Password(Browser.password))
            #expect(try await thief.post("/v1/account/password", again).status == 200)
            #expect(try await thief.ask("POST", "/v1/account/recovery-codes").status == 200)
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.invite([.odmEngineer], into: odm, by: admin, email: "mei@example.com")
            let plain = Browser(whole)
            _ = try await plain.signIn("mei@example.com")
            whole.portal.clock.advance(SessionRules.fresh)
            #expect(try await plain.ask("POST", "/v1/account/authenticator").problem?.code == "portal.access.stale")
            let own = PasswordChange(current: try Password(Browser.password), new: try Password(new))
            #expect(try await plain.post("/v1/account/password", own).status == 200)
            #expect(try await plain.ask("POST", "/v1/account/authenticator").status == 200)
        }
    }

    @Test("the browser in which the second factor was set up is known from then on")
    func knownBrowser() async throws {
        try await Self.run { whole, _, _ in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            #expect(browser.device == nil, "a password alone makes nothing known")
            let (device, _) = try await browser.enrol()
            let cookie = try #require(browser.device)
            // Others spend all that unknown browsers have, from this very address.
            let now = whole.portal.clock.now
            for _ in 0..<40 {
                _ = try? whole.services.accounts.limiter.take(
                    login: Self.email,
                    address: "127.0.0.1",
                    device: nil,
                    hasFactor: true,
                    at: now
                )
            }
            #expect(try await Browser(whole).signIn(Self.email, code: device.code(after: 30)).status == 429)
            #expect(try await browser.signIn(Self.email, code: device.nextCode()).status == 200)
            #expect(browser.device == cookie)
        }
    }

    @Test(
        "an administrator's link sets a new password once; authenticator, codes and sessions are void then, not before"
    )
    func reset() async throws {
        try await Self.run { whole, admin, officer in
            let browser = Browser(whole)
            _ = try await browser.signIn(Self.email)
            let (device, codes) = try await browser.enrol()
            let path = "/v1/people/\(officer.id)/reset"
            let refused = try await browser.ask("POST", path, headers: ["Idempotency-Key": "reset-it"])
            #expect(refused.problem?.code == "portal.access.role")
            func link() async throws -> NewReset {
                let key = ["Idempotency-Key": "reset-\(UInt64.random(in: 0...UInt64.max))"]
                let reply = try await whole.portal.ask("POST", path, token: admin, headers: key)
                #expect(reply.status == 201, "\(reply.text)")
                return try reply.message(NewReset.self)
            }
            let (first, second) = (try await link(), try await link())
            #expect(second.link.hasSuffix("/reset#\(second.code)"))
            #expect(try await browser.ask("GET", "/v1/me").status == 200)
            func accept(_ reset: NewReset, _ password: String) async throws -> TestPortal.Reply {
                try await Browser(whole).post(
                    "/v1/account/reset",
                    ResetAcceptance(code: reset.code, password: Password(password))
                )
            }
            let new = "nine copper umbrellas"
            #expect(try await accept(first, new).problem?.code == "portal.code.refused", "the newer link counts")
            #expect(try await accept(second, "password1234").problem?.code == "portal.password.weak")
            #expect(try await accept(second, new).status == 204)
            #expect(try await accept(second, new).problem?.code == "portal.code.refused")
            #expect(try await browser.ask("GET", "/v1/me").status == 401)
            let other = Browser(whole)
            #expect(try await other.signIn(Self.email, code: device.nextCode()).status == 401)
            #expect(
                try await other.signIn(Self.email, new, recovery: codes[0]).message(OpenedSession.self)
                    .needsSecondFactor
            )
            let expired = try await link()
            whole.portal.clock.advance(SessionRules.resetLife)
            #expect(try await accept(expired, new).problem?.code == "portal.code.refused")
        }
    }
}
