import Statements
public import Vocabulary

/// The finished unit. The daemon has verified the attestation by the DAC key, chain, CD and label.
public struct CompleteCommand: EdgeCommand {
    public struct Grant: Sendable, Equatable {
        public let completedAt: Instant
        public let sequence: Int
    }

    public let authorization: Digest256
    public let unit: Digest256
    public let station: StationName
    /// Read back.
    public let firmware: Digest256
    /// Read back.
    public let factoryData: Digest256
    /// SHA-256(elements ‖ signature).
    public let attestation: Digest256
    /// Statement id of the permit whose challenge was answered.
    public let permit: Digest256
    public let isDebugPortLocked: Bool
    public let facts: ChipFacts

    public init(
        authorization: Digest256,
        unit: Digest256,
        station: StationName,
        firmware: Digest256,
        factoryData: Digest256,
        attestation: Digest256,
        permit: Digest256,
        isDebugPortLocked: Bool,
        facts: ChipFacts
    ) {
        self.authorization = authorization
        self.unit = unit
        self.station = station
        self.firmware = firmware
        self.factoryData = factoryData
        self.attestation = attestation
        self.permit = permit
        self.isDebugPortLocked = isDebugPortLocked
        self.facts = facts
    }

    public var requester: String { station.text }

    /// A completed unit gets its first answer again; nothing is journaled.
    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Grant {
        let record = try state.requested(unit, authorization, facts)
        if record.state == .completed, let sequence = record.completedSequence, let time = record.completedAt {
            return Grant(completedAt: time, sequence: sequence)
        }
        try state.requireServing()
        let account = try state.unrevoked(authorization)
        try state.requireNoTwin(record.chipUID)
        try state.requireFinishing(record, account, at: turn.now)
        guard !record.isExposed else { throw Refusal(EdgeError.unitExposed, unit.hex) }
        guard record.permit == permit else { throw Refusal(EdgeError.notPermitted, unit.hex) }
        let manifest = try state.manifest(of: account)
        guard firmware == manifest.firmware.digest else { throw Refusal(EdgeError.firmwareMismatch, firmware.hex) }
        guard record.factoryData == factoryData else {
            throw Refusal(EdgeError.factoryDataMismatch, factoryData.hex)
        }
        guard isDebugPortLocked else { throw Refusal(EdgeError.debugPortOpen, unit.hex) }
        try state.emit(
            Completed(
                authorization: authorization,
                unit: unit,
                firmware: firmware,
                factoryData: factoryData,
                attestation: attestation,
                station: station
            ),
            &turn
        )
        state.live.holds.remove(unit)
        return Grant(completedAt: turn.now, sequence: state.durable.size - 1)
    }
}

/// Gives a unit up; what was issued stays counted. Always allowed, also under a revocation, but while another station
/// works on the unit.
public struct FailCommand: EdgeCommand {
    public let authorization: Digest256
    public let unit: Digest256
    public let station: StationName
    /// At most 120 octets are kept.
    public let reason: String
    public let facts: ChipFacts

    public init(authorization: Digest256, unit: Digest256, station: StationName, reason: String, facts: ChipFacts) {
        self.authorization = authorization
        self.unit = unit
        self.station = station
        self.reason = reason.kept(octets: 120)
        self.facts = facts
    }

    public var requester: String { station.text }

    /// A unit that only has a hold loses it, without an entry; a unit that failed already is granted again.
    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws {
        guard let record = facts.newest, record.unit == unit, record.authorization == authorization else {
            guard let hold = state.live.holds[unit], hold.authorization == authorization else {
                throw Refusal(EdgeError.unitUnknown, unit.hex)
            }
            try state.requireNoTwin(hold.chipUID)
            try state.requireNotHeld(by: station, unit, turn)
            state.live.holds.remove(unit)
            return
        }
        try state.requireNoTwin(record.chipUID)
        switch record.state {
        case .failed: return
        case .released, .replaced: throw Refusal(EdgeError.unitEnded, unit.hex)
        case .issued, .completed: break
        }
        try state.requireNotHeld(by: station, unit, turn)
        guard !state.durable.isZeroised else { throw Refusal(EdgeError.zeroised) }
        try state.emit(
            Failed(
                authorization: authorization,
                unit: unit,
                chipUID: record.chipUID,
                generation: record.generation,
                wasCompleted: record.state == .completed,
                reason: reason,
                station: station
            ),
            &turn
        )
        state.live.holds.remove(unit)
    }
}
