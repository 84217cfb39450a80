import Dispatch
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

    @Test("a page's headers let nothing in and out but the portal itself")
    func headers() {
        var page = Response(status: .ok, headers: [.contentType: "text/html; charset=utf-8"])
        SecurityHeaders.apply(to: &page)
        let policy = page.headers[.contentSecurityPolicy] ?? ""
        for part in [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'",
            "frame-ancestors 'none'", "base-uri 'none'",
        ] { #expect(policy.contains(part)) }
        #expect(!policy.contains("unsafe") && !policy.contains("*"))
        // With `no-referrer` a browser would send the page's forms with a null origin.
        #expect(page.headers[.referrerPolicy] == "same-origin")
        #expect(page.headers[.cacheControl] == "no-store")
        var file = Response(status: .ok, headers: [.contentType: "font/woff2", .cacheControl: "max-age=31536000"])
        SecurityHeaders.apply(to: &file)
        #expect(file.headers[.cacheControl] == "max-age=31536000")
        #expect(file.headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
    }

    @Test("a form wants its session's token and comes from a page of the portal's own")
    func forms() async throws {
        try await Self.run { whole, browser, _ in
            let headers = HTTPFields([
                HTTPField(name: .cookie, value: "\(SessionCookie.session)=\(try #require(browser.cookie))")
            ])
            let session = try #require(try await whole.services.authenticator.signedIn(headers))
            #expect(session.csrf == browser.csrf && !session.needsSecondFactor)
            let own: HTTPFields = [.origin: "https://portal.example", .fetchSite: "same-origin"]
            try session.requireOwnForm(csrf: browser.csrf, headers: own, authority: "portal.example")
            try session.requireOwnForm(csrf: browser.csrf, headers: [:], authority: "portal.example")
            for (csrf, headers, authority) in [
                (nil, own, "portal.example"), ("", own, "portal.example"), ("x", own, "portal.example"),
                (browser.csrf, [.origin: "https://evil.example"], "portal.example"),
                (browser.csrf, [.origin: "null"], "portal.example"), (browser.csrf, own, nil), (browser.csrf, own, ""),
                (browser.csrf, [.origin: "https://portal.example:8443"], "portal.example"),
                (browser.csrf, [.fetchSite: "cross-site"], "portal.example"),
            ] as [(String?, HTTPFields, String?)] {
                #expect {
                    try session.requireOwnForm(csrf: csrf, headers: headers, authority: authority)
                } throws: { ($0 as? Refusal)?.has(PortalError.forged) == true }
            }
        }
    }

    @Test("a live stream keeps no session awake")
    func streams() async throws {
        try await Self.run { whole, browser, _ in
            let headers = HTTPFields([
                HTTPField(name: .cookie, value: "\(SessionCookie.session)=\(try #require(browser.cookie))"),
                HTTPField(name: .accept, value: "text/event-stream"),
            ])
            let authenticator = whole.services.authenticator
            for _ in 0..<5 {
                #expect(try await authenticator.signedIn(headers) != nil)
                whole.portal.clock.advance(SessionRules.idle / 5)
            }
            #expect(try await authenticator.signedIn(headers) == nil)
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
        // Nobody is done before all have come.
        let gate = DispatchSemaphore(value: 0)
        let hasher = PasswordHasher { _, _, _ in
            gate.wait()
            return []
        }
        let order = Order()
        let bounded = PasswordHasher.mostAtOnce + PasswordHasher.mostWaiting
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<200 {
                tasks.addTask {
                    do {
                        _ = try await hasher.hash("stranger", salt: [1], cost: .usual)
                        order.add("stranger")
                    } catch let refusal as Refusal where refusal.has(AccountError.busy) { order.add("busy") }
                }
            }
            while order.all.count < 200 - bounded { try await Task.sleep(for: .milliseconds(1)) }
            #expect(hasher.queued == (PasswordHasher.mostWaiting, 0))
            tasks.addTask {
                _ = try await hasher.hash("known", salt: [1], cost: .usual, isKnown: true)
                order.add("known")
            }
            while hasher.queued.known == 0 { try await Task.sleep(for: .milliseconds(1)) }
            // The first place that comes free is the known one's, and no stranger's.
            gate.signal()
            while hasher.queued.known > 0 { try await Task.sleep(for: .milliseconds(1)) }
            #expect(hasher.queued == (PasswordHasher.mostWaiting, 0))
            for _ in 0..<bounded { gate.signal() }
            try await tasks.waitForAll()
        }
        #expect(order.all.count { $0 != "busy" } == bounded + 1 && order.all.count == 201)
        #expect(hasher.peak == PasswordHasher.mostAtOnce)
    }

    private final class Order: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func add(_ name: String) { names.withLock { $0.append(name) } }
    }
}
