internal import SwiftASN1
public import Vocabulary

/// A parsed PAA, PAI or DAC (Matter 6.2.2). Parsing checks everything that holds for all three; `check(as:)` checks
/// the profile of one kind; `AttestationChain` checks how they hang together.
public struct AttestationCertificate: Sendable, Hashable {
    /// Largest DER of a PAA, PAI or DAC, octets (the reference implementation's buffer).
    public static let sizeLimit = 600

    /// The certificate as it was read, octet by octet.
    public let der: [UInt8]
    /// TBSCertificate: what the signature covers.
    public let toBeSigned: [UInt8]
    public let signature: RawSignature
    /// Magnitude of the serial number, big-endian without leading zeros, 1 to 20 octets.
    public let serial: [UInt8]
    public let issuer: MatterName
    public let subject: MatterName
    public let notBefore: Instant
    public let notAfter: Instant
    /// Checked on the curve.
    public let publicKey: P256Point
    /// An algorithm identifier carries a NULL parameter: tolerated when a PAA is read, nowhere else.
    let hasNullParameters: Bool
    let extensions: CertificateExtensions

    public var subjectKeyIdentifier: [UInt8]? { extensions.subjectKeyIdentifier }
    public var authorityKeyIdentifier: [UInt8]? { extensions.authorityKeyIdentifier }
    public var vendorID: VendorID? { subject.vendorID }
    public var productID: ProductID? { subject.productID }
    public var crlDistribution: CRLDistributionPoint? { extensions.crlDistribution }

    public static func == (left: Self, right: Self) -> Bool { left.der == right.der }
    public func hash(into hasher: inout Hasher) { hasher.combine(der) }

    /// Parses DER. `sizeLimit` is in octets; only tests with oversized vectors raise it.
    ///
    /// Throws `matter.certificate.*` and `matter.key.not-on-curve`.
    public init(der: [UInt8], sizeLimit: Int = AttestationCertificate.sizeLimit) throws {
        guard der.count <= sizeLimit else {
            throw Refusal(MatterError.certificateTooLarge, "\(der.count) octets, limit \(sizeLimit)")
        }
        var certificate = try DERReader(der, fault: .certificateMalformed)
        let body = try certificate.next(.sequence)
        let outerNull = try Self.algorithm(&certificate)
        let signature = try SignatureEncoding.raw(certificate.bitString(), fault: .certificateSignatureEncoding)
        try certificate.end()

        var fields = try DERReader(body, fault: .certificateMalformed)
        try Self.version(&fields)
        self.serial = try Self.serial(&fields)
        let innerNull = try Self.algorithm(&fields)
        guard innerNull == outerNull else { throw Refusal(MatterError.certificateAlgorithm, "inner and outer differ") }
        self.issuer = try MatterName(der: Array(fields.next(.sequence).encodedBytes))
        (self.notBefore, self.notAfter) = try Self.validity(&fields)
        self.subject = try MatterName(der: Array(fields.next(.sequence).encodedBytes))
        self.publicKey = try SubjectPublicKey.read(&fields, keyType: .certificateKeyType)
        guard fields.peek == .context(3) else { throw Refusal(MatterError.certificateMalformed, "no extensions") }
        var wrapper = try fields.constructed(.context(3))
        var extensions = try wrapper.constructed()
        try wrapper.end()
        try fields.end()
        self.extensions = try CertificateExtensions(&extensions)
        self.der = der
        self.toBeSigned = Array(body.encodedBytes)
        self.signature = signature
        self.hasNullParameters = innerNull
    }

    /// True when `key` made the signature.
    public func isSigned(by key: P256Point) -> Bool { isSigned(by: VerifyingKey(key)) }
    public func isSigned(by key: VerifyingKey) -> Bool { key.verifies(signature, over: toBeSigned) }

    public func isValid(at instant: Instant) -> Bool { notBefore <= instant && instant <= notAfter }

    private static func version(_ fields: inout DERReader) throws {
        guard fields.peek == .context(0) else { throw Refusal(MatterError.certificateVersion, "version 1") }
        var wrapper = try fields.constructed(.context(0))
        let version = try wrapper.smallInteger()
        try wrapper.end()
        guard version == 2 else { throw Refusal(MatterError.certificateVersion, "version \(version + 1)") }
    }

    private static func serial(_ fields: inout DERReader) throws -> [UInt8] {
        let content = try fields.integer()
        guard let first = content.first, first < 0x80 else { throw Refusal(MatterError.certificateSerial, "negative") }
        let magnitude = Array(content.drop { $0 == 0 })
        guard (1...20).contains(magnitude.count) else {
            throw Refusal(MatterError.certificateSerial, magnitude.isEmpty ? "zero" : "\(magnitude.count) octets")
        }
        return magnitude
    }

    /// True when the parameters are NULL instead of absent.
    private static func algorithm(_ reader: inout DERReader) throws -> Bool {
        var algorithm = try reader.constructed()
        guard try algorithm.primitive(.objectIdentifier) == ObjectIdentifier.ecdsaWithSHA256[...] else {
            throw Refusal(MatterError.certificateAlgorithm, "not ecdsa-with-SHA256")
        }
        guard let parameters = try algorithm.optional(.null) else {
            guard algorithm.isAtEnd else { throw Refusal(MatterError.certificateAlgorithm, "parameters") }
            return false
        }
        guard try DERReader.primitive(parameters, fault: .certificateAlgorithm).isEmpty, algorithm.isAtEnd else {
            throw Refusal(MatterError.certificateAlgorithm, "parameters")
        }
        return true
    }

    private static func validity(_ fields: inout DERReader) throws -> (Instant, Instant) {
        var validity = try DERReader(fields.next(.sequence), fault: .certificateValidity)
        let (notBefore, notAfter) = try (validity.time(), validity.time())
        try validity.end()
        guard notBefore <= notAfter else { throw Refusal(MatterError.certificateValidity, "ends before it starts") }
        return (notBefore, notAfter)
    }
}

/// SubjectPublicKeyInfo of a P-256 key.
enum SubjectPublicKey {
    /// Throws `keyType` for another algorithm or curve and `matter.key.not-on-curve` for a bad point.
    static func read(_ reader: inout DERReader, keyType: MatterError) throws -> P256Point {
        var information = try DERReader(reader.next(.sequence), fault: keyType)
        var algorithm = try information.constructed()
        guard try algorithm.primitive(.objectIdentifier) == ObjectIdentifier.ecPublicKey[...],
            try algorithm.primitive(.objectIdentifier) == ObjectIdentifier.prime256v1[...]
        else { throw Refusal(keyType, "not an EC key on prime256v1") }
        try algorithm.end()
        let content = try information.bitString()
        try information.end()
        guard content.count == P256Point.size else { throw Refusal(keyType, "\(content.count) octets instead of 65") }
        return try P256Point(content).checkedOnCurve()
    }
}
