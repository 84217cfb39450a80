internal import SwiftASN1
public import Vocabulary
internal import X509

/// The TBSCertificate that somebody else signs: in a token, in an offline ceremony. No private key comes near it.
public struct ToBeSignedCertificate: Sendable, Hashable {
    /// DER of TBSCertificate: what the signature covers.
    public let bytes: [UInt8]
    /// The key that must make the signature.
    public let signer: P256Point
    private let isAttestation: Bool

    /// A PAA, PAI or DAC.
    public init(_ profile: CertificateProfile) {
        let issuer = profile.issuer
        self.signer = issuer?.publicKey ?? profile.publicKey
        self.isAttestation = true
        let subjectKeyIdentifier = profile.publicKey.keyIdentifier
        let frame = CertificateFrame(
            serial: profile.serial,
            issuer: issuer?.name.der ?? profile.subject.der,
            subject: profile.subject.der,
            publicKey: profile.publicKey,
            notBefore: profile.notBefore,
            notAfter: profile.notAfter
        )
        self.bytes = frame.der { coder in
            coder.basicConstraints(
                isAuthority: profile.kind != .dac,
                pathLength: profile.kind == .dac ? nil : profile.kind == .pai ? 0 : 1
            )
            coder.keyUsage(profile.kind == .dac ? .digitalSignature : .certificateAndCRLSigning)
            coder.subjectKeyIdentifier(subjectKeyIdentifier)
            coder.authorityKeyIdentifier(issuer?.keyIdentifier ?? subjectKeyIdentifier)
        }
    }

    /// A certificate that is not Matter's: a site CA, a TLS server or client.
    public init(_ profile: ServiceCertificateProfile) {
        self.signer = profile.issuer?.publicKey ?? profile.publicKey
        self.isAttestation = false
        let subject = profile.subject.der
        let frame = CertificateFrame(
            serial: profile.serial,
            issuer: profile.issuer?.nameDER ?? subject,
            subject: subject,
            publicKey: profile.publicKey,
            notBefore: profile.notBefore,
            notAfter: profile.notAfter
        )
        self.bytes = frame.der { coder in profile.appendExtensions(&coder) }
    }

    /// The certificate: DER of TBSCertificate, algorithm and signature. The signature is verified with the signer's key
    /// and the result is parsed again before it is returned.
    ///
    /// Throws `matter.issuing.signature` for a signature by another key or over other bytes.
    public func assembled(with signature: RawSignature) throws -> [UInt8] {
        let der = try joined(with: signature)
        if isAttestation {
            _ = try AttestationCertificate(der: der)
        } else {
            do { _ = try Certificate(derEncoded: der) } catch { throw Refusal(MatterError.certificateMalformed) }
        }
        return der
    }

    /// The same of a PAA, PAI or DAC, as it was parsed again.
    func certificate(with signature: RawSignature) throws -> AttestationCertificate {
        try AttestationCertificate(der: joined(with: signature))
    }

    private func joined(with signature: RawSignature) throws -> [UInt8] {
        guard signer.verifies(signature, over: bytes) else { throw Refusal(MatterError.issuingSignature) }
        var coder = DER.Serializer()
        coder.sequence { coder in
            coder.serializeRawBytes(bytes)
            coder.algorithm(ObjectIdentifier.ecdsaWithSHA256)
            coder.bitString(SignatureEncoding.der(signature))
        }
        return coder.serializedBytes
    }
}

/// The fields that every certificate has, around its extensions.
private struct CertificateFrame {
    let serial: CertificateSerial
    let issuer: [UInt8]
    let subject: [UInt8]
    let publicKey: P256Point
    let notBefore: Instant
    let notAfter: Instant

    func der(extensions: (inout DER.Serializer) -> Void) -> [UInt8] {
        var coder = DER.Serializer()
        coder.sequence { coder in
            coder.explicit(0) { $0.primitive(.integer, [2]) }
            coder.unsignedInteger(serial.bytes)
            coder.algorithm(ObjectIdentifier.ecdsaWithSHA256)
            coder.serializeRawBytes(issuer)
            coder.sequence { coder in
                coder.time(notBefore)
                coder.time(notAfter)
            }
            coder.serializeRawBytes(subject)
            coder.publicKey(publicKey)
            coder.explicit(3) { $0.sequence(extensions) }
        }
        return coder.serializedBytes
    }
}
