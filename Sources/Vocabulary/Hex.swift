/// Lower-case hexadecimal, strict on reading: even length, digits 0-9 and a-f only.
public enum Hex {
    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.underestimatedCount * 2)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Throws `VocabularyError.malformedHex` for odd length, upper case or any other character.
    public static func decode(_ text: some StringProtocol) throws -> [UInt8] {
        let bytes = try text.utf8.withContiguousStorageIfAvailable { try decode($0) }
        return try bytes ?? Array(text.utf8).withUnsafeBufferPointer { try decode($0) }
    }

    /// Eight octets from their sixteen digits at `place`, big-endian; nil where one is no digit.
    static func word(_ characters: UnsafeBufferPointer<UInt8>, at place: Int) -> UInt64? {
        var (word, wrong) = (UInt64(0), UInt8(0))
        for index in place..<place + 16 {
            let character = characters[index]
            let (decimal, letter) = (character &- UInt8(ascii: "0"), character &- UInt8(ascii: "a"))
            let value = decimal < 10 ? decimal : letter < 6 ? letter &+ 10 : 0xFF
            wrong |= value
            word = word << 4 | UInt64(value & 15)
        }
        return wrong < 16 ? word : nil
    }

    static func decode(_ characters: UnsafeBufferPointer<UInt8>) throws -> [UInt8] {
        guard characters.count.isMultiple(of: 2) else {
            throw Refusal(VocabularyError.malformedHex, "odd length \(characters.count)")
        }
        return try [UInt8](unsafeUninitializedCapacity: characters.count / 2) { bytes, count in
            while count < characters.count / 2 {
                bytes[count] = try nibble(characters[2 * count]) << 4 | nibble(characters[2 * count + 1])
                count += 1
            }
        }
    }

    private static func nibble(_ character: UInt8) throws -> UInt8 {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: throw Refusal(VocabularyError.malformedHex, "character code \(character)")
        }
    }
}
