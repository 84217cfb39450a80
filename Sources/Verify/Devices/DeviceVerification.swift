internal import Matter
public import Vocabulary

/// Judges a finished device by what is on record of it: its certificates, and the codes on its label.
public struct DeviceVerification: Sendable {
    public let attestation: AttestationVerification
    public let vendorID: VendorID
    public let productID: ProductID
    /// 12 bits.
    public let discriminator: UInt16
    public let qr: String
    public let manualCode: String

    public init(
        attestation: AttestationVerification,
        vendorID: VendorID,
        productID: ProductID,
        discriminator: UInt16,
        qr: String,
        manualCode: String
    ) {
        self.attestation = attestation
        self.vendorID = vendorID
        self.productID = productID
        self.discriminator = discriminator
        self.qr = qr
        self.manualCode = manualCode
    }

    /// Never throws: whatever is wrong is the verdict. No field holds the passcode.
    public func verdict() -> Verdict {
        let chain = attestation.verdict()
        guard chain.accepted else { return chain }
        return Verdict.judge(accepted: "Certificates and codes are those of one device.") { _ in
            // The declaration lists several products; the DAC is of one.
            let dac = try AttestationCertificate(der: EncodedInput.der(attestation.dac))
            guard dac.vendorID == vendorID else { throw Self.mismatch("vendor id of the DAC") }
            guard dac.productID == productID else { throw Self.mismatch("product id of the DAC") }
            let payloads = try OnboardingPayload.all(inQRText: qr)
            guard let payload = payloads.first, payloads.count == 1 else { throw Self.mismatch("number of payloads") }
            guard payload.vendorID == vendorID else { throw Self.mismatch("vendor id of the QR code") }
            guard payload.productID == productID else { throw Self.mismatch("product id of the QR code") }
            guard payload.discriminator.value == discriminator else {
                throw Self.mismatch("discriminator of the QR code")
            }
            let manual = try ManualPairingCode(manualCode)
            guard manual.printed == ManualPairingCode(payload).printed else {
                throw Self.mismatch("manual code and QR code")
            }
        }
    }

    private static func mismatch(_ what: String) -> Refusal { Refusal(VerifyError.deviceMismatch, what) }
}
