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

    /// The token against forged requests that belongs to a session's cookie: derived from it, so that nothing is kept and
    /// a new cookie has another.
    static func csrf(of cookie: String) -> String {
        let key = SymmetricKey(data: Array(cookie.utf8))
        return Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: Array("obis csrf v1".utf8), using: key)))
    }
}

/// A session's cookie with what belongs to it, before it is sent.
struct NewSessionSecret: Sendable {
    let text: String
    var digest: Digest256 { Digest256.of(text.utf8) }
    var csrf: String { SessionCookie.csrf(of: text) }

    init() { text = RandomCode().text }
}
