import Crypto
import Foundation
import NIOHTTP1
import Vocabulary

/// Passwords and authenticators of the demo's people, for whoever opens the portal in a browser. Set up as people do it:
/// the administrator's link, a password, an authenticator's first code.
struct DemoSignIn: Sendable {
    let name: String
    let email: String
    let roles: [String]
    let password: String
    /// Base32, for an authenticator; nil where the person needs none.
    let secret: String?

    var json: JSONTree {
        [
            "name": .text(name), "email": .text(email), "password": .text(password),
            "roles": .list(roles.map { .text($0) }), "authenticator": secret.map { .text($0) } ?? .null,
        ]
    }
}

extension PortalPeople {
    /// Everybody, in the order of their names.
    func signIns(_ door: PortalDoor) async throws -> [DemoSignIn] {
        var made: [DemoSignIn] = []
        for person in try await admin.all("/v1/people") {
            made.append(try await signIn(of: person, DemoBrowser(door.caller(token: nil))))
        }
        return made.sorted { $0.name < $1.name }
    }

    private func signIn(of person: JSONTree, _ browser: DemoBrowser) async throws -> DemoSignIn {
        let (id, email) = (try person.string("id"), try person.string("email"))
        let password = Self.password()
        let code = try await admin.post("/v1/people/\(id)/reset", .null).string("code")
        _ = try await browser.post("/v1/account/reset", ["code": .text(code), "password": .text(password)])
        let opened = try await browser.post("/v1/sessions", ["email": .text(email), "password": .text(password)])
        var secret: String?
        if opened["needsSecondFactor"] == .bool(true) {
            let begun = try await browser.post("/v1/account/authenticator", nil).string("secret")
            let shown = try Self.code(of: begun)
            _ = try await browser.post("/v1/account/authenticator/confirm", ["code": .text(shown)])
            secret = begun
        }
        _ = try await browser.post("/v1/account/sign-out", nil)
        return DemoSignIn(
            name: try person.string("name"),
            email: email,
            roles: person["roles"].list.compactMap { if case .text(let role) = $0 { role } else { nil } },
            password: password,
            secret: secret
        )
    }

    /// Three groups of five letters that are not mistaken for each other: 69 random bits.
    private static func password() -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz")
        return (0..<3).map { _ in
            String((0..<5).map { _ in letters[Int.random(in: letters.indices)] })
        }.joined(separator: "-")
    }

    /// What an authenticator shows now (RFC 6238).
    private static func code(of secret: String) throws -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (key, bits, count) = ([UInt8](), UInt32(0), 0)
        for character in secret {
            guard let digit = digits.firstIndex(of: character) else {
                throw Refusal(FactoryBoxError.unexpected, "an authenticator secret that is not base32")
            }
            (bits, count) = (bits << 5 | UInt32(digit), count + 5)
            if count >= 8 {
                count -= 8
                key.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        let step = UInt64(Date().timeIntervalSince1970) / 30
        let message = withUnsafeBytes(of: step.bigEndian) { Array($0) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: key)))
        let start = Int(mac[19] & 15)
        let number = mac[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        return String(String(1_000_000 + number % 1_000_000).suffix(6))
    }
}

/// A browser as far as the API needs one: its cookies and the session's own token.
private final class DemoBrowser {
    private let client: PortalClient
    private var cookies: [String: String] = [:]
    private var csrf = ""

    init(_ client: PortalClient) { self.client = client }

    func post(_ path: String, _ body: JSONTree?) async throws -> JSONTree {
        var headers = [("x-obis-csrf", csrf)]
        if body != nil { headers.append(("content-type", "application/json")) }
        if !cookies.isEmpty {
            headers.append(("cookie", cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")))
        }
        let reply = try await client.send(.POST, path, try body?.serialized(), headers: headers)
        let answer = reply.body.isEmpty ? JSONTree.null : try reply.tree()
        guard reply.status < 300 else {
            throw Refusal(FactoryBoxError.unexpected, "\(path): \(reply.status) \((try? answer.string("code")) ?? "")")
        }
        for line in reply.setCookies {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
            if pair.count == 2 { cookies[pair[0]] = pair[1] }
        }
        csrf = (try? answer.string("csrf")) ?? (try? answer["session"].string("csrf")) ?? csrf
        return answer
    }
}
