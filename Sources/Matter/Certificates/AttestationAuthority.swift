public import Vocabulary

/// A PAI and the PAA above it, judged once for all the DACs that are issued under them.
///
/// `init` and `verify` together ask everything that `AttestationChain.verify` asks of the three certificates.
public struct AttestationAuthority: Sendable {
    public let pai: AttestationCertificate
    public let paa: AttestationCertificate
    /// What a DAC takes from the PAI.
    public let issuer: CertificateIssuer

    /// Throws what parsing and `AttestationChain.verify` throw for a PAI and its PAA.
    public init(pai: [UInt8], paa: [UInt8]) throws {
        self.pai = try AttestationCertificate(der: pai)
        self.paa = try AttestationCertificate(der: paa)
        issuer = try CertificateIssuer(self.pai)
        try self.pai.check(as: .pai)
        _ = try AttestationChain.anchor(of: self.pai, in: [self.paa])
        try self.paa.check(as: .paa)
        try AttestationChain.checkScope(pai: self.pai, paa: self.paa)
        try AttestationChain.checkName(pai: self.pai, paa: self.paa)
        try AttestationChain.checkCritical([self.pai, self.paa])
        try AttestationChain.checkSignatures(pai: self.pai, paa: self.paa)
    }

    /// Issues a DAC: `CertificateIssuing.issue` under this PAI, and all that `verify` asks. The signature is verified
    /// once, when it comes from the token.
    ///
    /// Throws what these two throw, and `matter.issuing.signature` for bytes that were made for another issuer.
    public func issue(
        _ tbs: ToBeSignedCertificate,
        expected: CertificateExpectation,
        sign: @Sendable ([UInt8]) async throws -> RawSignature
    ) async throws -> AttestationCertificate {
        let dac = try await CertificateIssuing.issue(tbs, as: .dac, issuer: issuer, expected: expected, sign: sign)
        try verifyPlace(of: dac)
        return dac
    }

    /// Throws what `AttestationChain.verify` throws for this DAC; like it, judges PAI and PAA at the DAC's notBefore.
    ///
    /// - Parameter isSignatureKnown: this DAC's signature was verified under `pai.publicKey` before.
    public func verify(_ dac: AttestationCertificate, isSignatureKnown: Bool = false) throws {
        try dac.check(as: .dac)
        try verifyPlace(of: dac)
        if !isSignatureKnown { try AttestationChain.checkSignature(dac: dac, pai: pai) }
    }

    /// The same without profile and signature.
    private func verifyPlace(of dac: AttestationCertificate) throws {
        try AttestationChain.checkScope(dac: dac, pai: pai)
        try AttestationChain.checkName(dac: dac, pai: pai)
        try AttestationChain.checkCritical([dac])
        try AttestationChain.checkValidity(pai: pai, paa: paa, whenIssuing: dac)
    }
}
