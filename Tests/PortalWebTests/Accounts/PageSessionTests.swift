import Governance
import HTTPTypes
import HummingbirdCore
import PortalCore
import PortalProtocol
import Synchronization
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Sessions on pages")
struct PageSessionTests {
    private static let email = "mei@example.com"

    private static func run(_ body: (WholePortal, Browser, String) async throws -> Void) async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.invite([.odmProductionManager], into: odm, by: admin, email: email)
            let browser = Browser(whole)
            _ = try await browser.signIn(email)
            try await body(whole, browser, admin)
        }
    }

    @Test("a page is for who is signed in, and its headers let nothing in and out but the portal itself")
    func pages() async throws {
        try await Self.run { whole, browser, _ in
            let page = try await browser.ask("GET", "/batches")
            #expect(page.status == 200 && page.header("Content-Type") == "text/html; charset=utf-8", "\(page.text)")
            let policy = try #require(page.header("Content-Security-Policy"))
            for part in [
                "default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'",
                "frame-ancestors 'none'", "base-uri 'none'",
            ] { #expect(policy.contains(part)) }
            #expect(!policy.contains("unsafe") && !policy.contains("*"))
            // With `no-referrer` forms would come with a null origin.
            #expect(page.header("Referrer-Policy") == "same-origin")
            #expect(page.header("Cache-Control") == "no-store")
            #expect(page.text.contains(browser.csrf), "its forms carry the session's token")
            let stranger = Browser(whole)
            let door = try await stranger.ask("GET", "/batches")
            #expect(door.status == 303 && door.header("Location")?.hasPrefix("/sign-in?next=") == true)
            whole.portal.clock.advance(SessionRules.idle)
            #expect(try await browser.ask("GET", "/batches").status == 303)
        }
    }

    @Test("a form wants its session's token and comes from a page of the portal's own, signed in or not")
    func forms() async throws {
        try await Self.run { whole, browser, _ in
            func send(
                _ browser: Browser,
                _ csrf: String,
                _ headers: [String: String] = [:]
            ) async throws
                -> TestPortal.Reply
            {
                var all = ["Content-Type": "application/x-www-form-urlencoded", "X-OBIS-CSRF": ""]
                all.merge(headers) { $1 }
                return try await browser.ask("POST", "/batches/new", form: "csrf=\(csrf)&quantity=1", headers: all)
            }
            let good = try await send(browser, browser.csrf)
            #expect(![303, 403].contains(good.status), "got as far as the form: \(good.status)")
            for (csrf, headers) in [
                ("", [:]), ("x", [:]), (browser.csrf, ["Origin": "https://evil.example"]),
                (browser.csrf, ["Origin": "null"]), (browser.csrf, ["Sec-Fetch-Site": "cross-site"]),
            ] as [(String, [String: String])] {
                let forged = try await send(browser, csrf, headers)
                #expect(forged.status == 403, "\(csrf) \(headers)")
            }
            let other = Browser(whole)
            _ = try await other.signIn(Self.email)
            #expect(try await send(browser, other.csrf).status == 403, "another session's token")
            let stranger = try await send(Browser(whole), "", ["Origin": "https://evil.example"])
            #expect(stranger.status == 403, "nor does a foreign page send a stranger's")
        }
    }

    @Test("a live stream keeps no session awake")
    func streams() async throws {
        try await Self.run { whole, browser, _ in
            let headers = HTTPFields([
                HTTPField(name: .cookie, value: "\(SessionCookie.session)=\(try #require(browser.cookie))"),
                HTTPField(name: .accept, value: "text/event-stream"),
            ])
            let sessions = CookieSessions(authenticator: whole.services.authenticator)
            for _ in 0..<5 {
                #expect(try await sessions.session(headers, address: "127.0.0.1") != nil)
                whole.portal.clock.advance(SessionRules.idle / 5)
            }
            #expect(try await sessions.session(headers, address: "127.0.0.1") == nil)
            #expect(try await browser.ask("GET", "/v1/me").status == 401)
        }
    }

    @Test("an API token on a page is a program's: no cookie counts beside it")
    func programs() async throws {
        try await Self.run { whole, browser, admin in
            let cookie = "\(SessionCookie.session)=\(try #require(browser.cookie))"
            let bad = try await whole.portal.ask("GET", "/v1/me", token: "obis_x", headers: ["Cookie": cookie])
            #expect(bad.problem?.code == "portal.access.token")
            let good = try await whole.portal.ask("GET", "/v1/me", token: admin, headers: ["Cookie": cookie])
            #expect(try good.message(Me.self).person.roles == [.oemAdmin])
        }
    }

    @Test("pages sign in through the API: in process, with its cookies, its one refusal and its budgets")
    func inProcess() async throws {
        try await Self.run { whole, _, _ in
            let mount = RouteMount(
                authenticator: whole.services.authenticator,
                clock: whole.services.clock,
                acts: whole.services.acts
            )
            let api = PageAPI(
                table: PageRouteTable(whole.routes),
                mount: mount,
                exchange: Exchange(address: "192.0.2.9"),
                headers: [.userAgent: "Test/2.0"],
                session: nil
            )
            let reply = try await api.signIn(email: " \(Self.email)", password: Browser.password, factor: "")
            #expect(reply.cookies.count == 2 && reply.cookies[0].hasPrefix("__Host-obis="))
            guard case .response(let answer) = PageAnswer.redirect("/account", cookies: reply.cookies) else {
                Issue.record("no response")
                return
            }
            #expect(answer.headers[values: .setCookie] == reply.cookies && answer.headers[.location] == "/account")
            for factor in ["", "123456", "AAAA-AAAA-AAAA-AAAA"] {
                await #expect {
                    _ = try await api.signIn(email: Self.email, password: "not this one", factor: factor)
                } throws: { ($0 as? APIProblem)?.problem.code == "portal.sign-in.refused" }
            }
            await #expect {
                _ = try await api.signIn(email: Self.email, password: Browser.password, factor: "12 34")
            } throws: { ($0 as? APIProblem)?.problem.code == "portal.request.malformed" }
        }
    }
}

