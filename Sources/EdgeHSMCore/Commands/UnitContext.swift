public import Statements
public import Vocabulary

/// A counted unit whose chip has shown its key to the asking station in this epoch.
public struct UnitContext: Sendable, Equatable {
    public let record: UnitRecord
    public let account: AuthorizationAccount
    public let manifest: Manifest
    /// The nonce of the hold, as the chip signed it: part of the seal's KDF info.
    public let nonce: Nonce
    /// Agreement key of the newest CSR over that nonce: the only recipient of a seal.
    public let agreementKey: P256Point
}

extension EdgeHSMState {
    /// Whether unit secrets, seals and permits may go to this station for this unit now. Changes nothing: the daemon
    /// asks it before it derives or seals, and the journaling command asks again. Throws the refusal.
    public func context(
        authorization: Digest256,
        unit: Digest256,
        station: StationName,
        facts: ChipFacts,
        at reading: ClockReading
    ) throws -> UnitContext {
        try context(authorization, unit, station, facts, now: now(at: reading))
    }

    func context(
        _ authorization: Digest256,
        _ unit: Digest256,
        _ station: StationName,
        _ facts: ChipFacts,
        now: Instant
    ) throws -> UnitContext {
        try requireServing()
        let account = try unrevoked(authorization)
        let record = try requested(unit, authorization, facts)
        try requireFinishing(record, account, at: now)
        guard let hold = live.holds[unit], hold.station == station, let attested = hold.attested,
            attested.deviceKey == record.deviceKey
        else { throw Refusal(EdgeError.unitNotAttested, unit.hex) }
        guard !record.isExposed else { throw Refusal(EdgeError.unitExposed, unit.hex) }
        return UnitContext(
            record: record,
            account: account,
            manifest: try manifest(of: account),
            nonce: hold.nonce,
            agreementKey: attested.agreementKey
        )
    }

    mutating func refreshHold(_ unit: Digest256, _ turn: Turn) {
        live.holds.prolong(unit, until: turn.reading.uptime + Self.holdLifetime)
    }
}
