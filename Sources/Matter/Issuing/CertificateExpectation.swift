public import Vocabulary

/// What the certificate about to be signed must say, taken from the request and the authorization, not from the bytes.
public struct CertificateExpectation: Sendable, Hashable {
    public let publicKey: P256Point
    public let vendorID: VendorID
    /// Nil only for a PAA, and for a PAI that is not scoped to one product.
    public let productID: ProductID?
    public let serial: CertificateSerial
    public let commonName: String
    public let notBefore: Instant
    /// `.noExpiry` always for a DAC.
    public let notAfter: Instant

    public init(
        publicKey: P256Point,
        vendorID: VendorID,
        productID: ProductID?,
        serial: CertificateSerial,
        commonName: String,
        notBefore: Instant,
        notAfter: Instant = .noExpiry
    ) {
        self.publicKey = publicKey
        self.vendorID = vendorID
        self.productID = productID
        self.serial = serial
        self.commonName = commonName
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

}
