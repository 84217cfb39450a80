import Crypto
import PortalCore
import PortalProtocol
import Statements
import Vocabulary

/// The two cookies of the portal. `__Host-`: a browser takes them over TLS from this very host alone, for all its paths.
enum SessionCookie {
    /// Who is signed in. Ends with the browser, and on the portal's side earlier.
    static let session = "__Host-obis"
    /// That somebody signed in here before: such a browser has a budget of its own for wrong passwords.
    static let device = "__Host-obis-device"

    private static let flags = "Path=/; Secure; HttpOnly; SameSite=Strict"

    static func setSession(_ text: String) -> String { "\(session)=\(text); \(flags)" }
    static let endSession = "\(session)=; \(flags); Max-Age=0"
    static func setDevice(_ text: String) -> String {
        "\(device)=\(text); \(flags); Max-Age=\(SessionRules.deviceLife)"
    }

    /// Characters at a cookie's start that stay while its session lasts: 120 random bits. The other 136 are new with each
    /// cookie, so that who knows an earlier one is as far from the next as anybody.
    private static let lasting = 20

    /// What stays of a cookie while its session lasts. As secret as the cookie.
    static func lasting(of cookie: String) -> String { String(cookie.prefix(lasting)) }

    /// Text of the cookie with which a session goes on: the beginning of the one before, the rest new.
    static func renewed(_ cookie: String?) -> String {
        let new = RandomCode().text
        return cookie.map { lasting(of: $0) + new.dropFirst(lasting) } ?? new
    }

    /// The token against forged requests that belongs to a session: derived from what stays of its cookie, so that nothing is
    /// kept, another sign-in has another, and a form in another tab is still the session's own after a fresh proof.
    static func csrf(of cookie: String) -> String {
        let key = SymmetricKey(data: Array(lasting(of: cookie).utf8))
        return Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: Array("obis csrf v1".utf8), using: key)))
    }
}

/// A session's cookie with what belongs to it, before it is sent.
struct NewSessionSecret: Sendable {
    let text: String
    var digest: Digest256 { Digest256.of(text.utf8) }
    var csrf: String { SessionCookie.csrf(of: text) }

    /// - Parameter before: the session's cookie until now; nil for a session that begins.
    init(after before: String? = nil) { text = SessionCookie.renewed(before) }
}
