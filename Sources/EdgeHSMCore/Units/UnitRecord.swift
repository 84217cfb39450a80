public import Statements
public import Vocabulary

/// What the journal says of one unit. A projection: the same function makes it in the daemon's tables, in a rebuild of
/// them, and in the simulator.
public struct UnitRecord: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable {
        /// Counted, not finished.
        case issued
        case completed
        /// Given up.
        case failed
        /// Ended by re-provisioning; the next generation costs no quota.
        case released
        /// Ended by re-provisioning, and the next generation has its DAC.
        case replaced
    }

    public let unit: Digest256
    public let authorization: Digest256
    public let chipUID: ChipUID
    public let generation: UInt32
    public let index: Int
    public let serial: DeviceSerial
    public var state: State
    /// DER of the newest DAC.
    public var dac: Octets
    /// Key id of the newest DAC's key.
    public var deviceKey: Digest256
    /// SHA-256 of the CSR of the newest DAC.
    public var request: Digest256
    /// Key id of the DAC that the newest one replaced by rotation; nil where the unit was never rotated.
    public var rotatedFrom: Digest256?
    public let agreementKey: P256Point
    public let commitment: Digest256
    /// True for the generation that follows a re-provisioning.
    public let isReissue: Bool
    /// An opened debug port could read the key store.
    public var isExposed: Bool
    /// Unlocked for rework at least once in this generation.
    public var wasUnlocked: Bool
    /// What was answered last.
    public var unlock: DebugUnlock?
    /// SHA-256 of the factory data given.
    public var factoryData: Digest256?
    public var permit: Digest256?
    public var sealedSlots: Set<KeySlot>
    /// Journal position and time of the `completed` entry.
    public var completedSequence: Int?
    public var completedAt: Instant?
    public let issuedAt: Instant
    public let station: StationName

    /// A DAC that counts under invariant I4: issued and not failed, replaced or released.
    public var isLive: Bool { state == .issued || state == .completed }
}

extension UnitRecord {
    init(_ issued: Issued, at time: Instant) {
        unit = issued.unit
        authorization = issued.authorization
        chipUID = issued.chipUID
        generation = issued.generation
        index = issued.index
        serial = issued.serial
        state = .issued
        dac = issued.dac
        deviceKey = issued.deviceKey
        request = issued.request
        agreementKey = issued.agreementKey
        commitment = issued.commitment
        isReissue = issued.replaces != nil
        isExposed = false
        wasUnlocked = false
        sealedSlots = []
        issuedAt = time
        station = issued.station
    }
}

/// How entries change units. The daemon calls `target`, reads that row, calls `updated`, writes the result, and for
/// `Issued.replaces` does the same with `predecessor`.
public enum UnitProjection {
    /// The unit that an entry is about; nil for entries about no unit.
    public static func target(of event: JournalEvent) -> Digest256? {
        switch event.body {
        case let body as Issued: body.unit
        case let body as FactoryDataGiven: body.unit
        case let body as KeySealed: body.unit
        case let body as Permitted: body.unit
        case let body as Completed: body.unit
        case let body as Failed: body.unit
        case let body as DebugUnlocked: body.unit
        case let body as Reprovisioned: body.unit
        case let body as Rotated: body.unit
        default: nil
        }
    }

    /// The unit that an `Issued` entry replaces: its state becomes `replaced`.
    public static func predecessor(of event: JournalEvent) -> Digest256? { (event.body as? Issued)?.replaces }

    /// The target's record after `entry`. Throws `edge.journal.inconsistent` where the entry doesn't fit the record.
    public static func updated(_ current: UnitRecord?, by entry: JournalEntry) throws -> UnitRecord {
        if let issued = entry.event.body as? Issued {
            guard current == nil else { throw Refusal(EdgeError.journalInconsistent, "unit \(issued.unit) twice") }
            return UnitRecord(issued, at: entry.time)
        }
        guard var record = current else {
            throw Refusal(EdgeError.journalInconsistent, "\(entry.event.kind) at \(entry.sequence) of an unknown unit")
        }
        switch entry.event.body {
        case let body as FactoryDataGiven: record.factoryData = body.factoryData
        case let body as KeySealed: record.sealedSlots.insert(body.slot)
        case let body as Permitted: record.permit = body.permit
        case is Completed:
            record.state = .completed
            record.completedSequence = entry.sequence
            record.completedAt = entry.time
        case is Failed: record.state = .failed
        case is Reprovisioned: record.state = .released
        case let body as DebugUnlocked:
            record.unlock(body)
        case let body as Rotated:
            guard record.chipUID == body.chipUID, record.deviceKey == body.proof.replacedKey.keyID else {
                throw Refusal(EdgeError.journalInconsistent, "rotated at \(entry.sequence) by another key")
            }
            record.rotatedFrom = record.deviceKey
            record.dac = body.dac
            record.deviceKey = body.deviceKey
            record.request = body.request
        default: break
        }
        return record
    }

    /// The predecessor's record after the issue that replaces it.
    public static func replaced(_ predecessor: UnitRecord) -> UnitRecord {
        var record = predecessor
        record.state = .replaced
        return record
    }
}

extension UnitRecord {
    /// An opened unit has to be permitted and completed again.
    fileprivate mutating func unlock(_ body: DebugUnlocked) {
        if state == .completed {
            state = .issued
            completedSequence = nil
            completedAt = nil
        }
        permit = nil
        wasUnlocked = true
        isExposed = isExposed || body.exposed
        unlock = DebugUnlock(challenge: body.challenge, permissions: body.permissions)
    }
}
