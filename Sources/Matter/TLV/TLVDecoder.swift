internal import Vocabulary

extension TLVElement {
    /// Deepest nesting and most elements that are read.
    public static let deepest = 8
    public static let mostElements = 512

    /// Decodes exactly one element, and nothing may follow it. `limit` is in octets.
    ///
    /// Throws `matter.tlv.too-large` and `matter.tlv.malformed`. In a structure every tag stands once; an array's
    /// elements are anonymous.
    public init(decoding bytes: [UInt8], limit: Int = 4096) throws {
        guard bytes.count <= limit else {
            throw Refusal(MatterError.tlvTooLarge, "\(bytes.count) octets, limit \(limit)")
        }
        var decoder = TLVDecoder(bytes: bytes)
        guard let element = try decoder.element(depth: 0) else {
            throw Refusal(MatterError.tlvMalformed, "an end of container without its start")
        }
        guard decoder.isAtEnd else { throw Refusal(MatterError.tlvMalformed, "octets after the value") }
        self = element
    }
}

private struct TLVDecoder {
    let bytes: [UInt8]
    var position = 0
    var elements = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    /// Nil for an end of container.
    mutating func element(depth: Int) throws -> TLVElement? {
        elements += 1
        guard depth <= TLVElement.deepest, elements <= TLVElement.mostElements else {
            throw Refusal(MatterError.tlvTooLarge, "too deep or too many elements")
        }
        let control = UInt8(try number(octets: 1))
        if control == 0x18 { return nil }
        let tag = try tag(control >> 5)
        return TLVElement(tag, try value(control & 0x1F, depth: depth))
    }

    private mutating func tag(_ form: UInt8) throws -> TLVTag {
        switch form {
        case 0: .anonymous
        case 1: .context(UInt8(try number(octets: 1)))
        case 2, 4: .profile(vendor: 0, profile: 0, tag: UInt32(try number(octets: 2)))
        case 3, 5: .profile(vendor: 0, profile: 0, tag: UInt32(try number(octets: 4)))
        case 6:
            .profile(
                vendor: UInt16(try number(octets: 2)),
                profile: UInt16(try number(octets: 2)),
                tag: UInt32(try number(octets: 2))
            )
        default:
            .profile(
                vendor: UInt16(try number(octets: 2)),
                profile: UInt16(try number(octets: 2)),
                tag: UInt32(try number(octets: 4))
            )
        }
    }

    private mutating func value(_ type: UInt8, depth: Int) throws -> TLVValue {
        switch type {
        case 0x00...0x03: return .signed(try signed(octets: 1 << Int(type)))
        case 0x04...0x07: return .unsigned(try number(octets: 1 << Int(type - 4)))
        case 0x08, 0x09: return .boolean(type == 0x09)
        case 0x0A: return .float(bits: try number(octets: 4), octets: 4)
        case 0x0B: return .float(bits: try number(octets: 8), octets: 8)
        case 0x0C...0x0F:
            guard let text = String(validating: try string(type - 0x0C), as: UTF8.self) else {
                throw Refusal(MatterError.tlvMalformed, "a string that is not UTF-8")
            }
            return .utf8(text)
        case 0x10...0x13: return .octets(Array(try string(type - 0x10)))
        case 0x14: return .null
        case 0x15:
            let members = try container(depth: depth)
            guard Set(members.map(\.tag)).count == members.count else {
                throw Refusal(MatterError.tlvMalformed, "the same tag twice in a structure")
            }
            return .structure(members)
        case 0x16:
            let members = try container(depth: depth)
            guard members.allSatisfy({ $0.tag == .anonymous }) else {
                throw Refusal(MatterError.tlvMalformed, "a tag in an array")
            }
            return .array(members)
        case 0x17: return .list(try container(depth: depth))
        default: throw Refusal(MatterError.tlvMalformed, "element type \(type)")
        }
    }

    private mutating func container(depth: Int) throws -> [TLVElement] {
        var members: [TLVElement] = []
        while let member = try element(depth: depth + 1) { members.append(member) }
        return members
    }

    private mutating func string(_ width: UInt8) throws -> ArraySlice<UInt8> {
        let length = try number(octets: 1 << Int(width))
        guard length <= UInt64(bytes.count - position) else {
            throw Refusal(MatterError.tlvMalformed, "a length beyond the end")
        }
        let start = position
        position += Int(length)
        return bytes[start..<position]
    }

    private mutating func signed(octets: Int) throws -> Int64 {
        let bits = try number(octets: octets)
        let unused = UInt64(64 - octets * 8)
        return Int64(bitPattern: bits << unused) >> Int64(unused)
    }

    /// Little-endian.
    private mutating func number(octets: Int) throws -> UInt64 {
        guard octets <= bytes.count - position else { throw Refusal(MatterError.tlvMalformed, "cut short") }
        var number: UInt64 = 0
        for index in 0..<octets { number |= UInt64(bytes[position + index]) << UInt64(index * 8) }
        position += octets
        return number
    }
}
