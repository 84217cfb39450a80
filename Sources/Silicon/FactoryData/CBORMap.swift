import Vocabulary

/// The part of CBOR (RFC 8949) that factory data needs: one definite-length map from text to unsigned integers and byte
/// strings, every length in its shortest form, no key twice.
struct CBORMap {
    enum Value: Hashable {
        case unsigned(UInt64)
        case bytes([UInt8])
    }

    static let mostEntries = 64
    /// A partition is handled with 16-bit sizes.
    static let largest = 0xffff

    private(set) var entries: [(key: String, value: Value)] = []

    init(_ entries: [(key: String, value: Value)]) { self.entries = entries }

    var encoded: [UInt8] {
        entries.reduce(into: Self.head(5, UInt64(entries.count))) { bytes, entry in
            let key = Array(entry.key.utf8)
            bytes += Self.head(3, UInt64(key.count)) + key
            switch entry.value {
            case .unsigned(let number): bytes += Self.head(0, number)
            case .bytes(let content): bytes += Self.head(2, UInt64(content.count)) + content
            }
        }
    }

    private static func head(_ major: UInt8, _ value: UInt64) -> [UInt8] {
        func bigEndian(_ octets: Int) -> [UInt8] { Array(value.littleEndianBytes.prefix(octets).reversed()) }
        return switch value {
        case 0..<24: [major << 5 | UInt8(value)]
        case 24...0xff: [major << 5 | 24] + bigEndian(1)
        case 0x100...0xffff: [major << 5 | 25] + bigEndian(2)
        case 0x1_0000...0xffff_ffff: [major << 5 | 26] + bigEndian(4)
        default: [major << 5 | 27] + bigEndian(8)
        }
    }

    /// Throws `factory-data.encoding.malformed`; `bytes` must end with the map.
    init(parsing bytes: [UInt8]) throws {
        guard bytes.count <= Self.largest else { throw Self.malformed("\(bytes.count) octets") }
        var reader = ByteReader(bytes, else: Self.malformed("ends early"))
        let (major, count) = try Self.readHead(&reader)
        guard major == 5, count <= Self.mostEntries else { throw Self.malformed("not one map") }
        var seen: Set<String> = []
        for _ in 0..<count {
            let key = try Self.readKey(&reader)
            guard seen.insert(key).inserted else { throw Self.malformed("key \(key) twice") }
            entries.append((key, try Self.readValue(&reader)))
        }
        try reader.finish()
    }

    private static func readKey(_ reader: inout ByteReader) throws -> String {
        let (major, length) = try readHead(&reader)
        guard major == 3, length <= 32 else { throw malformed("key") }
        let octets = try reader.take(Int(length))
        let printable = octets.allSatisfy { (0x21...0x7e).contains($0) }
        guard printable else { throw malformed("key") }
        return String(decoding: octets, as: UTF8.self)
    }

    private static func readValue(_ reader: inout ByteReader) throws -> Value {
        let (major, value) = try readHead(&reader)
        switch major {
        case 0: return .unsigned(value)
        case 2:
            guard value <= UInt64(largest) else { throw malformed("length") }
            return try .bytes(reader.take(Int(value)))
        default: throw malformed("type \(major)")
        }
    }

    private static func readHead(_ reader: inout ByteReader) throws -> (major: UInt8, value: UInt64) {
        let first = try reader.u8()
        let (major, short) = (first >> 5, first & 31)
        if short < 24 { return (major, UInt64(short)) }
        let (octets, smallest): (Int, UInt64) =
            switch short {
            case 24: (1, 24)
            case 25: (2, 0x100)
            case 26: (4, 0x1_0000)
            case 27: (8, 0x1_0000_0000)
            default: throw malformed("indefinite length")
            }
        let value = try UInt64(littleEndianBytes: reader.take(octets).reversed())
        guard value >= smallest else { throw malformed("not the shortest form") }
        return (major, value)
    }

    static func malformed(_ detail: String) -> Refusal { Refusal(SiliconError.factoryDataMalformed, detail) }
}
