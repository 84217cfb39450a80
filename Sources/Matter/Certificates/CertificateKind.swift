/// The three certificates of Matter's device attestation (Matter 6.2.2).
public enum CertificateKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Product Attestation Authority: the vendor's or the alliance's root.
    case paa
    /// Product Attestation Intermediate: issues for one vendor, often for one product.
    case pai
    /// Device Attestation Certificate: one device.
    case dac
}
