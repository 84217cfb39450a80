internal import SwiftASN1
internal import Vocabulary

extension DER.Serializer {
    mutating func sequence(_ body: (inout DER.Serializer) throws -> Void) rethrows {
        try appendConstructedNode(identifier: .sequence, body)
    }

    mutating func set(_ body: (inout DER.Serializer) throws -> Void) rethrows {
        try appendConstructedNode(identifier: .set, body)
    }

    mutating func explicit(_ number: UInt, _ body: (inout DER.Serializer) throws -> Void) rethrows {
        try appendConstructedNode(identifier: .context(number), body)
    }

    mutating func primitive(_ identifier: ASN1Identifier, _ content: some Collection<UInt8>) {
        appendPrimitiveNode(identifier: identifier) { $0.append(contentsOf: content) }
    }

    mutating func objectIdentifier(_ content: [UInt8]) { primitive(.objectIdentifier, content) }

    mutating func bitString(_ content: some Collection<UInt8>) {
        appendPrimitiveNode(identifier: .bitString) { bytes in
            bytes.append(0)
            bytes.append(contentsOf: content)
        }
    }

    /// An unsigned big-endian number as a minimal INTEGER.
    mutating func unsignedInteger(_ magnitude: some Collection<UInt8>) {
        let significant = magnitude.drop { $0 == 0 }
        appendPrimitiveNode(identifier: .integer) { bytes in
            guard let first = significant.first else { return bytes.append(0) }
            if first >= 0x80 { bytes.append(0) }
            bytes.append(contentsOf: significant)
        }
    }

    /// AlgorithmIdentifier without parameters (RFC 5758 section 3.2).
    mutating func algorithm(_ identifier: [UInt8]) { sequence { $0.objectIdentifier(identifier) } }

    /// SubjectPublicKeyInfo of a P-256 key, uncompressed (RFC 5480 section 2).
    mutating func publicKey(_ point: P256Point) {
        sequence { coder in
            coder.sequence { coder in
                coder.objectIdentifier(ObjectIdentifier.ecPublicKey)
                coder.objectIdentifier(ObjectIdentifier.prime256v1)
            }
            coder.bitString(point.bytes)
        }
    }

    /// UTCTime to the end of 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5).
    mutating func time(_ instant: Instant) {
        let digits = instant.description.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        if digits.starts(with: "19".utf8) || digits.lexicographicallyPrecedes("2050".utf8) {
            primitive(.utcTime, digits.dropFirst(2) + [UInt8(ascii: "Z")])
        } else {
            primitive(.generalizedTime, digits + [UInt8(ascii: "Z")])
        }
    }
}

/// ECDSA-Sig-Value (RFC 3279 section 2.2.3): SEQUENCE of r and s.
enum SignatureEncoding {
    static func der(_ signature: RawSignature) -> [UInt8] {
        var coder = DER.Serializer()
        coder.sequence { coder in
            coder.unsignedInteger(signature.bytes.prefix(32))
            coder.unsignedInteger(signature.bytes.suffix(32))
        }
        return coder.serializedBytes
    }

    static func raw(_ der: ArraySlice<UInt8>, fault: MatterError) throws -> RawSignature {
        guard der.count <= 72 else { throw Refusal(fault, "a signature of \(der.count) octets") }
        var reader = try DERReader(der, fault: fault)
        let (r, s) = try (scalar(&reader), scalar(&reader))
        try reader.end()
        var bytes = [UInt8](repeating: 0, count: RawSignature.size)
        bytes.replaceSubrange(32 - r.count..<32, with: r)
        bytes.replaceSubrange(64 - s.count..<64, with: s)
        return RawSignature(validated: bytes)
    }

    /// Without leading zeros, 32 octets at most.
    private static func scalar(_ reader: inout DERReader) throws -> ArraySlice<UInt8> {
        let content = try reader.integer()
        guard let first = content.first, first < 0x80 else { throw Refusal(reader.fault, "a negative number") }
        let magnitude = content.drop { $0 == 0 }
        guard (1...32).contains(magnitude.count) else { throw Refusal(reader.fault, "r or s is out of range") }
        return magnitude
    }
}
