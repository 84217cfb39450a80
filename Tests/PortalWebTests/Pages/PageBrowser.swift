import Foundation
import PortalProtocol
import Synchronization
import Testing
import Vocabulary

@testable import PortalWeb

/// A person with a browser: follows redirects, keeps cookies, and sends forms as they stand on the page.
struct PageBrowser {
    let browser: Browser
    /// Every address that was asked for or led to.
    let trail = Trail()
    var whole: WholePortal { browser.whole }

    init(_ whole: WholePortal) { browser = Browser(whole) }

    final class Trail: Sendable {
        private let paths = Mutex<[String]>([])
        var text: String { paths.withLock { $0.joined(separator: "\n") } }
        func add(_ path: String) { paths.withLock { $0.append(path) } }
    }

    /// A page as it came, after the redirects that led to it.
    struct Shown {
        let path: String
        let reply: TestPortal.Reply
        var status: Int { reply.status }
        var html: String { reply.text }

        /// Value of a hidden field, of the first form that has it.
        func hidden(_ name: String) -> String? {
            Self.first(#"<input type="hidden" name="\#(name)" value="([^"]*)""#, in: html)
        }

        /// Text of the element with an id, without markup.
        func text(of id: String) -> String? {
            Self.first(#"id="\#(id)"[^>]*>([^<]*(?:<(?!/(?:pre|code|ol))[^>]*>[^<]*)*)"#, in: html)
        }

        private static func first(_ pattern: String, in html: String) -> String? {
            guard let match = try? Regex(pattern).firstMatch(in: html) else { return nil }
            return unescape(String(match.output[1].substring ?? "").replacing(/<[^>]*>/, with: ""))
        }

        static func unescape(_ text: String) -> String {
            text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
                .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
        }
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Shown {
        try await follow(
            path,
            try await browser.ask("GET", path, headers: headers.merging(["Accept": "text/html"]) { $1 })
        )
    }

    /// Sends a form with the hidden fields of the page that it stands on.
    func send(
        _ path: String,
        _ fields: [String: String],
        from page: Shown? = nil,
        headers: [String: String] = [:]
    ) async throws -> Shown {
        try await follow(path, try await post(path, fields, from: page, headers: headers))
    }

    /// The same, without following where it leads.
    func post(
        _ path: String,
        _ fields: [String: String],
        from page: Shown? = nil,
        headers: [String: String] = [:]
    ) async throws -> TestPortal.Reply {
        var all = fields
        for name in ["csrf", "key", "tag", "next", "first", "carried"] where all[name] == nil {
            all[name] = page?.hidden(name)
        }
        let body = all.map { "\(escaped($0.key))=\(escaped($0.value))" }.joined(separator: "&")
        let type = ["Content-Type": "application/x-www-form-urlencoded", "X-OBIS-CSRF": ""]
        return try await browser.ask("POST", path, headers: type.merging(headers) { $1 }, body: Array(body.utf8))
    }

    private func follow(_ start: String, _ first: TestPortal.Reply) async throws -> Shown {
        var (path, reply, steps) = (start, first, 0)
        trail.add(start)
        while reply.status == 303, let next = reply.header("Location"), steps < 5 {
            #expect(next.hasPrefix("/") && !next.hasPrefix("//"), "\(next)")
            (path, steps) = (next, steps + 1)
            trail.add(next)
            reply = try await browser.ask("GET", next, headers: ["Accept": "text/html"])
        }
        return Shown(path: path, reply: reply)
    }

    // MARK: - What people do

    func signIn(_ email: String, password: String = Browser.password, code: String? = nil) async throws -> Shown {
        let page = try await get("/sign-in")
        return try await send("/sign-in", ["email": email, "password": password, "code": code ?? ""], from: page)
    }

    /// From the page that asks for it to the end; what the telephone has from then on, and the recovery codes.
    func enrol(from start: Shown) async throws -> (app: AuthenticatorApp, codes: [String], end: Shown) {
        let scan = try await send("/account/authenticator", ["do": "begin"], from: start)
        let secret = try #require(scan.text(of: "secret"))
        let app = try AuthenticatorApp(secret: Secret(AuthenticatorApp.base32(secret)), whole: whole)
        let end = try await send("/account/authenticator", ["do": "confirm", "code": app.code()], from: scan)
        let list = try #require(end.text(of: "codes"))
        return (app, list.split(whereSeparator: \.isWhitespace).map(String.init), end)
    }

    /// The first start, by pages alone: an administrator who is signed in.
    func setUp() async throws -> AuthenticatorApp {
        let page = try await get("/setup")
        let next = try await send(
            "/setup",
            [
                "code": whole.setupCode, "organisation": "Example OEM", "name": "Ada",
                "email": "ada@example.com", "password": Browser.password,
            ],
            from: page
        )
        #expect(next.path == "/account/authenticator?first=1", "\(next.path) \(next.html)")
        return try await enrol(from: next).app
    }

    /// A link for somebody, made on the page; its code.
    func invite(_ fields: [String: String], kind: String = "") async throws -> String {
        let place = "/people/invite" + kind
        let page = try await get(place)
        let made = try await send(place, fields.merging(["days": "7"]) { $1 }, from: page)
        #expect(made.status == 201, "\(made.html)")
        let link = try #require(made.text(of: "shown"))
        #expect(link.hasPrefix("https://portal.example:443/join#"))
        return String(try #require(link.split(separator: "#").last))
    }

    func join(_ code: String, name: String, email: String) async throws -> Shown {
        let page = try await get("/join")
        let offer = try await send("/join", ["do": "look", "code": code], from: page)
        #expect(offer.status == 200 && offer.hidden("code") == code, "\(offer.html)")
        return try await send(
            "/join",
            ["do": "join", "code": code, "name": name, "email": email, "password": Browser.password],
            from: offer
        )
    }
}
