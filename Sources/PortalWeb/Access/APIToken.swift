import PortalProtocol
import Statements
public import Vocabulary

/// `obis_` and 32 random octets in base64url. Kept as SHA-256 alone; the text is shown once.
public struct APIToken: Sendable {
    public static let prefix = "obis_"
    public let text: String
    /// SHA-256 of the whole text.
    public var digest: Digest256 { Digest256.of(text.utf8) }

    /// A new one, from the system's random numbers.
    public init() { text = Self.prefix + RandomCode().text }

    /// The token of an `Authorization` header, nil unless it has the form of one.
    static func text(ofHeader header: String) -> String? {
        guard header.utf8.count <= 128, header.lowercased().hasPrefix("bearer ") else { return nil }
        let text = String(header.dropFirst(7))
        let isToken =
            text.hasPrefix(prefix) && text.utf8.count == prefix.utf8.count + 43
            && text.dropFirst(prefix.count).utf8.allSatisfy(Base64URL.isDigit)
        return isToken ? text : nil
    }
}

/// 32 random octets in base64url: setup, invitation and joining codes. Kept as SHA-256 alone.
public struct RandomCode: Sendable {
    public let text: String
    public var digest: Digest256 { Digest256.of(text.utf8) }

    public init() {
        var generator = SystemRandomNumberGenerator()
        text = Base64URL.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}
