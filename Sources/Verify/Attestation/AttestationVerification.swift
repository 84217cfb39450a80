internal import Matter
public import Vocabulary

/// Judges a device's attestation certificates and, where given, its Certification Declaration.
public struct AttestationVerification: Sendable {
    /// The declaration and what the device says about itself.
    public struct Declaration: Sendable {
        public let envelope: [UInt8]
        public let vendorID: VendorID
        public let productID: ProductID
        /// False refuses the published test key altogether, as a production line does.
        public let allowsTestKey: Bool

        public init(envelope: [UInt8], vendorID: VendorID, productID: ProductID, allowsTestKey: Bool = true) {
            self.envelope = envelope
            self.vendorID = vendorID
            self.productID = productID
            self.allowsTestKey = allowsTestKey
        }
    }

    /// Trusted PAA files, each DER or PEM. Files that are no certificate are counted and skipped.
    public let paas: [[UInt8]]
    public let pai: [UInt8]
    public let dac: [UInt8]
    public let declaration: Declaration?
    /// When the DAC itself is judged. Nil: no clock; the chain is judged at the DAC's notBefore in any case.
    public let now: Instant?

    public init(
        paas: [[UInt8]],
        pai: [UInt8],
        dac: [UInt8],
        declaration: Declaration? = nil,
        at now: Instant? = nil
    ) {
        self.paas = paas
        self.pai = pai
        self.dac = dac
        self.declaration = declaration
        self.now = now
    }

    /// Never throws: whatever is wrong is the verdict. The field `sdkNumber` holds the reference implementation's
    /// AttestationVerificationResult.
    public func verdict() -> Verdict {
        Verdict.judge(accepted: "The certificates form a valid attestation chain.") { fields in
            let trusted = paas.compactMap { file in
                (try? EncodedInput.der(file)).flatMap { try? AttestationCertificate(der: $0) }
            }
            fields["paasTrusted"] = String(trusted.count)
            fields["paasSkipped"] = String(paas.count - trusted.count)
            let (paiDER, dacDER) = try (EncodedInput.der(pai), EncodedInput.der(dac))
            Self.describe("dac", dacDER, &fields)
            Self.describe("pai", paiDER, &fields)
            fields["dacJudgedAt"] = now?.description ?? "no clock"
            let judgement = AttestationChain.judge(dac: dacDER, pai: paiDER, paas: trusted, at: now)
            fields["sdkNumber"] = String(judgement.sdkNumber)
            if let paa = judgement.paa { Self.describe("paa", paa.der, &fields) }
            if let refusal = judgement.refusal { throw refusal }
            guard let declaration, let paa = judgement.paa else { return }
            do {
                try judge(declaration, dac: dacDER, pai: paiDER, paa: paa, &fields)
            } catch let refusal as Refusal {
                fields["sdkNumber"] = String(MatterError(rawValue: refusal.code)?.sdkNumber ?? 603)
                throw refusal
            }
        }
    }

    private func judge(
        _ input: Declaration,
        dac: [UInt8],
        pai: [UInt8],
        paa: AttestationCertificate,
        _ fields: inout [String: String]
    ) throws {
        let signed = try SignedDeclaration(der: EncodedInput.der(input.envelope))
        let content = signed.declaration
        fields["cdVendorID"] = content.vendorID.description
        fields["cdProductIDs"] = content.productIDs.map(\.description).joined(separator: " ")
        fields["cdCertificateID"] = content.certificateID
        fields["cdType"] = String(describing: content.kind)
        fields["cdVersionNumber"] = String(content.versionNumber)
        fields["cdSigner"] = Hex.encode(signed.signerKeyIdentifier)
        var signers = DeclarationSigner.alliance
        if input.allowsTestKey { signers.append(DeclarationSigner(publicKey: try TestDeclarationKey.publicKey())) }
        let signer = try signed.verify(signers: signers)
        fields["cdSignerIsTestKey"] = String(signer.isTestKey)
        try content.match(
            vendorID: input.vendorID,
            productID: input.productID,
            dac: AttestationCertificate(der: dac),
            pai: AttestationCertificate(der: pai),
            paa: paa
        )
    }

    private static func describe(_ name: String, _ der: [UInt8], _ fields: inout [String: String]) {
        guard let certificate = try? AttestationCertificate(der: der) else { return }
        fields[name + "Serial"] = Hex.encode(certificate.serial)
        fields[name + "VendorID"] = certificate.vendorID?.description
        fields[name + "ProductID"] = certificate.productID?.description
        fields[name + "CommonName"] = certificate.subject.commonName
        fields[name + "NotBefore"] = certificate.notBefore.description
        fields[name + "NotAfter"] = certificate.notAfter.description
        fields[name + "SubjectKeyID"] = certificate.subjectKeyIdentifier.map { Hex.encode($0) }
        fields[name + "AuthorityKeyID"] = certificate.authorityKeyIdentifier.map { Hex.encode($0) }
    }
}
