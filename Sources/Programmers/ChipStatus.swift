public import Silicon
public import Vocabulary

/// Everything a station needs to know to resume a unit; holds no secret.
public struct ChipStatus: Hashable, Sendable, Codable {
    public var lifecycle: ChipLifecycle
    /// True once the lock fuse is burnt, whether or not ADAC has opened the port since the last reset.
    public var debugLocked: Bool
    /// True when debug commands are accepted now.
    public var debugOpen: Bool
    /// What ADAC granted since the last reset; absent while the port was never locked, or is closed.
    public var granted: ADACPermissions?
    /// True when, since the device keys were made, a port opened by ADAC could have read them.
    public var exposed: Bool
    public var signingKey: P256Point?
    public var agreementKey: P256Point?
    /// The signing key that is to follow: made for a rotation that is not finished, and not in use.
    public var nextKey: P256Point?
    /// Product key slots that hold a key.
    public var slots: [KeySlot]
    /// SHA-256 of what each region holds; a region without content is absent.
    public var regions: [String: RegionDigest]
    /// SHA-256 of the DER SubjectPublicKeyInfo of the secure-boot key, once fused.
    public var secureBootKeyHash: Digest256?
    public var debugRootKeyHash: Digest256?
    public var socClass: UInt32?

    public init(lifecycle: ChipLifecycle) {
        self.lifecycle = lifecycle
        debugLocked = false
        debugOpen = true
        granted = nil
        exposed = false
        signingKey = nil
        agreementKey = nil
        nextKey = nil
        slots = []
        regions = [:]
        secureBootKeyHash = nil
        debugRootKeyHash = nil
        socClass = nil
    }

    public subscript(region: ChipRegion) -> RegionDigest? {
        get { regions[region.rawValue] }
        set { regions[region.rawValue] = newValue }
    }
}
