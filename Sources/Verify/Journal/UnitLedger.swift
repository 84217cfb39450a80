internal import Statements
public import Vocabulary

/// Where a judge keeps what grows without bound: units, credentials, batches and the hashes of a journal.
///
/// One ledger belongs to one journal. What is put is read back by the next question, also before it is stored.
public protocol UnitLedger {
    /// `Never` for a ledger in memory.
    associatedtype Failure: Error

    mutating func unit(_ id: Digest256) throws(Failure) -> JudgedUnit?
    /// The units that a chip was, by the position of their issuing, newest first, `LedgerLimits.unitsOfChip` at most.
    mutating func units(of chip: ChipUID) throws(Failure) -> [JudgedUnit]
    /// The newest unit of a chip under an authorization, as `units(of:)` has them.
    mutating func newest(of chip: ChipUID, batch: Digest256) throws(Failure) -> Digest256?
    /// The unit for which a key was certified last.
    mutating func owner(ofKey key: Digest256) throws(Failure) -> Digest256?
    /// The newest unit of a product with this serial.
    mutating func owner(of serial: DeviceSerial, product: ProductName) throws(Failure) -> Digest256?
    mutating func batch(_ id: Digest256) throws(Failure) -> JudgedBatch?
    /// The root that the journal had at `size`; nil when it never had it.
    mutating func root(at size: Int) throws(Failure) -> Digest256?

    mutating func put(_ unit: JudgedUnit) throws(Failure)
    mutating func put(_ credential: JudgedCredential) throws(Failure)
    mutating func put(_ batch: JudgedBatch) throws(Failure)
    /// The next leaf of the journal.
    mutating func append(_ leaf: Digest256) throws(Failure)
}

extension UnitLedger {
    public mutating func newest(of chip: ChipUID, batch: Digest256) throws(Failure) -> Digest256? {
        try units(of: chip).first { $0.batch == batch }?.id
    }
}

public enum LedgerLimits {
    /// Units of one chip in one journal that a judge looks back on.
    public static let unitsOfChip = 64
}

/// A unit as its journal tells.
public struct JudgedUnit: Sendable, Hashable, Codable {
    public enum Stage: String, Sendable, Hashable, Codable, CaseIterable {
        case open
        case done
        case failed
        case released
        case replaced
    }

    public let id: Digest256
    public let batch: Digest256
    public let product: ProductName
    public let chip: ChipUID
    public let generation: UInt32
    public let index: Int
    public let serial: DeviceSerial
    public let isReissue: Bool
    /// Position of the entry that issued it.
    public let position: Int
    public var stage: Stage
    public var isExposed: Bool
    public var wasUnlocked: Bool
    public var factoryData: Digest256?
    public var isPermitted: Bool
    public var slots: Set<KeySlot>
    /// Key id of the newest DAC; nil where a ledger has not kept it.
    public var deviceKey: Digest256?

    public var isLive: Bool { stage == .open || stage == .done }

    public init(
        id: Digest256,
        batch: Digest256,
        product: ProductName,
        chip: ChipUID,
        generation: UInt32,
        index: Int,
        serial: DeviceSerial,
        isReissue: Bool,
        position: Int,
        stage: Stage = .open,
        isExposed: Bool = false,
        wasUnlocked: Bool = false,
        factoryData: Digest256? = nil,
        isPermitted: Bool = false,
        slots: Set<KeySlot> = [],
        deviceKey: Digest256? = nil
    ) {
        self.id = id
        self.batch = batch
        self.product = product
        self.chip = chip
        self.generation = generation
        self.index = index
        self.serial = serial
        self.isReissue = isReissue
        self.position = position
        self.stage = stage
        self.isExposed = isExposed
        self.wasUnlocked = wasUnlocked
        self.factoryData = factoryData
        self.isPermitted = isPermitted
        self.slots = slots
        self.deviceKey = deviceKey
    }
}

/// A DAC that a journal released.
public struct JudgedCredential: Sendable, Hashable {
    public let unit: Digest256
    /// Key id of the device's attestation key.
    public let deviceKey: Digest256
    /// Serial number of the certificate, hexadecimal; nil when it can't be read.
    public let dacSerial: String?
    /// Position of its entry.
    public let position: Int
}

/// The ledger of `obis-verify`: all in memory.
public struct InMemoryUnitLedger: UnitLedger {
    private struct ProductSerial: Hashable {
        let product: ProductName
        let serial: DeviceSerial
    }

    public private(set) var units: [Digest256: JudgedUnit] = [:]
    public private(set) var batches: [Digest256: JudgedBatch] = [:]
    private var chips: [ChipUID: [Digest256]] = [:]
    private var keys: [Digest256: Digest256] = [:]
    private var serials: [ProductSerial: [Digest256]] = [:]
    private var tree = JournalTree()

    public init() {}

    public func unit(_ id: Digest256) -> JudgedUnit? { units[id] }

    public func units(of chip: ChipUID) -> [JudgedUnit] {
        (chips[chip] ?? []).suffix(LedgerLimits.unitsOfChip).reversed().compactMap { units[$0] }
    }

    public func owner(ofKey key: Digest256) -> Digest256? { keys[key] }

    public func owner(of serial: DeviceSerial, product: ProductName) -> Digest256? {
        serials[ProductSerial(product: product, serial: serial)]?.last
    }

    public func batch(_ id: Digest256) -> JudgedBatch? { batches[id] }

    public func root(at size: Int) -> Digest256? { tree.root(at: size) }

    public mutating func put(_ unit: JudgedUnit) {
        let before = units.updateValue(unit, forKey: unit.id)
        guard before?.position != unit.position else { return }
        if let before {
            chips[before.chip]?.removeAll { $0 == unit.id }
            serials[ProductSerial(product: before.product, serial: before.serial)]?.removeAll { $0 == unit.id }
        }
        chips[unit.chip, default: []].append(unit.id)
        serials[ProductSerial(product: unit.product, serial: unit.serial), default: []].append(unit.id)
    }

    public mutating func put(_ credential: JudgedCredential) { keys[credential.deviceKey] = credential.unit }
    public mutating func put(_ batch: JudgedBatch) { batches[batch.id] = batch }
    public mutating func append(_ leaf: Digest256) { tree.append(leaf) }
}
