/// RFC 4648 section 5 without padding.
public enum Base64URL {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    public static func isDigit(_ byte: UInt8) -> Bool { digits.contains(byte) }

    public static func encode(_ bytes: some Sequence<UInt8>) -> String { bitGroups(of: bytes, 6, digits) }

    /// Nil for anything that `encode` would not have written.
    public static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for character in text.utf8 {
            guard let digit = digits.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return encode(bytes) == text ? bytes : nil
    }
}

/// RFC 4648 section 6 without padding, in capitals: what people can type.
public enum Base32 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    public static func encode(_ bytes: some Sequence<UInt8>) -> String { bitGroups(of: bytes, 5, digits) }
}

/// A digit for each `size` bits, from the highest on; the last is filled up with zeros.
private func bitGroups(of bytes: some Sequence<UInt8>, _ size: Int, _ digits: [UInt8]) -> String {
    var text: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    let mask = UInt32(1) << UInt32(size) - 1
    for byte in bytes {
        bits = bits << 8 | UInt32(byte)
        count += 8
        while count >= size {
            count -= size
            text.append(digits[Int(bits >> UInt32(count) & mask)])
        }
    }
    if count > 0 { text.append(digits[Int(bits << UInt32(size - count) & mask)]) }
    return String(decoding: text, as: UTF8.self)
}
