import SwiftASN1

/// Short names for the DER that a chip writes itself: names, keys, algorithm identifiers, signatures.
extension DER.Serializer {
    mutating func object(_ identifier: ASN1ObjectIdentifier) throws { try serialize(identifier) }

    mutating func sequence(_ content: (inout DER.Serializer) throws -> Void) throws {
        try appendConstructedNode(identifier: .sequence, content)
    }

    mutating func set(_ content: (inout DER.Serializer) throws -> Void) throws {
        try appendConstructedNode(identifier: .set, content)
    }

    mutating func octets(_ bytes: [UInt8]) throws { try serialize(ASN1OctetString(contentBytes: bytes[...])) }

    mutating func bits(_ bytes: [UInt8]) throws {
        try serialize(ASN1BitString(bytes: bytes[...], paddingBits: 0))
    }

    /// An X.501 name of UTF-8 attributes, one in each RDN.
    mutating func name(_ attributes: [(ASN1ObjectIdentifier, String)]) throws {
        try sequence { name in
            for (type, text) in attributes {
                try name.set { rdn in
                    try rdn.sequence { attribute in
                        try attribute.object(type)
                        try attribute.serialize(ASN1UTF8String(text))
                    }
                }
            }
        }
    }

    /// ecdsa-with-SHA256 (RFC 5758 section 3.2).
    mutating func ecdsaWithSHA256() throws {
        try sequence { try $0.object([1, 2, 840, 10045, 4, 3, 2]) }
    }
}

extension ASN1ObjectIdentifier {
    static let commonName: ASN1ObjectIdentifier = [2, 5, 4, 3]
    static let serialNumber: ASN1ObjectIdentifier = [2, 5, 4, 5]
}

enum DERBytes {
    static func make(_ content: (inout DER.Serializer) throws -> Void) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try content(&serializer)
        return serializer.serializedBytes
    }
}
