public import HTTPTypes
import PortalProtocol

/// What a browser sends beside a request, as far as sessions need it. Cookies are secrets: nothing of this is printed.
public struct BrowserFacts: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// Longest agent text that is kept, in characters.
    private static let longestAgent = 160

    /// Text of the session's cookie, where it has the form of one.
    let session: String?
    /// Text of the cookie by which a browser is known.
    let device: String?
    /// What the browser says of itself.
    let agent: String?

    /// Of a caller that is no browser.
    public init() { (session, device, agent) = (nil, nil, nil) }

    public init(headers: HTTPFields) {
        let cookies = headers[.cookie] ?? ""
        session = Self.cookie(SessionCookie.session, in: cookies)
        device = Self.cookie(SessionCookie.device, in: cookies)
        let printable = (headers[.userAgent] ?? "").unicodeScalars.filter { (0x20...0x7e).contains($0.value) }
        let agent = String(String.UnicodeScalarView(printable.prefix(Self.longestAgent)))
        self.agent = agent.isEmpty ? nil : agent
    }

    /// Nil where it is absent, malformed or there twice: who could plant a second one must not choose between them.
    private static func cookie(_ name: String, in header: String) -> String? {
        let values = header.split(separator: ";").compactMap { pair -> Substring? in
            let trimmed = pair.drop { $0 == " " }
            return trimmed.hasPrefix(name + "=") ? trimmed.dropFirst(name.count + 1) : nil
        }
        guard values.count == 1, let value = values.first, value.utf8.count == OneTimeCode.lengths.upperBound,
            value.utf8.allSatisfy(Base64URL.isDigit)
        else { return nil }
        return String(value)
    }

    public var description: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
