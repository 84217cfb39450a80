import Statements
public import Vocabulary

/// Ends the present generation of a chip within the re-provisioning allowance. Granted like a `begin` of the next one,
/// whose DAC costs no quota; asked again before that DAC is issued, it costs no second allowance.
public struct Reprovision: EdgeCommand {
    public let authorization: Digest256
    public let chipUID: ChipUID
    public let station: StationName
    public let nonce: Nonce
    /// `keyOwner` is not needed.
    public let facts: ChipFacts

    public init(
        authorization: Digest256,
        chipUID: ChipUID,
        station: StationName,
        nonce: Nonce,
        facts: ChipFacts
    ) {
        self.authorization = authorization
        self.chipUID = chipUID
        self.station = station
        self.nonce = nonce
        self.facts = facts
    }

    public var requester: String { station.text }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Begin.Grant {
        try state.requireServing()
        let account = try state.unrevoked(authorization)
        try state.requireNoTwin(chipUID)
        guard let record = facts.newest, record.authorization == authorization, record.chipUID == chipUID else {
            throw Refusal(EdgeError.chipNotOfBatch, chipUID.hex)
        }
        try state.requireNotHeld(by: station, record.unit, turn)
        var released = record
        switch record.state {
        case .released: break
        case .failed, .replaced: throw Refusal(EdgeError.unitEnded, record.unit.hex)
        case .issued, .completed:
            try state.requireAllowance(
                account.content.reprovisions,
                left: account.reprovisionsLeft,
                account,
                at: turn.now
            )
            try state.emit(entry(record), &turn)
            state.live.holds.remove(record.unit)
            released.state = .released
        }
        turn.demand(.beforeAcknowledging)
        let begin = Begin(
            authorization: authorization,
            chipUID: chipUID,
            station: station,
            nonce: nonce,
            facts: ChipFacts(newest: released, liveElsewhere: facts.liveElsewhere)
        )
        return try begin.decide(&state, &turn)
    }

    private func entry(_ record: UnitRecord) -> Reprovisioned {
        Reprovisioned(
            authorization: authorization,
            unit: record.unit,
            chipUID: chipUID,
            generation: record.generation,
            wasCompleted: record.state == .completed,
            station: station
        )
    }
}

/// Journals one answer to a debug challenge of one chip of the batch. Sign leaf and token after the commit and the
/// anchor: a crash in between costs an unlock, never gives one.
public struct UnlockDebug: EdgeCommand {
    public struct Grant: Sendable, Equatable {
        public let record: UnitRecord
        public let account: AuthorizationAccount
        /// Unlocks left.
        public let remaining: Int
        /// The unit must get a new key before it may be completed again.
        public let isExposed: Bool
        /// The same challenge of the same chip was answered last, with the same permissions: nothing was counted.
        public let isRepeat: Bool
    }

    public let authorization: Digest256
    public let chipUID: ChipUID
    public let station: StationName
    /// SHA-256 of the chip's challenge octets.
    public let challenge: Digest256
    /// 16 octets in hexadecimal.
    public let permissions: String
    public let facts: ChipFacts

    public init(
        authorization: Digest256,
        chipUID: ChipUID,
        station: StationName,
        challenge: Digest256,
        permissions: String,
        facts: ChipFacts
    ) {
        self.authorization = authorization
        self.chipUID = chipUID
        self.station = station
        self.challenge = challenge
        self.permissions = permissions
        self.facts = facts
    }

    public var requester: String { station.text }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Grant {
        try state.requireServing()
        let account = try state.unrevoked(authorization)
        guard let record = facts.newest, record.authorization == authorization, record.chipUID == chipUID else {
            throw Refusal(EdgeError.chipNotOfBatch, chipUID.hex)
        }
        // Given up here and made anew under another batch, its port opens by that batch's allowance alone.
        try state.requireChipFree(facts)
        let security = try state.manifest(of: account).chipSecurity
        try requirePermissions(within: security.debugPermissions)
        let isRepeat = record.unlock == DebugUnlock(challenge: challenge, permissions: permissions)
        try state.requireAllowance(
            account.content.debugUnlocks,
            left: account.debugUnlocksLeft + (isRepeat ? 1 : 0),
            account,
            at: turn.now
        )
        try state.requireNoTwin(chipUID)
        turn.demand(.beforeAcknowledging)
        if !isRepeat {
            try state.emit(entry(record, exposed: security.openPortReadsKeys), &turn)
            state.live.holds.remove(record.unit)
        }
        return Grant(
            record: record,
            account: account,
            remaining: account.debugUnlocksLeft - (isRepeat ? 0 : 1),
            isExposed: security.openPortReadsKeys,
            isRepeat: isRepeat
        )
    }

    private func entry(_ record: UnitRecord, exposed: Bool) -> DebugUnlocked {
        DebugUnlocked(
            authorization: authorization,
            unit: record.unit,
            chipUID: chipUID,
            wasCompleted: record.state == .completed,
            permissions: permissions,
            challenge: challenge,
            exposed: exposed,
            station: station
        )
    }

    /// No bit beyond the approved mask.
    private func requirePermissions(within mask: String) throws {
        let (asked, allowed) = (try Hex.decode(permissions), try Hex.decode(mask))
        guard asked.count == 16, allowed.count == 16, zip(asked, allowed).allSatisfy({ $0 & ~$1 == 0 }) else {
            throw Refusal(EdgeError.permissionsTooWide, permissions)
        }
    }
}
