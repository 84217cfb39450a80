import FoundationEssentials
import Vocabulary

/// Octets of any length inside a statement, as canonical base64 with padding (RFC 4648 section 4), so that `openssl
/// base64 -d` reads them. Non-canonical text is refused, since two texts for one value would be two statements.
public struct Octets: Hashable, Sendable, Codable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// Throws `StatementError.malformedBase64`.
    public init(base64 text: String) throws {
        let bytes = text.utf8.withContiguousStorageIfAvailable { Self.decoded($0) }
        guard let bytes = bytes ?? Array(text.utf8).withUnsafeBufferPointer({ Self.decoded($0) }) else {
            throw Refusal(StatementError.malformedBase64, String(text.prefix(24)))
        }
        self.bytes = bytes
    }

    /// From the octets of its text; nil for any but canonical base64.
    init?(base64Octets: UnsafeBufferPointer<UInt8>) {
        guard let bytes = Self.decoded(base64Octets) else { return nil }
        self.bytes = bytes
    }

    /// Nil for all but the one canonical text: whole groups of four, padding at the end alone, and no bit set that
    /// would not come back.
    private static func decoded(_ characters: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard characters.count.isMultiple(of: 4) else { return nil }
        let padding = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        let significant = characters.count - padding
        var (wrong, left) = (UInt8(0), UInt32(0))
        let bytes = [UInt8](unsafeUninitializedCapacity: significant * 6 / 8) { bytes, count in
            var (group, bits) = (UInt32(0), UInt32(0))
            for place in 0..<significant {
                let value = sextet(characters[place])
                wrong |= value
                group = group << 6 | UInt32(value & 63)
                bits += 6
                guard bits >= 8 else { continue }
                bits -= 8
                bytes[count] = UInt8(truncatingIfNeeded: group >> bits)
                count += 1
            }
            left = group & ((1 << bits) - 1)
        }
        return wrong < 64 && left == 0 ? bytes : nil
    }

    /// 255 for what is no character of base64.
    private static func sextet(_ character: UInt8) -> UInt8 {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: 0xFF
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
