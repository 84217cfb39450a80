import FoundationEssentials
import Vocabulary

/// Octets of any length inside a statement, as canonical base64 with padding (RFC 4648 section 4), so that `openssl
/// base64 -d` reads them. Non-canonical text is refused, since two texts for one value would be two statements.
public struct Octets: Hashable, Sendable, Codable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// Throws `StatementError.malformedBase64`.
    public init(base64 text: String) throws {
        guard let bytes = Self.decoded(text) else {
            throw Refusal(StatementError.malformedBase64, String(text.prefix(24)))
        }
        self.bytes = bytes
    }

    /// Nil for all but the one canonical text: whole groups of four, padding at the end alone, and no bit set that
    /// would not come back.
    private static func decoded(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count.isMultiple(of: 4) else { return nil }
        let padding = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 4 * 3)
        var (group, bits) = (UInt32(0), 0)
        for character in characters.dropLast(padding) {
            guard let value = sextet(character) else { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
        }
        guard group & ((1 << UInt32(bits)) - 1) == 0 else { return nil }
        return bytes
    }

    private static func sextet(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
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
