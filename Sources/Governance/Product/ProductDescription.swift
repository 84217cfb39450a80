public import Statements
public import Vocabulary

/// A product version as the ODM writes it: what `obis manifest` reads. Digests, keys and check values are not in it,
/// since they are taken from the files and tokens themselves.
public struct ProductDescription: Codable, Sendable, Hashable {
    public struct Slot: Codable, Sendable, Hashable {
        public let slot: KeySlot
        public let kind: Manifest.Key.Kind

        public init(slot: KeySlot, kind: Manifest.Key.Kind) {
            self.slot = slot
            self.kind = kind
        }
    }

    public let product: ProductName
    public let version: String
    public let vendorID: FourDigits
    public let productID: FourDigits
    public let deviceType: UInt32
    public let family: String
    /// Matter's software version number. Where the firmware's signed part says one, it must be the same.
    public let softwareVersion: UInt32
    public let commissioning: Manifest.Commissioning
    public let factoryData: Manifest.FactoryData
    public let chipIdentity: ChipIdentityLevel
    public let keys: [Slot]
    /// ADAC soc_class of the product.
    public let socClass: UInt32
    /// Largest ADAC permission mask, 16 octets in hexadecimal.
    public let debugPermissions: String

    public init(
        product: ProductName,
        version: String,
        vendorID: FourDigits,
        productID: FourDigits,
        deviceType: UInt32,
        family: String,
        softwareVersion: UInt32,
        commissioning: Manifest.Commissioning,
        factoryData: Manifest.FactoryData,
        chipIdentity: ChipIdentityLevel,
        keys: [Slot],
        socClass: UInt32,
        debugPermissions: String
    ) {
        self.product = product
        self.version = version
        self.vendorID = vendorID
        self.productID = productID
        self.deviceType = deviceType
        self.family = family
        self.softwareVersion = softwareVersion
        self.commissioning = commissioning
        self.factoryData = factoryData
        self.chipIdentity = chipIdentity
        self.keys = keys
        self.socClass = socClass
        self.debugPermissions = debugPermissions
    }
}
