internal import SwiftASN1
public import Vocabulary

/// A Certification Declaration in its CMS envelope (Matter 6.3.2, RFC 5652): SignedData version 3, one signer named by
/// key identifier, ECDSA P-256 over SHA-256 of the content, no attributes and no certificates.
public struct SignedDeclaration: Sendable, Hashable {
    /// Largest envelope, octets.
    public static let sizeLimit = 1280

    public let der: [UInt8]
    /// The TLV that is signed, octet by octet.
    public let content: [UInt8]
    public let declaration: CertificationDeclaration
    /// Subject key identifier of the signer, 20 octets.
    public let signerKeyIdentifier: [UInt8]
    public let signature: RawSignature

    /// Parses envelope and content; `verify` checks the signature. Throws `matter.declaration.*`.
    public init(der: [UInt8]) throws {
        let envelope = try DeclarationEnvelope(der: der)
        self.der = der
        self.content = envelope.content
        self.declaration = try CertificationDeclaration(tlv: envelope.content)
        self.signerKeyIdentifier = envelope.signerKeyIdentifier
        self.signature = envelope.signature
    }

    /// Has a declaration signed by the key whose subject key identifier is SHA-1 of it, and verifies the result.
    ///
    /// Throws `matter.declaration.test-key` where the published test key would sign an official declaration, and
    /// `matter.declaration.signature` where `sign` used another key.
    public static func create(
        _ declaration: CertificationDeclaration,
        signer: P256Point,
        sign: @Sendable ([UInt8]) async throws -> RawSignature
    ) async throws -> SignedDeclaration {
        let content = declaration.tlv
        let trusted = DeclarationSigner(publicKey: signer)
        try trusted.mayCertify(declaration.kind)
        let envelope = DeclarationEnvelope(
            content: content,
            signerKeyIdentifier: signer.keyIdentifier,
            signature: try await sign(content)
        )
        let signed = try SignedDeclaration(der: envelope.der)
        try signed.verify(signers: [trusted])
        return signed
    }

    /// Checks the signature with the one of `signers` that the envelope names; returns that one.
    ///
    /// Throws `matter.declaration.signer-unknown`, `.test-key` and `.signature`.
    @discardableResult
    public func verify(signers: [DeclarationSigner]) throws -> DeclarationSigner {
        guard let signer = signers.first(where: { $0.keyIdentifier == signerKeyIdentifier }) else {
            throw Refusal(MatterError.declarationSignerUnknown, Hex.encode(signerKeyIdentifier))
        }
        try signer.mayCertify(declaration.kind)
        guard signer.publicKey.verifies(signature, over: content) else {
            throw Refusal(MatterError.declarationSignature)
        }
        return signer
    }
}

/// The CMS structure alone.
struct DeclarationEnvelope {
    let content: [UInt8]
    let signerKeyIdentifier: [UInt8]
    let signature: RawSignature

    init(content: [UInt8], signerKeyIdentifier: [UInt8], signature: RawSignature) {
        self.content = content
        self.signerKeyIdentifier = signerKeyIdentifier
        self.signature = signature
    }

    init(der: [UInt8]) throws {
        guard der.count <= SignedDeclaration.sizeLimit else {
            throw Refusal(MatterError.declarationTooLarge, "\(der.count) octets, limit \(SignedDeclaration.sizeLimit)")
        }
        var information = try DERReader(der, fault: .declarationEnvelope)
        try Self.expect(&information, ObjectIdentifier.pkcs7SignedData, .declarationEnvelope)
        var wrapper = try information.constructed(.context(0))
        try information.end()
        var data = try wrapper.constructed()
        try wrapper.end()
        guard try data.smallInteger() == 3 else { throw Refusal(MatterError.declarationVersion, "SignedData") }
        var digests = try data.constructed(.set)
        try Self.algorithm(&digests, ObjectIdentifier.sha256)
        try digests.end()
        var encapsulated = try data.constructed()
        try Self.expect(&encapsulated, ObjectIdentifier.pkcs7Data, .declarationContentType)
        var octets = try encapsulated.constructed(.context(0))
        try encapsulated.end()
        self.content = Array(try octets.primitive(.octetString))
        try octets.end()
        var signers = try data.constructed(.set)
        try data.end()
        var signer = try signers.constructed()
        try signers.end()
        guard try signer.smallInteger() == 3 else { throw Refusal(MatterError.declarationVersion, "SignerInfo") }
        guard signer.peek == .context(0) else { throw Refusal(MatterError.declarationKeyIdentifier) }
        let identifier = Array(try signer.primitive(.context(0)))
        guard identifier.count == 20 else { throw Refusal(MatterError.declarationKeyIdentifier, "not 20 octets") }
        self.signerKeyIdentifier = identifier
        try Self.algorithm(&signer, ObjectIdentifier.sha256)
        try Self.algorithm(&signer, ObjectIdentifier.ecdsaWithSHA256)
        self.signature = try SignatureEncoding.raw(signer.primitive(.octetString), fault: .declarationSignature)
        try signer.end()
    }

    var der: [UInt8] {
        var coder = DER.Serializer()
        coder.sequence { coder in
            coder.objectIdentifier(ObjectIdentifier.pkcs7SignedData)
            coder.explicit(0) { coder in
                coder.sequence { coder in
                    coder.unsignedInteger([3])
                    coder.set { $0.algorithm(ObjectIdentifier.sha256) }
                    coder.sequence { coder in
                        coder.objectIdentifier(ObjectIdentifier.pkcs7Data)
                        coder.explicit(0) { $0.primitive(.octetString, content) }
                    }
                    coder.set { coder in coder.sequence { appendSigner(&$0) } }
                }
            }
        }
        return coder.serializedBytes
    }

    private func appendSigner(_ coder: inout DER.Serializer) {
        coder.unsignedInteger([3])
        coder.primitive(.context(0), signerKeyIdentifier)
        coder.algorithm(ObjectIdentifier.sha256)
        coder.algorithm(ObjectIdentifier.ecdsaWithSHA256)
        coder.primitive(.octetString, SignatureEncoding.der(signature))
    }

    private static func expect(_ reader: inout DERReader, _ identifier: [UInt8], _ fault: MatterError) throws {
        guard try reader.primitive(.objectIdentifier).elementsEqual(identifier) else { throw Refusal(fault) }
    }

    private static func algorithm(_ reader: inout DERReader, _ identifier: [UInt8]) throws {
        var algorithm = try reader.constructed()
        try expect(&algorithm, identifier, .declarationAlgorithm)
        guard algorithm.isAtEnd else { throw Refusal(MatterError.declarationAlgorithm, "parameters") }
    }
}
