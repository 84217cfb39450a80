import Vocabulary

/// Commands of the ADAC wire protocol.
public enum ADACCommand: UInt16, Sendable, CaseIterable {
    case discovery = 1
    case authStart = 2
    case authResponse = 3
    case closeSession = 4
    case resumeBoot = 5
    case lockDebug = 6
    case lifecycleChange = 7
}

/// What a chip answers.
public enum ADACStatus: UInt16, Sendable, CaseIterable {
    case success = 0
    case failure = 1
    case needMoreData = 2
    case unsupported = 3
    case unauthorized = 4
    case invalidParameters = 5
    case invalidCommand = 0x7fff
}

/// Host to chip: reserved u16, command u16, count of 32-bit words u32, words.
public struct ADACRequest: Hashable, Sendable {
    /// The raw code: a chip answers unknown ones with `invalidCommand`.
    public let code: UInt16
    public let data: [UInt8]

    public var command: ADACCommand? { ADACCommand(rawValue: code) }

    public init(_ command: ADACCommand, data: [UInt8] = []) {
        code = command.rawValue
        self.data = data
    }

    /// Throws `adac.message.malformed`.
    public init(parsing packet: [UInt8]) throws { (code, data) = try ADACPacket.parse(packet) }
    public var encoded: [UInt8] { ADACPacket.encode(code, data) }
}

/// Chip to host: reserved u16, status u16, count of 32-bit words u32, words.
public struct ADACResponse: Hashable, Sendable {
    public let status: ADACStatus
    public let data: [UInt8]

    public init(_ status: ADACStatus, data: [UInt8] = []) {
        self.status = status
        self.data = data
    }

    /// Throws `adac.message.malformed`.
    public init(parsing packet: [UInt8]) throws {
        let (code, data) = try ADACPacket.parse(packet)
        guard let status = ADACStatus(rawValue: code) else { throw ADACEncoding.malformed("status \(code)") }
        self.init(status, data: data)
    }

    public var encoded: [UInt8] { ADACPacket.encode(status.rawValue, data) }
}

enum ADACPacket {
    static let largest = 16 * 1024

    static func parse(_ packet: [UInt8]) throws -> (code: UInt16, data: [UInt8]) {
        guard packet.count <= largest else { throw ADACEncoding.malformed("\(packet.count) octets") }
        var reader = ByteReader(packet, else: ADACEncoding.malformed("packet length"))
        guard try reader.u16() == 0 else { throw ADACEncoding.malformed("reserved field") }
        let code = try reader.u16()
        let words = try reader.u32()
        guard words <= largest / 4 else { throw ADACEncoding.malformed("\(words) words") }
        let data = try reader.take(Int(words) * 4)
        try reader.finish()
        return (code, data)
    }

    static func encode(_ code: UInt16, _ data: [UInt8]) -> [UInt8] {
        let padded = ADACEncoding.padded(data)
        let words = UInt32(truncatingIfNeeded: padded.count / 4)
        return [0, 0] + code.littleEndianBytes + words.littleEndianBytes + padded
    }
}

/// One record inside a packet: reserved u16, type u16, unpadded length u32, value padded to 4 octets.
public struct ADACRecord: Hashable, Sendable {
    public enum Kind: UInt16, Sendable, CaseIterable {
        case version = 0x0001
        case vendorID = 0x0002
        case socClass = 0x0003
        case socID = 0x0004
        case hardwarePermissions = 0x0007
        case lifecycle = 0x0008
        case tokenFormats = 0x0100
        case certificateFormats = 0x0101
        case cryptosystems = 0x0102
        case token = 0x0200
        case certificate = 0x0201
    }

    public let kind: Kind
    public let value: [UInt8]

    public init(_ kind: Kind, _ value: [UInt8]) {
        self.kind = kind
        self.value = value
    }

    public var encoded: [UInt8] {
        [0, 0] + kind.rawValue.littleEndianBytes + UInt32(truncatingIfNeeded: value.count).littleEndianBytes
            + ADACEncoding.padded(value)
    }

    /// All records of a packet's data; throws `adac.message.malformed` for an unknown type too.
    public static func parse(_ data: [UInt8]) throws -> [ADACRecord] {
        var reader = ByteReader(data, else: ADACEncoding.malformed("record length"))
        var records: [ADACRecord] = []
        while reader.remaining > 0 {
            guard try reader.u16() == 0 else { throw ADACEncoding.malformed("reserved field") }
            let type = try reader.u16()
            guard let kind = Kind(rawValue: type) else { throw ADACEncoding.malformed("record type \(type)") }
            let length = try reader.u32()
            guard length <= ADACPacket.largest else { throw ADACEncoding.malformed("record length \(length)") }
            let value = try reader.take(Int(length))
            guard try reader.take((4 - Int(length) % 4) % 4).allSatisfy({ $0 == 0 }) else {
                throw ADACEncoding.malformed("record padding")
            }
            records.append(ADACRecord(kind, value))
        }
        return records
    }
}
