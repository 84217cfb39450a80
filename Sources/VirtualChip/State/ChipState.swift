import Programmers
import Silicon
import Vocabulary

/// Everything that a chip keeps over a power cut, but for the firmware region.
///
/// Private scalars and opened product keys stand in it as they stand in a real chip's fuses and key store: whoever owns
/// the host owns this file. It models a chip for testing the line, and is no security boundary.
struct ChipState: Codable {
    static let formatVersion = 1

    struct DeviceKeys: Codable {
        /// Hexadecimal of the P-256 scalars.
        let signing: String
        let agreement: String
    }

    /// The second slot: a signing key that is not in use yet, and what was staged for it.
    struct NextCredential: Codable {
        /// Hexadecimal of the P-256 scalar.
        let signing: String
        var staged: Staged?
    }

    struct Staged: Codable {
        let credentials: ChipCredentials
        let factoryData: Blob?
    }

    struct VendorIdentity: Codable {
        let certificate: Blob
        let scalar: String
    }

    struct Request: Codable {
        let nonce: Nonce
        let der: Blob
    }

    var version = ChipState.formatVersion
    let family: ChipFamily
    let uid: ChipUID
    let vendor: VendorIdentity?
    var fuses = ChipFuses()
    var keys: DeviceKeys?
    var next: NextCredential?
    /// The newest request: sealed product keys and the vendor's attestation refer to it.
    var request: Request?
    /// Hexadecimal of opened product keys, by slot.
    var productKeys: [String: String] = [:]
    var factoryData: Blob?
    var credentials: ChipCredentials?
    /// Octets in use in the firmware region.
    var firmwareLength: UInt32 = 0
    /// Kept in flash; counts only where its hash is the fused one.
    var secureBootKey: P256Point?
    var exposed = false

    init(family: ChipFamily, uid: ChipUID, vendor: VendorIdentity?) {
        self.family = family
        self.uid = uid
        self.vendor = vendor
    }

    var lifecycle: ChipLifecycle {
        if fuses.locked { return .secured }
        if keys == nil { return .blank }
        return credentials == nil ? .keyed : .credentialed
    }

    /// Erases what a wipe erases; fuses and vendor identity stay.
    mutating func wipe(_ scope: WipeScope) {
        keys = nil
        next = nil
        request = nil
        productKeys = [:]
        factoryData = nil
        credentials = nil
        exposed = false
        if scope == .everything { firmwareLength = 0 }
    }
}

/// One-time fuses: a burnt one never changes.
struct ChipFuses: Codable, Hashable {
    private(set) var secureBootKeyHash: Digest256?
    private(set) var debugRootKeyHash: Digest256?
    private(set) var socClass: UInt32?
    private(set) var locked = false

    /// Throws `chip.fuse.burnt` where a fuse holds another value; nothing is changed then.
    mutating func burn(secureBootKeyHash: Digest256, debugRootKeyHash: Digest256?, socClass: UInt32) throws {
        guard socClass != 0 else { throw Refusal(VirtualChipError.fuseInvalid, "soc_class 0 means any") }
        guard !locked || isBurnt(secureBootKeyHash, debugRootKeyHash, socClass) else {
            throw Refusal(VirtualChipError.fuseBurnt, "locked")
        }
        var burnt = self
        burnt.secureBootKeyHash = try Self.burn(self.secureBootKeyHash, secureBootKeyHash, "secure-boot key")
        burnt.socClass = try Self.burn(self.socClass, socClass, "soc_class")
        if let debugRootKeyHash {
            burnt.debugRootKeyHash = try Self.burn(self.debugRootKeyHash, debugRootKeyHash, "debug root")
        }
        self = burnt
    }

    private func isBurnt(_ boot: Digest256, _ root: Digest256?, _ socClass: UInt32) -> Bool {
        secureBootKeyHash == boot && self.socClass == socClass && (root == nil || root == debugRootKeyHash)
    }

    /// Throws `chip.lock.unprepared` before the other fuses are burnt.
    mutating func burnLock() throws {
        guard secureBootKeyHash != nil, socClass != nil else { throw Refusal(VirtualChipError.lockUnprepared) }
        locked = true
    }

    /// True when going from `old` to this only burns fuses. Storage refuses any other change.
    func onlyBurns(from old: ChipFuses) -> Bool {
        (old.secureBootKeyHash == nil || old.secureBootKeyHash == secureBootKeyHash)
            && (old.debugRootKeyHash == nil || old.debugRootKeyHash == debugRootKeyHash)
            && (old.socClass == nil || old.socClass == socClass) && (!old.locked || locked)
    }

    private static func burn<Value: Equatable>(_ present: Value?, _ value: Value, _ name: String) throws -> Value {
        guard present == nil || present == value else { throw Refusal(VirtualChipError.fuseBurnt, name) }
        return value
    }
}
