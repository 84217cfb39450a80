public import Vocabulary

/// One immutable product version: everything that a unit of it is made from. Content-addressed: approvals name the
/// SHA-256 of its octets. Not signed by itself.
public struct Manifest: Codable, Sendable, Hashable {
    public static let largest = 48 * 1024

    public struct Firmware: Codable, Sendable, Hashable {
        /// Name of the image format, `mcuboot`.
        public let format: String
        /// SHA-256 of the whole file.
        public let digest: Digest256
        public let size: Int
        /// Secure-boot key that the OEM named.
        public let verificationKey: P256Point
        public let softwareVersion: UInt32
        public init(
            format: String,
            digest: Digest256,
            size: Int,
            verificationKey: P256Point,
            softwareVersion: UInt32
        ) {
            self.format = format
            self.digest = digest
            self.size = size
            self.verificationKey = verificationKey
            self.softwareVersion = softwareVersion
        }
    }

    /// Commissioning parameters (Matter 5.1).
    public struct Commissioning: Codable, Sendable, Hashable {
        /// 0 standard, 1 user intent, 2 custom.
        public let flow: UInt8
        /// Bit set: 1 BLE, 2 on-network, 3 Wi-Fi PAF, 4 NFC, 5 Thread.
        public let discovery: UInt8
        /// SPAKE2+ PBKDF2 rounds, 1,000 to 100,000.
        public let iterations: Int
        public init(flow: UInt8, discovery: UInt8, iterations: Int) {
            self.flow = flow
            self.discovery = discovery
            self.iterations = iterations
        }
    }

    /// Matter factory data that all units share.
    public struct FactoryData: Codable, Sendable, Hashable {
        /// Name of the encoding, `nordic-cbor`.
        public let encoding: String
        public let vendorName: String
        public let productName: String
        public let productLabel: String
        public let productURL: String
        public let partNumber: String
        public let hardwareVersion: UInt16
        public let hardwareVersionString: String
        public init(
            encoding: String,
            vendorName: String,
            productName: String,
            productLabel: String,
            productURL: String,
            partNumber: String,
            hardwareVersion: UInt16,
            hardwareVersionString: String
        ) {
            self.encoding = encoding
            self.vendorName = vendorName
            self.productName = productName
            self.productLabel = productLabel
            self.productURL = productURL
            self.partNumber = partNumber
            self.hardwareVersion = hardwareVersion
            self.hardwareVersionString = hardwareVersionString
        }
    }

    public struct Key: Codable, Sendable, Hashable {
        public enum Kind: String, Codable, Sendable, CaseIterable {
            /// One key for all units of the slot.
            case fleet
            /// A key for each unit, derived in the token from UID and slot.
            case perUnit
        }
        public let slot: KeySlot
        public let kind: Kind
        /// AES-CMAC check value, 16 octets in hexadecimal: proves that the imported key is the approved one.
        public let checkValue: String
        public init(slot: KeySlot, kind: Kind, checkValue: String) {
            self.slot = slot
            self.kind = kind
            self.checkValue = checkValue
        }
    }

    /// Chip security features: what the station fuses, in this order, irreversible ones last.
    public struct ChipSecurity: Codable, Sendable, Hashable {
        /// SHA-256 of the secure-boot key's SubjectPublicKeyInfo.
        public let secureBootKey: Digest256
        /// SHA-256 of the raw X ‖ Y of the ADAC root key.
        public let debugRoot: Digest256
        /// ADAC soc_class of the product.
        public let socClass: UInt32
        /// Largest ADAC permission mask, 16 octets in hexadecimal.
        public let debugPermissions: String
        /// True when an opened debug port can read the key store: a DAC is then marked exposed.
        public let openPortReadsKeys: Bool
        public init(
            secureBootKey: Digest256,
            debugRoot: Digest256,
            socClass: UInt32,
            debugPermissions: String,
            openPortReadsKeys: Bool
        ) {
            self.secureBootKey = secureBootKey
            self.debugRoot = debugRoot
            self.socClass = socClass
            self.debugPermissions = debugPermissions
            self.openPortReadsKeys = openPortReadsKeys
        }
    }

    public let product: ProductName
    public let version: String
    public let vendorID: VendorID
    public let productID: ProductID
    public let deviceType: UInt32
    /// Silicon family, as the station's programmers name it.
    public let family: String
    public let firmware: Firmware
    /// SHA-256 of the Certification Declaration's octets.
    public let certificationDeclaration: Digest256
    public let commissioning: Commissioning
    public let factoryData: FactoryData
    public let chipIdentity: ChipIdentityLevel
    /// DER certificates of the silicon vendor's roots; needed at `vendorCertificate`.
    public let vendorRoots: [Octets]
    public let keys: [Key]
    public let chipSecurity: ChipSecurity
    /// DER of the PAA under which this product's PAIs stand.
    public let paa: Octets

    public init(
        product: ProductName,
        version: String,
        vendorID: VendorID,
        productID: ProductID,
        deviceType: UInt32,
        family: String,
        firmware: Firmware,
        certificationDeclaration: Digest256,
        commissioning: Commissioning,
        factoryData: FactoryData,
        chipIdentity: ChipIdentityLevel,
        vendorRoots: [Octets],
        keys: [Key],
        chipSecurity: ChipSecurity,
        paa: Octets
    ) {
        self.product = product
        self.version = version
        self.vendorID = vendorID
        self.productID = productID
        self.deviceType = deviceType
        self.family = family
        self.firmware = firmware
        self.certificationDeclaration = certificationDeclaration
        self.commissioning = commissioning
        self.factoryData = factoryData
        self.chipIdentity = chipIdentity
        self.vendorRoots = vendorRoots
        self.keys = keys
        self.chipSecurity = chipSecurity
        self.paa = paa
    }

    /// Reads and checks a manifest's octets; throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(Manifest.self, from: bytes)
        try validate()
    }

    public func validate() throws {
        try require((1...64).contains(version.utf8.count), "version length")
        try require((1...32).contains(family.utf8.count), "family length")
        try require(firmware.size > 0 && firmware.size <= 64 * 1024 * 1024, "firmware size")
        try require(
            Digest256.of(firmware.verificationKey.subjectPublicKeyInfo) == chipSecurity.secureBootKey,
            "secure-boot fuse and verification key"
        )
        try require(commissioning.flow <= 2, "commissioning flow")
        try require((1_000...100_000).contains(commissioning.iterations), "SPAKE2+ iterations")
        try require(keys.count <= 8 && Set(keys.map(\.slot)).count == keys.count, "key slots")
        try require(keys.allSatisfy { (try? Hex.decode($0.checkValue))?.count == 16 }, "a check value is not 16 octets")
        try require((try? Hex.decode(chipSecurity.debugPermissions))?.count == 16, "debug permissions")
        try require(vendorRoots.count <= 4, "vendor roots")
        try require((chipIdentity == .vendorCertificate) == !vendorRoots.isEmpty, "vendor roots and chip identity")
        try require(paa.bytes.count <= 600, "PAA size")
    }
}
