public import Vocabulary

/// A key that may sign Certification Declarations.
public struct DeclarationSigner: Sendable, Hashable {
    /// SHA-1 of the alliance's root for declarations, "Matter Certification and Testing CA".
    public static let allianceRootKeyIdentifier: [UInt8] = [
        0x97, 0xE4, 0x69, 0xD0, 0xC5, 0x04, 0x14, 0xC2, 0x6F, 0xC7, 0x01, 0xF7, 0x7E, 0x94, 0x77, 0x39, 0x09, 0x8D,
        0xF6, 0xA5,
    ]

    public let publicKey: P256Point
    /// 20 octets, SHA-1 of the key.
    public let keyIdentifier: [UInt8]

    /// A key that the caller trusts for another reason than a certificate.
    public init(publicKey: P256Point) {
        self.publicKey = publicKey
        self.keyIdentifier = publicKey.keyIdentifier
    }

    /// True for the published test key: acceptable for development and provisional declarations in a laboratory only.
    public var isTestKey: Bool { keyIdentifier == TestDeclarationKey.keyIdentifier }

    /// Accepts the certificate of a signer: the alliance's root itself, a certificate that the root signed, or the
    /// published test key's. `root` must have the alliance's key identifier.
    ///
    /// Throws `matter.declaration.signer-certificate`.
    public init(certificate: AttestationCertificate, root: AttestationCertificate) throws {
        guard let identifier = certificate.subjectKeyIdentifier, identifier == certificate.publicKey.keyIdentifier
        else { throw Self.refused("its key identifier is not SHA-1 of its key") }
        if identifier == TestDeclarationKey.keyIdentifier {
            guard certificate.isSigned(by: certificate.publicKey) else { throw Self.refused("signature") }
        } else {
            try Self.check(certificate, root: root)
        }
        self.init(publicKey: certificate.publicKey)
    }

    private static func check(_ certificate: AttestationCertificate, root: AttestationCertificate) throws {
        guard root.subjectKeyIdentifier == allianceRootKeyIdentifier,
            root.publicKey.keyIdentifier == allianceRootKeyIdentifier, root.isSigned(by: root.publicKey)
        else { throw refused("the root is not the alliance's") }
        guard certificate.issuer == root.subject,
            certificate.authorityKeyIdentifier == root.subjectKeyIdentifier,
            certificate.isSigned(by: root.publicKey)
        else { throw refused("it does not chain to the alliance's root") }
        guard certificate == root || AttestationChain.wasValid(root, whenIssuing: certificate) else {
            throw refused("issued outside its root's validity")
        }
        guard certificate.extensions.unknownCritical.isEmpty,
            certificate.extensions.basicConstraints?.isCritical == true,
            let usage = certificate.extensions.keyUsage, usage.isCritical,
            certificate == root || usage.bits & 0x80 != 0
        else { throw refused("its key may not sign") }
    }

    /// Throws `matter.declaration.test-key` for the test key and an official declaration.
    func mayCertify(_ kind: CertificationDeclaration.Kind) throws {
        guard !isTestKey || kind != .official else { throw Refusal(MatterError.declarationTestKey) }
    }

    private static func refused(_ reason: String) -> Refusal {
        Refusal(MatterError.declarationSignerCertificate, reason)
    }
}
