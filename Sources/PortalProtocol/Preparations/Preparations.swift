public import Vocabulary

/// Asks an EdgeHSM for the keys of a product.
public struct PreparationRequest: Codable, Sendable, Hashable {
    public let product: ProductName
    public init(product: ProductName) { self.product = product }
}

/// How far an EdgeHSM and a product are: asked, answered with keys, certified, installed.
public struct Preparation: Codable, Sendable, Hashable {
    public struct Certified: Codable, Sendable, Hashable {
        public let uploadedBy: PersonID
        public let uploadedAt: Instant
        /// When the journal's word that they are in the EdgeHSM was taken in; absent: they are offered to the factory.
        public let installedAt: Instant?

        public init(uploadedBy: PersonID, uploadedAt: Instant, installedAt: Instant?) {
            (self.uploadedBy, self.uploadedAt, self.installedAt) = (uploadedBy, uploadedAt, installedAt)
        }
    }

    public let edgeHSM: EdgeHSMID
    public let product: ProductName
    public let vendorID: VendorID
    public let productID: ProductID
    public let askedBy: PersonID
    public let askedAt: Instant
    /// When the EdgeHSM's answer came; absent: the factory is still asked for it.
    public let receivedAt: Instant?
    /// Id of the answer, a `ProductPreparation`.
    public let statement: Digest256?
    public let certificates: Certified?

    public init(
        edgeHSM: EdgeHSMID,
        product: ProductName,
        vendorID: VendorID,
        productID: ProductID,
        askedBy: PersonID,
        askedAt: Instant,
        receivedAt: Instant?,
        statement: Digest256?,
        certificates: Certified?
    ) {
        (self.edgeHSM, self.product) = (edgeHSM, product)
        (self.vendorID, self.productID) = (vendorID, productID)
        (self.askedBy, self.askedAt) = (askedBy, askedAt)
        (self.receivedAt, self.statement, self.certificates) = (receivedAt, statement, certificates)
    }
}
