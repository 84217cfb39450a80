public import Vocabulary

/// Everything that goes into one attestation certificate that we issue. A value; nothing is signed here.
public struct CertificateProfile: Sendable, Hashable {
    public let kind: CertificateKind
    public let subject: MatterName
    /// Nil for a PAA, which signs itself.
    public let issuer: CertificateIssuer?
    public let publicKey: P256Point
    public let serial: CertificateSerial
    public let notBefore: Instant
    public let notAfter: Instant

    /// A VID-scoped PAA with path length 1.
    public static func paa(
        commonName: String,
        vendorID: VendorID,
        publicKey: P256Point,
        serial: CertificateSerial,
        notBefore: Instant,
        notAfter: Instant = .noExpiry
    ) throws -> CertificateProfile {
        CertificateProfile(
            kind: .paa,
            subject: try MatterName(commonName: commonName, vendorID: vendorID, productID: nil),
            issuer: nil,
            publicKey: publicKey,
            serial: serial,
            notBefore: notBefore,
            notAfter: notAfter
        )
    }

    /// A PAI; with `productID` it is scoped to one product.
    public static func pai(
        issuer: CertificateIssuer,
        commonName: String,
        vendorID: VendorID,
        productID: ProductID?,
        publicKey: P256Point,
        serial: CertificateSerial,
        notBefore: Instant,
        notAfter: Instant = .noExpiry
    ) throws -> CertificateProfile {
        CertificateProfile(
            kind: .pai,
            subject: try MatterName(commonName: commonName, vendorID: vendorID, productID: productID),
            issuer: issuer,
            publicKey: publicKey,
            serial: serial,
            notBefore: notBefore,
            notAfter: notAfter
        )
    }

    /// A DAC without expiry. `notBefore` is raised to the issuer's: an earlier DAC would be invalid for life.
    public static func dac(
        issuer: CertificateIssuer,
        commonName: String,
        vendorID: VendorID,
        productID: ProductID,
        publicKey: P256Point,
        serial: CertificateSerial,
        notBefore: Instant
    ) throws -> CertificateProfile {
        CertificateProfile(
            kind: .dac,
            subject: try MatterName(commonName: commonName, vendorID: vendorID, productID: productID),
            issuer: issuer,
            publicKey: publicKey,
            serial: serial,
            notBefore: max(notBefore, issuer.notBefore),
            notAfter: .noExpiry
        )
    }
}
