import Crypto
import SwiftASN1
import Vocabulary

/// The PKCS#10 request (RFC 2986) of a chip: subject CN `obis-device`, the signing key, and three attributes, each with
/// one OCTET STRING: chip UID (16 octets), nonce (32), key-agreement point (65). All of it is signed by the signing key.
enum DeviceCSR {
    /// 1.3.6.1.4.1.32473.1: the arc that RFC 5612 reserves for examples.
    static let uid: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32473, 1, 1]
    static let nonce: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32473, 1, 2]
    static let agreementPoint: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32473, 1, 3]

    static func make(
        uid chip: ChipUID,
        nonce fresh: Nonce,
        signing: P256.Signing.PrivateKey,
        agreement: P256.KeyAgreement.PublicKey
    ) throws -> [UInt8] {
        let information = try DERBytes.make { der in
            try der.sequence { info in
                try info.serialize(0)
                try info.name([(.commonName, "obis-device")])
                info.serializeRawBytes(signing.publicKey.derRepresentation)
                // DER sorts a SET OF by encoding: here the shorter attribute first.
                try info.appendConstructedNode(identifier: .init(tagWithNumber: 0, tagClass: .contextSpecific)) {
                    try attribute(&$0, uid, chip.bytes)
                    try attribute(&$0, nonce, fresh.bytes)
                    try attribute(&$0, agreementPoint, Array(agreement.x963Representation))
                }
            }
        }
        let signature = try signing.signature(for: information).derRepresentation
        return try DERBytes.make { der in
            try der.sequence { request in
                request.serializeRawBytes(information)
                try request.ecdsaWithSHA256()
                try request.bits(Array(signature))
            }
        }
    }

    private static func attribute(_ der: inout DER.Serializer, _ type: ASN1ObjectIdentifier, _ value: [UInt8]) throws {
        try der.sequence { attribute in
            try attribute.object(type)
            try attribute.set { try $0.octets(value) }
        }
    }
}
