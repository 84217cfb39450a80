internal import SwiftASN1
public import Vocabulary

/// A PKCS#10 certificate request (RFC 2986), parsed strictly. A value of this type exists only when the request's
/// signature was made by the key inside it: proof of possession.
public struct CertificateRequest: Sendable, Hashable {
    /// Largest request, octets.
    public static let sizeLimit = 2048

    /// One attribute: its type as OID content octets, its only value as DER.
    struct Attribute: Sendable, Hashable {
        let type: [UInt8]
        let value: [UInt8]
    }

    public let der: [UInt8]
    /// DER Name.
    public let subjectDER: [UInt8]
    public let commonName: String?
    /// On the curve, and proven to be held by whoever made the request.
    public let publicKey: P256Point
    let attributes: [Attribute]

    /// SHA-256 fingerprints and vendor signatures are made over these octets: the whole request.
    public static func == (left: Self, right: Self) -> Bool { left.der == right.der }
    public func hash(into hasher: inout Hasher) { hasher.combine(der) }

    /// Throws `matter.request.*` and `matter.key.not-on-curve`.
    public init(der: [UInt8]) throws {
        guard der.count <= Self.sizeLimit else {
            throw Refusal(MatterError.requestTooLarge, "\(der.count) octets, limit \(Self.sizeLimit)")
        }
        var request = try DERReader(der, fault: .requestMalformed)
        let body = try request.next(.sequence)
        var algorithm = try request.constructed()
        guard try algorithm.primitive(.objectIdentifier).elementsEqual(ObjectIdentifier.ecdsaWithSHA256),
            algorithm.isAtEnd
        else { throw Refusal(MatterError.requestAlgorithm) }
        let signatureOctets = try request.bitString()
        try request.end()

        var fields = try DERReader(body, fault: .requestMalformed)
        guard try fields.smallInteger() == 0 else { throw Refusal(MatterError.requestVersion) }
        let subject = Array(try fields.next(.sequence).encodedBytes)
        do {
            self.commonName = try MatterName(der: subject).commonName
        } catch let refusal as Refusal {
            throw Refusal(MatterError.requestSubject, refusal.detail)
        }
        self.publicKey = try SubjectPublicKey.read(&fields, keyType: .requestKeyType)
        guard fields.peek == .context(0) else { throw Refusal(MatterError.requestMalformed, "no attributes field") }
        var set = try fields.constructed(.context(0))
        try fields.end()
        self.attributes = try Self.attributes(&set)
        let signature = try SignatureEncoding.raw(signatureOctets, fault: .requestSignature)
        guard publicKey.verifies(signature, over: Array(body.encodedBytes)) else {
            throw Refusal(MatterError.requestSignature, "not made by the key in the request")
        }
        self.subjectDER = subject
        self.der = der
    }

    /// Attributes in DER order (ascending octets), each type once, each with one value.
    private static func attributes(_ set: inout DERReader) throws -> [Attribute] {
        var attributes: [Attribute] = []
        var previous: [UInt8] = []
        while !set.isAtEnd {
            let node = try set.next(.sequence)
            let encoded = Array(node.encodedBytes)
            var attribute = try DERReader(node, fault: .requestMalformed)
            let type = Array(try attribute.primitive(.objectIdentifier))
            var values = try attribute.constructed(.set)
            try attribute.end()
            let value = Array(try values.any().encodedBytes)
            try values.end()
            guard !attributes.contains(where: { $0.type == type }) else {
                throw Refusal(MatterError.requestDuplicateAttribute, Hex.encode(type))
            }
            guard previous.lexicographicallyPrecedes(encoded) else {
                throw Refusal(MatterError.requestMalformed, "attributes out of order")
            }
            previous = encoded
            attributes.append(Attribute(type: type, value: value))
        }
        return attributes
    }
}
