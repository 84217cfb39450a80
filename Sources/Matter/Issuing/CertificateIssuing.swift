public import Vocabulary

/// The whole of issuing one attestation certificate.
public enum CertificateIssuing {
    /// Lints the to-be-signed bytes, has them signed, verifies the signature, and parses the certificate again. Nothing
    /// reaches `sign` unlinted, because this function hands the same bytes to both.
    ///
    /// Throws `matter.lint.*` before and `matter.issuing.*` after signing, and whatever `sign` throws.
    public static func issue(
        _ tbs: ToBeSignedCertificate,
        as kind: CertificateKind,
        issuer: CertificateIssuer?,
        expected: CertificateExpectation,
        sign: @Sendable ([UInt8]) async throws -> RawSignature
    ) async throws -> AttestationCertificate {
        guard tbs.signer == issuer?.publicKey ?? expected.publicKey else { throw Refusal(MatterError.issuingSignature) }
        try CertificateLint.check(tbs.bytes, as: kind, issuer: issuer, expected: expected)
        let signature = try await sign(tbs.bytes)
        let certificate = try tbs.certificate(with: signature)
        try certificate.check(as: kind)
        return certificate
    }
}
