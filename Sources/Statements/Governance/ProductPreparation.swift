public import Vocabulary

/// Keys that an EdgeHSM made for one product, so that the OEM certifies them. Signed by the EdgeHSM's identity, which
/// must be registered; nothing else makes a PAI or a debug intermediate.
public struct ProductPreparation: Statement {
    public static let payloadType = "application/vnd.obis.product-preparation.v1+json"

    public let edgeHSM: EdgeHSMID
    public let product: ProductName
    public let vendorID: VendorID
    public let productID: ProductID
    /// PKCS#10 of the PAI key.
    public let paiRequest: Octets
    /// Key of the ADAC debug intermediate.
    public let debugKey: P256Point
    public let preparedAt: Instant

    public init(
        edgeHSM: EdgeHSMID,
        product: ProductName,
        vendorID: VendorID,
        productID: ProductID,
        paiRequest: Octets,
        debugKey: P256Point,
        preparedAt: Instant
    ) {
        self.edgeHSM = edgeHSM
        self.product = product
        self.vendorID = vendorID
        self.productID = productID
        self.paiRequest = paiRequest
        self.debugKey = debugKey
        self.preparedAt = preparedAt
    }

    public func validate() throws {
        try require(paiRequest.bytes.count <= 2_048, "CSR of \(paiRequest.bytes.count) octets")
        try require(debugKey.signingKey != nil, "debug key not on the curve")
    }
}

/// The OEM's answer to a `ProductPreparation`: certificates for the two keys. Its parts prove themselves by their own
/// signatures, so it has none of its own.
public struct ProductCertificates: Codable, Sendable, Hashable {
    public static let largest = 16 * 1024
    public let edgeHSM: EdgeHSMID
    public let product: ProductName
    /// DER X.509, at most 600 octets each.
    public let paa: Octets
    public let pai: Octets
    /// ADAC certificates, root first.
    public let debugRoot: Octets
    public let debugIntermediate: Octets

    public init(
        edgeHSM: EdgeHSMID,
        product: ProductName,
        paa: Octets,
        pai: Octets,
        debugRoot: Octets,
        debugIntermediate: Octets
    ) {
        self.edgeHSM = edgeHSM
        self.product = product
        self.paa = paa
        self.pai = pai
        self.debugRoot = debugRoot
        self.debugIntermediate = debugIntermediate
    }

    /// Throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(ProductCertificates.self, from: bytes)
    }
}
