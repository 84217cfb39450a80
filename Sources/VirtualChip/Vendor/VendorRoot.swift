import Crypto
import SwiftASN1
public import Vocabulary
import X509

/// The silicon vendor's root, as a virtual vendor has it: a certificate, and a closure that signs with its key.
public struct VendorRoot: Sendable {
    /// ECDSA P-256 with SHA-256 over the argument, as a token does.
    public typealias Sign = @Sendable ([UInt8]) async throws -> RawSignature

    /// DER, self-signed.
    public let certificate: [UInt8]
    let sign: Sign

    private static let name = [(ASN1ObjectIdentifier.commonName, "obis virtual silicon vendor root")]

    /// A new self-signed root for a key that exists elsewhere; valid from `notBefore` without end.
    public static func selfSigned(
        publicKey: P256Point,
        notBefore: Instant,
        sign: @escaping Sign
    ) async throws -> VendorRoot {
        let body = try VendorCertificate.toBeSigned(
            subject: name,
            issuer: name,
            key: publicKey,
            issuerKey: publicKey,
            notBefore: notBefore,
            isAuthority: true
        )
        return try await VendorRoot(certificate: VendorCertificate.assemble(body, sign: sign), sign: sign)
    }

    /// A root made before. Throws `chip.credential.malformed` for anything but a certificate.
    public init(certificate: [UInt8], sign: @escaping Sign) throws {
        guard (try? Certificate(derEncoded: certificate)) != nil else {
            throw Refusal(VirtualChipError.credentialMalformed, "vendor root")
        }
        self.certificate = certificate
        self.sign = sign
    }

    /// The chip's own certificate: subject CN `obis virtual chip`, serialNumber = UID in lower-case hexadecimal.
    func certify(_ key: P256Point, of uid: ChipUID, notBefore: Instant) async throws -> [UInt8] {
        let root = try Certificate(derEncoded: certificate)
        guard let rootKey = P256.Signing.PublicKey(root.publicKey) else {
            throw Refusal(VirtualChipError.credentialMalformed, "vendor root")
        }
        let body = try VendorCertificate.toBeSigned(
            subject: [(.commonName, "obis virtual chip"), (.serialNumber, uid.hex)],
            issuer: Self.name,
            key: key,
            issuerKey: P256Point(rootKey.x963Representation),
            notBefore: notBefore,
            isAuthority: false
        )
        return try await VendorCertificate.assemble(body, sign: sign)
    }
}

/// X.509 v3 (RFC 5280) as the virtual vendor issues it.
private enum VendorCertificate {
    static func toBeSigned(
        subject: [(ASN1ObjectIdentifier, String)],
        issuer: [(ASN1ObjectIdentifier, String)],
        key: P256Point,
        issuerKey: P256Point,
        notBefore: Instant,
        isAuthority: Bool
    ) throws -> [UInt8] {
        let publicKey = try P256.Signing.PublicKey(x963Representation: key.bytes)
        return try DERBytes.make { der in
            try der.sequence { body in
                try body.appendConstructedNode(identifier: .init(tagWithNumber: 0, tagClass: .contextSpecific)) {
                    try $0.serialize(2)
                }
                body.appendPrimitiveNode(identifier: .integer) { $0.append(contentsOf: serial()) }
                try body.ecdsaWithSHA256()
                try body.name(issuer)
                try body.sequence { validity in
                    try validity.serialize(time(notBefore))
                    try validity.serialize(time(.noExpiry))
                }
                try body.name(subject)
                body.serializeRawBytes(publicKey.derRepresentation)
                try body.appendConstructedNode(identifier: .init(tagWithNumber: 3, tagClass: .contextSpecific)) {
                    try $0.sequence { list in
                        try extensions(&list, key: key, issuerKey: issuerKey, isAuthority: isAuthority)
                    }
                }
            }
        }
    }

    /// 16 random octets, positive and without leading zeros.
    private static func serial() -> [UInt8] {
        var octets = (0..<16).map { _ in UInt8.random(in: 0...255) }
        octets[0] = octets[0] & 0x7f | 0x40
        return octets
    }

    private static func time(_ instant: Instant) throws -> GeneralizedTime {
        let text = instant.description
        let parts = text.split { !$0.isNumber }.compactMap { Int($0) }
        guard parts.count == 6 else { throw Refusal(VocabularyError.malformedTime, text) }
        return try GeneralizedTime(
            year: parts[0],
            month: parts[1],
            day: parts[2],
            hours: parts[3],
            minutes: parts[4],
            seconds: parts[5],
            fractionalSeconds: 0
        )
    }

    private static func extensions(
        _ der: inout DER.Serializer,
        key: P256Point,
        issuerKey: P256Point,
        isAuthority: Bool
    ) throws {
        let constraints = try DERBytes.make { der in
            try der.sequence { if isAuthority { try $0.serialize(true) } }
        }
        // keyCertSign is bit 5, digitalSignature bit 0.
        let usage = try DERBytes.make { der in
            try der.serialize(
                ASN1BitString(bytes: isAuthority ? [0x04] : [0x80], paddingBits: isAuthority ? 2 : 7)
            )
        }
        let subjectKey = try DERBytes.make { try $0.octets(identifier(of: key)) }
        let authorityKey = try DERBytes.make { der in
            try der.sequence { identifiers in
                let tag = ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
                identifiers.appendPrimitiveNode(identifier: tag) { $0.append(contentsOf: identifier(of: issuerKey)) }
            }
        }
        try add(&der, [2, 5, 29, 19], critical: true, constraints)
        try add(&der, [2, 5, 29, 15], critical: true, usage)
        try add(&der, [2, 5, 29, 14], critical: false, subjectKey)
        try add(&der, [2, 5, 29, 35], critical: false, authorityKey)
    }

    private static func add(
        _ der: inout DER.Serializer,
        _ type: ASN1ObjectIdentifier,
        critical: Bool,
        _ value: [UInt8]
    ) throws {
        try der.sequence { item in
            try item.object(type)
            if critical { try item.serialize(true) }
            try item.octets(value)
        }
    }

    /// RFC 5280 section 4.2.1.2, method 1.
    private static func identifier(of key: P256Point) -> [UInt8] {
        Array(Insecure.SHA1.hash(data: key.bytes))
    }

    static func assemble(_ body: [UInt8], sign: VendorRoot.Sign) async throws -> [UInt8] {
        let signature = try await P256.Signing.ECDSASignature(rawRepresentation: sign(body).bytes)
        return try DERBytes.make { der in
            try der.sequence { certificate in
                certificate.serializeRawBytes(body)
                try certificate.ecdsaWithSHA256()
                try certificate.bits(Array(signature.derRepresentation))
            }
        }
    }
}
