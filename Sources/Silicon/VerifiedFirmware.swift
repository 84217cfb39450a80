public import Vocabulary

/// What a firmware file proves once its signature is verified.
public struct VerifiedFirmware: Hashable, Sendable, Codable {
    /// SHA-256 of the whole file: its address in packages and manifests.
    public let fileDigest: Digest256
    /// What the signature covers.
    public let imageDigest: Digest256
    public let version: MCUbootVersion
    /// From the signed vendor TLV. Absent: the file proves nothing of the product, and the ODM's declaration stands.
    public let product: FirmwareProduct?
    /// Octets of the whole file.
    public let size: Int

    public var vendorID: VendorID? { product?.vendorID }
    public var productID: ProductID? { product?.productID }
    /// Matter's software version number.
    public var softwareVersion: UInt32? { product?.softwareVersion }

    public init(
        fileDigest: Digest256,
        imageDigest: Digest256,
        version: MCUbootVersion,
        product: FirmwareProduct?,
        size: Int
    ) {
        self.fileDigest = fileDigest
        self.imageDigest = imageDigest
        self.version = version
        self.product = product
        self.size = size
    }
}

/// The product that an image is for, as signed inside it.
public struct FirmwareProduct: Hashable, Sendable, Codable {
    public let vendorID: VendorID
    public let productID: ProductID
    public let softwareVersion: UInt32

    public init(vendorID: VendorID, productID: ProductID, softwareVersion: UInt32) {
        self.vendorID = vendorID
        self.productID = productID
        self.softwareVersion = softwareVersion
    }
}
