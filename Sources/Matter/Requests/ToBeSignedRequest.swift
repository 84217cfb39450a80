internal import SwiftASN1
public import Vocabulary

/// The CertificationRequestInfo that the requester's key signs.
public struct ToBeSignedRequest: Sendable, Hashable {
    /// DER of CertificationRequestInfo: what the signature covers.
    public let bytes: [UInt8]
    public let publicKey: P256Point

    /// The request of a PAI key.
    public init(subject: MatterName, publicKey: P256Point) {
        self.init(subjectDER: subject.der, publicKey: publicKey, attributes: [])
    }

    /// The request of a TLS or other service key.
    public init(subject: ServiceName, publicKey: P256Point) {
        self.init(subjectDER: subject.der, publicKey: publicKey, attributes: [])
    }

    /// The request of a chip, with its UID, the nonce it was given, and its key-agreement key.
    public init(publicKey: P256Point, chipUID: ChipUID, nonce: Nonce, agreementKey: P256Point) {
        self.init(
            subjectDER: NameEncoding.der([(ObjectIdentifier.commonName, DeviceRequest.commonName)]),
            publicKey: publicKey,
            attributes: [
                (ObjectIdentifier.requestChipUID, chipUID.bytes), (ObjectIdentifier.requestNonce, nonce.bytes),
                (ObjectIdentifier.requestAgreementKey, agreementKey.bytes),
            ]
        )
    }

    private init(subjectDER: [UInt8], publicKey: P256Point, attributes: [([UInt8], [UInt8])]) {
        let encoded = attributes.map { type, value in
            var coder = DER.Serializer()
            coder.sequence { coder in
                coder.objectIdentifier(type)
                coder.set { $0.primitive(.octetString, value) }
            }
            return coder.serializedBytes
        }
        var coder = DER.Serializer()
        coder.sequence { coder in
            coder.unsignedInteger([0])
            coder.serializeRawBytes(subjectDER)
            coder.publicKey(publicKey)
            coder.explicit(0) { coder in
                for attribute in encoded.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                    coder.serializeRawBytes(attribute)
                }
            }
        }
        self.bytes = coder.serializedBytes
        self.publicKey = publicKey
    }

    /// The request, parsed again and with its proof of possession checked. Throws `matter.request.*`.
    public func assembled(with signature: RawSignature) throws -> CertificateRequest {
        var coder = DER.Serializer()
        coder.sequence { coder in
            coder.serializeRawBytes(bytes)
            coder.algorithm(ObjectIdentifier.ecdsaWithSHA256)
            coder.bitString(SignatureEncoding.der(signature))
        }
        return try CertificateRequest(der: coder.serializedBytes)
    }
}
