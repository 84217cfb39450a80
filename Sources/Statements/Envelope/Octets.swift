import FoundationEssentials
import Vocabulary

/// Octets of any length inside a statement, as canonical base64 with padding (RFC 4648 section 4), so that `openssl
/// base64 -d` reads them. Non-canonical text is refused, since two texts for one value would be two statements.
public struct Octets: Hashable, Sendable, Codable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// Throws `StatementError.malformedBase64`.
    public init(base64 text: String) throws {
        guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else {
            throw Refusal(StatementError.malformedBase64, String(text.prefix(24)))
        }
        self.bytes = Array(data)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(base64: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(base64)
    }

    public var base64: String { Data(bytes).base64EncodedString() }
    public var description: String { "\(bytes.count) octets" }
}