@Suite("Cost of passwords")
struct PasswordSettingsTests {
    @Test(
        "a production profile takes nothing cheaper than the usual cost, and nobody what scrypt or memory can't",
        arguments: [
            (nil, true, true), ((15, 8, 3), true, true), ((16, 8, 2), true, true), ((17, 8, 1), true, true),
            ((14, 8, 6), true, false), ((12, 8, 1), true, false), ((18, 8, 1), false, false), ((0, 8, 1), false, false),
            ((15, 0, 3), false, false),
        ] as [((Int, Int, Int)?, Bool, Bool)]
    )
    func settings(cost: (Int, Int, Int)?, inLab: Bool, inProduction: Bool) {
        for (profile, isTaken) in [(CustodyProfile.lab, inLab), (.production, inProduction)] {
            let settings = PortalConfiguration(
                oem: "Example OEM",
                profile: profile,
                token: .init(module: "/m", label: "portal", pinFile: "/p"),
                dataDirectory: "/d",
                rootKeyFile: "/r",
                publicHost: "localhost",
                publicPort: 443,
                people: .init(host: "127.0.0.1", port: 0),
                sync: .init(host: "127.0.0.1", port: 0),
                tls: .init(certificates: "/c", key: "/k", issuer: "/i"),
                passwordCost: cost.map { .init(logN: $0.0, blockSize: $0.1, parallelism: $0.2) }
            )
            #expect(((try? settings.validate()) != nil) == isTaken, "\(profile) \(String(describing: cost))")
        }
    }

    @Test("a known browser's password comes before a flood of strangers', and the flood is bounded")
    func lanes() async throws {
        let hasher = PasswordHasher()
        let slow = try #require(PasswordCost(logN: 11, blockSize: 8, parallelism: 1))
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<200 {
                tasks.addTask {
                    do {
                        _ = try await hasher.hash("stranger", salt: [1], cost: slow)
                        order.add("stranger")
                    } catch let refusal as Refusal where refusal.has(AccountError.busy) { order.add("busy") }
                }
            }
            while hasher.queued < PasswordHasher.mostWaiting { try await Task.sleep(for: .milliseconds(1)) }
            _ = try await hasher.hash("known", salt: [1], cost: slow, isKnown: true)
            order.add("known")
            try await tasks.waitForAll()
        }
        let done = order.all.filter { $0 != "busy" }
        let place = try #require(done.firstIndex(of: "known"))
        #expect(done.count >= PasswordHasher.mostWaiting && order.all.count == 201)
        #expect(done[place...].count { $0 == "stranger" } >= PasswordHasher.mostWaiting / 2)
        #expect(hasher.peak == PasswordHasher.mostAtOnce)
    }

    private final class Order: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func add(_ name: String) { names.withLock { $0.append(name) } }
    }
}
