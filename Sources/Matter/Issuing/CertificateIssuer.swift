public import Vocabulary

/// Who signs an attestation certificate, as far as its content depends on that.
public struct CertificateIssuer: Sendable, Hashable {
    public let name: MatterName
    public let publicKey: P256Point
    /// 20 octets, SHA-1 of the key: what the issued certificate carries as its authority key identifier.
    public let keyIdentifier: [UInt8]
    public let notBefore: Instant
    public let notAfter: Instant

    /// A certificate that will issue. Throws `matter.profile.subject-key-id` where its key identifier is not SHA-1 of
    /// its key, because what we issue must carry that value.
    public init(_ certificate: AttestationCertificate) throws {
        self.init(
            name: certificate.subject,
            publicKey: certificate.publicKey,
            notBefore: certificate.notBefore,
            notAfter: certificate.notAfter
        )
        guard certificate.subjectKeyIdentifier == keyIdentifier else {
            throw Refusal(MatterError.profileSubjectKeyIdentifier, "the issuer's is not SHA-1 of its key")
        }
    }

    public init(name: MatterName, publicKey: P256Point, notBefore: Instant, notAfter: Instant) {
        self.name = name
        self.publicKey = publicKey
        self.keyIdentifier = publicKey.keyIdentifier
        self.notBefore = notBefore
        self.notAfter = notAfter
    }
}
