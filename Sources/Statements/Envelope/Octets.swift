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
        var significant = characters.count
        while significant > max(0, characters.count - 2), characters[significant - 1] == UInt8(ascii: "=") {
            significant -= 1
        }
        let (groups, rest) = significant.quotientAndRemainder(dividingBy: 4)
        guard rest != 1 else { return nil }
        var (wrong, left) = (UInt8(0), UInt32(0))
        let bytes = sextets.withUnsafeBufferPointer { sextets in
            [UInt8](unsafeUninitializedCapacity: significant * 6 / 8) { bytes, count in
                func take(_ place: Int) -> UInt32 {
                    let value = sextets[Int(characters[place])]
                    wrong |= value
                    return UInt32(value & 63)
                }
                for start in stride(from: 0, to: groups * 4, by: 4) {
                    let group = take(start) << 18 | take(start + 1) << 12 | take(start + 2) << 6 | take(start + 3)
                    bytes[count] = UInt8(truncatingIfNeeded: group >> 16)
                    bytes[count + 1] = UInt8(truncatingIfNeeded: group >> 8)
                    bytes[count + 2] = UInt8(truncatingIfNeeded: group)
                    count += 3
                }
                guard rest > 1 else { return }
                var group = take(groups * 4) << 18 | take(groups * 4 + 1) << 12
                if rest == 3 { group |= take(groups * 4 + 2) << 6 }
                for place in 0..<(rest - 1) {
                    bytes[count] = UInt8(truncatingIfNeeded: group >> (16 - 8 * UInt32(place)))
                    count += 1
                }
                left = group & (rest == 2 ? 0xFFFF : 0xFF)
            }
        }
        return wrong < 64 && left == 0 ? bytes : nil
    }

    /// Of each octet as a character of base64; 255 for what is none.
    private static let sextets: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, character) in alphabet.utf8.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

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
