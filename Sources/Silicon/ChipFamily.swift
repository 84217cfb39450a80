/// A kind of chip that can be provisioned, and what a product may rely on with it.
public enum ChipFamily: String, Sendable, Codable, CaseIterable {
    /// Process with a vendor-certified identity key and a key store that no debug port reaches.
    case virtualV = "virtual-v"
    /// Process without vendor identity; its key store lies in flash that secure debug can read.
    case virtualN = "virtual-n"

    /// The chip carries a certificate of its vendor and signs its requests with the key in it.
    public var hasVendorIdentity: Bool { self == .virtualV }

    /// A port opened with `ADACPermissions.secureMemory` could read the device keys: they are then *exposed*, and the
    /// unit needs a wipe and new keys.
    public var keyStoreIsReadableThroughDebug: Bool { self == .virtualN }

    public var factoryDataFormat: FactoryDataFormat { .nordicCBOR }
    public var firmwareFormat: FirmwareFormat { .mcuboot }
    /// ADAC can bind an answer to one chip; a product whose chip can't has no debug-unlock allowance.
    public var bindsDebugToChip: Bool { true }
}
