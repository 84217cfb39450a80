import Vocabulary

/// One type-length-value record of an image's trailer.
struct MCUbootTLV: Hashable {
    /// The types that are understood.
    enum Kind: UInt16 {
        case keyHash = 0x01
        case sha256 = 0x10
        case ecdsa = 0x22
        /// VID u16, PID u16, software version u32, little-endian: this system's own, in the vendor-reserved range.
        case vendorProduct = 0x00a1
    }

    let type: UInt16
    let value: [UInt8]

    init(type: UInt16, value: [UInt8]) {
        self.type = type
        self.value = value
    }

    init(_ kind: Kind, _ value: [UInt8]) { self.init(type: kind.rawValue, value: value) }

    private static let encryption: [UInt16: String] = [
        0x30: "RSA-OAEP", 0x31: "AES key wrap", 0x32: "ECIES-P256", 0x33: "ECIES-X25519",
        0x34: "ECIES-X25519-SHA512",
    ]
    private static let otherSignatures: [UInt16: String] = [
        0x02: "whole public key", 0x11: "SHA-384", 0x12: "SHA-512", 0x20: "RSA-2048 PSS", 0x21: "ECDSA-P224",
        0x23: "RSA-3072 PSS", 0x24: "Ed25519", 0x25: "pure signature",
    ]

    /// An area fills `bytes` exactly; an absent one (no octets) is fine unless `required`.
    static func parseArea(_ bytes: ArraySlice<UInt8>, magic: UInt16, required: Bool) throws -> [MCUbootTLV] {
        if bytes.isEmpty && !required { return [] }
        var reader = ByteReader(bytes, else: MCUbootFormat.malformed("TLV area"))
        guard try reader.u16() == magic else { throw MCUbootFormat.malformed("TLV magic number") }
        guard try Int(reader.u16()) == bytes.count else { throw MCUbootFormat.malformed("TLV area size") }
        var records: [MCUbootTLV] = []
        while reader.remaining > 0 {
            let type = try reader.u16()
            let length = try Int(reader.u16())
            records.append(MCUbootTLV(type: type, value: try reader.take(length)))
        }
        return records
    }

    static func encodeArea(_ records: [MCUbootTLV], magic: UInt16) throws -> [UInt8] {
        let content = try records.flatMap { record in
            guard let length = UInt16(exactly: record.value.count) else { throw MCUbootFormat.malformed("TLV length") }
            return record.type.littleEndianBytes + length.littleEndianBytes + record.value
        }
        guard let total = UInt16(exactly: content.count + 4) else { throw MCUbootFormat.malformed("TLV area size") }
        return magic.littleEndianBytes + total.littleEndianBytes + content
    }

    static func refuseForeignSchemes(_ records: [MCUbootTLV]) throws {
        for record in records {
            if let name = encryption[record.type] { throw Refusal(SiliconError.firmwareEncrypted, name) }
            if let name = otherSignatures[record.type] {
                throw Refusal(SiliconError.firmwareSignatureUnsupported, name)
            }
        }
    }

    /// The record of this kind, nil where there is none; two of a kind are malformed.
    static func only(_ kind: Kind, in records: [MCUbootTLV]) throws -> MCUbootTLV? {
        let found = records.filter { $0.type == kind.rawValue }
        guard found.count <= 1 else { throw MCUbootFormat.malformed("two TLVs of one type") }
        return found.first
    }
}
