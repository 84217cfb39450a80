public import Statements
public import Vocabulary

/// A key slot of a product; each version has one key of its own in it, in the portal's token.
public struct ProductKeySlot: Codable, Sendable, Hashable {
    public let slot: KeySlot
    public let kind: Manifest.Key.Kind

    public init(slot: KeySlot, kind: Manifest.Key.Kind) {
        self.slot = slot
        self.kind = kind
    }
}

/// What every approval of the product must keep to. The EdgeHSMs obey the approvals; these rules are the portal's own.
public struct ProductRules: Codable, Sendable, Hashable {
    /// Largest quantity of one batch; absent: no rule.
    public let largestBatch: UnitTotal?
    /// Longest window of a batch, in seconds; absent: no rule.
    public let longestWindow: Int64?
    public let chipIdentity: ChipIdentityLevel
    /// Longest time without word from the portal before new units stop, in seconds; absent: no rule.
    public let longestSilence: Int64?
    /// Factories whose EdgeHSMs may get an allotment; absent: every factory.
    public let factories: [FactoryID]?

    public init(
        largestBatch: UnitTotal? = nil,
        longestWindow: Int64? = nil,
        chipIdentity: ChipIdentityLevel,
        longestSilence: Int64? = nil,
        factories: [FactoryID]? = nil
    ) {
        self.largestBatch = largestBatch
        self.longestWindow = longestWindow
        self.chipIdentity = chipIdentity
        self.longestSilence = longestSilence
        self.factories = factories
    }
}

/// What stays the same over all versions of a product: the OEM decides it once.
public struct ProductFoundation: Codable, Sendable, Hashable {
    public let vendorID: VendorID
    public let productID: ProductID
    public let family: FamilyName
    /// The key that verifies the product's firmware.
    public let secureBootKey: P256Point
    /// DER of the PAA.
    public let paa: Octets
    /// The ADAC debug root certificate.
    public let debugRoot: Octets
    /// DER of the silicon vendor's roots, for chips with a vendor certificate.
    public let vendorRoots: [Octets]
    public let keySlots: [ProductKeySlot]
    /// ADAC soc_class.
    public let socClass: UInt32
    /// Largest debug permissions of any version.
    public let debugPermissions: SixteenOctets
    public let serialPrefix: SerialPrefix

    public init(
        vendorID: VendorID,
        productID: ProductID,
        family: FamilyName,
        secureBootKey: P256Point,
        paa: Octets,
        debugRoot: Octets,
        vendorRoots: [Octets],
        keySlots: [ProductKeySlot],
        socClass: UInt32,
        debugPermissions: SixteenOctets,
        serialPrefix: SerialPrefix
    ) {
        self.vendorID = vendorID
        self.productID = productID
        self.family = family
        self.secureBootKey = secureBootKey
        self.paa = paa
        self.debugRoot = debugRoot
        self.vendorRoots = vendorRoots
        self.keySlots = keySlots
        self.socClass = socClass
        self.debugPermissions = debugPermissions
        self.serialPrefix = serialPrefix
    }
}

public struct NewProduct: Codable, Sendable, Hashable {
    public let product: ProductName
    public let title: DisplayName
    public let foundation: ProductFoundation
    /// Units that may ever be made, everywhere: no approval may say more.
    public let lifetimeTotal: UnitTotal
    public let rules: ProductRules

    public init(
        product: ProductName,
        title: DisplayName,
        foundation: ProductFoundation,
        lifetimeTotal: UnitTotal,
        rules: ProductRules
    ) {
        self.product = product
        self.title = title
        self.foundation = foundation
        self.lifetimeTotal = lifetimeTotal
        self.rules = rules
    }
}

/// Changes of a product; what is absent stays.
public struct ProductChange: Codable, Sendable, Hashable {
    public let title: DisplayName?
    public let lifetimeTotal: UnitTotal?
    public let rules: ProductRules?

    public init(title: DisplayName? = nil, lifetimeTotal: UnitTotal? = nil, rules: ProductRules? = nil) {
        self.title = title
        self.lifetimeTotal = lifetimeTotal
        self.rules = rules
    }
}

public struct Product: Codable, Sendable, Hashable {
    public let product: ProductName
    public let title: DisplayName
    public let foundation: ProductFoundation
    public let lifetimeTotal: UnitTotal
    public let rules: ProductRules
    public let createdAt: Instant
    /// The newest version that the officers have locked.
    public let lockedVersion: VersionName?

    public init(
        product: ProductName,
        title: DisplayName,
        foundation: ProductFoundation,
        lifetimeTotal: UnitTotal,
        rules: ProductRules,
        createdAt: Instant,
        lockedVersion: VersionName?
    ) {
        self.product = product
        self.title = title
        self.foundation = foundation
        self.lifetimeTotal = lifetimeTotal
        self.rules = rules
        self.createdAt = createdAt
        self.lockedVersion = lockedVersion
    }
}

/// The key of one slot for one version: where it is and whether it can be used. Never its value.
public struct ProductKeyState: Codable, Sendable, Hashable {
    public enum Custody: String, Codable, Sendable, CaseIterable {
        /// Born in the portal's token, leaves it wrapped to an EdgeHSM alone.
        case portalToken
        /// Its value was known outside the token: laboratory only.
        case importedInClear
        /// There is no key yet.
        case none
    }

    public let version: VersionName
    public let slot: KeySlot
    public let kind: Manifest.Key.Kind
    public let custody: Custody
    /// Serial number of the token.
    public let token: String
    public let checkValue: SixteenOctets?

    public init(
        version: VersionName,
        slot: KeySlot,
        kind: Manifest.Key.Kind,
        custody: Custody,
        token: String,
        checkValue: SixteenOctets?
    ) {
        self.version = version
        self.slot = slot
        self.kind = kind
        self.custody = custody
        self.token = token
        self.checkValue = checkValue
    }
}

/// A stored file: firmware or a Certification Declaration.
public struct StoredFile: Codable, Sendable, Hashable {
    public let digest: Digest256
    /// Octets.
    public let size: Int

    public init(digest: Digest256, size: Int) {
        self.digest = digest
        self.size = size
    }
}
