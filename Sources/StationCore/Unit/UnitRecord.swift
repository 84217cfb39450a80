public import Vocabulary

/// What a station remembers of one unit across a power cut. No secret: chip and EdgeHSM know the rest.
public struct UnitRecord: Codable, Sendable, Hashable {
    public enum Phase: String, Codable, Sendable {
        /// The EdgeHSM knows the unit.
        case begun
        /// The unit counts: its DAC was issued.
        case issued
        /// Everything is written and checked; the lock comes next.
        case locking
        /// The EdgeHSM may have heard `complete`.
        case completing
        case passed
        case failed
    }

    public let authorization: Digest256
    public let chipUID: ChipUID
    public let unit: Digest256
    public var phase: Phase
    public var serial: DeviceSerial?
    /// True when the device is being made again within the re-provisioning allowance: its port was locked before.
    public var isReprovisioned = false
    /// True until this generation's keys were made: those that the chip has are of the one before.
    public var keysAreOld = false
    /// Key id of the credential that a rotation is switching to; absent once that is reported.
    public var rotatingTo: Digest256?
    /// True from before an unlock of the device is asked for until it is completed again, so that no power cut in between
    /// lets it pass for finished. Absent in records of devices that were never opened.
    public var isReopened: Bool?
    /// Why it failed.
    public var code: String?

    public init(authorization: Digest256, chipUID: ChipUID, unit: Digest256, phase: Phase) {
        self.authorization = authorization
        self.chipUID = chipUID
        self.unit = unit
        self.phase = phase
    }
}

extension UnitRecord {
    /// The unit, where this station knows which one the chip is: a bench that only opened it may not.
    var knownUnit: Digest256? { unit == .zero ? nil : unit }
}

/// Keeps unit records: what `save` returned from survives a power cut of the station.
public protocol ProgressStore: Sendable {
    /// Throws `station.progress.unreadable`.
    func record(authorization: Digest256, chipUID: ChipUID) async throws -> UnitRecord?
    /// Throws `station.progress.unwritable`.
    func save(_ record: UnitRecord) async throws
}
