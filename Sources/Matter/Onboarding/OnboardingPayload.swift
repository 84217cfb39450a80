public import Vocabulary

/// How a product is commissioned (Matter 5.1.3.1).
public enum CommissioningFlow: UInt8, Sendable, Hashable, Codable, CaseIterable {
    case standard = 0
    case userIntent = 1
    case custom = 2
}

/// How a commissioner can find the device (Matter 5.1.3.1).
public struct DiscoveryCapabilities: OptionSet, Sendable, Hashable, Codable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Reserved by now; older codes have it.
    public static let softAP = DiscoveryCapabilities(rawValue: 1)
    public static let ble = DiscoveryCapabilities(rawValue: 2)
    public static let onNetwork = DiscoveryCapabilities(rawValue: 4)
    public static let wifiPAF = DiscoveryCapabilities(rawValue: 8)
    public static let nfc = DiscoveryCapabilities(rawValue: 16)
    public static let thread = DiscoveryCapabilities(rawValue: 32)

    static let known: DiscoveryCapabilities = [softAP, ble, onNetwork, wifiPAF, nfc, thread]
}

/// What a QR code says about one device (Matter 5.1.3). Prints no passcode.
public struct OnboardingPayload: Sendable, Hashable {
    public let vendorID: VendorID
    public let productID: ProductID
    public let flow: CommissioningFlow
    public let discovery: DiscoveryCapabilities
    public let discriminator: Discriminator
    public let passcode: Passcode
    /// Optional data: context tags 0 to 4 of the standard (0 is the serial number), 0x80 and up of the vendor.
    public let extra: [TLVElement]

    /// Throws `matter.onboarding.field` for a product id of 0 beside a vendor id, unknown discovery bits, or optional
    /// data that the standard reserves.
    public init(
        vendorID: VendorID,
        productID: ProductID,
        flow: CommissioningFlow,
        discovery: DiscoveryCapabilities,
        discriminator: Discriminator,
        passcode: Passcode,
        extra: [TLVElement] = []
    ) throws {
        guard productID.value != 0 || vendorID.value == 0 else {
            throw Refusal(MatterError.onboardingField, "product id 0")
        }
        guard discovery.isSubset(of: .known) else { throw Refusal(MatterError.onboardingField, "discovery bits") }
        try Self.check(extra)
        self.vendorID = vendorID
        self.productID = productID
        self.flow = flow
        self.discovery = discovery
        self.discriminator = discriminator
        self.passcode = passcode
        self.extra = extra
    }

    /// The serial number of the optional data, if it is there as a string.
    public var serialNumber: String? { extra.first { $0.tag == .context(0) }?.utf8 }

    private static func check(_ extra: [TLVElement]) throws {
        guard extra.count <= 32, Set(extra.map(\.tag)).count == extra.count else {
            throw Refusal(MatterError.onboardingField, "optional data: too many fields, or one twice")
        }
        for element in extra {
            guard case .context(let tag) = element.tag, isAllowed(element.value, tag: tag) else {
                throw Refusal(MatterError.onboardingField, "optional data: a reserved tag or a wrong type")
            }
        }
    }

    private static func isAllowed(_ value: TLVValue, tag: UInt8) -> Bool {
        switch (tag, value) {
        case (0, .utf8): true
        case (0, .unsigned(let number)): number <= 0xFFFF_FFFF
        case (1, .unsigned), (3, .unsigned), (4, .unsigned): true
        case (2, .octets(let salt)): (16...32).contains(salt.count)
        case (0x80..., .utf8): true
        case (0x80..., .signed(let number)): Int32(exactly: number) != nil
        default: false
        }
    }
}
