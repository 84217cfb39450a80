import Statements
public import Vocabulary

/// A soft hold on one chip. Quota moves at issuing only.
public struct Begin: EdgeCommand {
    public enum Purpose: Sendable, Equatable {
        case provision
        /// A nonce for the rotation of a completed unit. `finishing`: key id of the next key that the chip has made
        /// already; a rotation to it that was counted is finished without counting again.
        case rotate(finishing: Digest256? = nil)

        var isRotation: Bool { if case .rotate = self { true } else { false } }
    }

    public struct Grant: Sendable, Equatable {
        public let unit: Digest256
        public let generation: UInt32
        public let nonce: Nonce
        /// The unit counts already and is to be finished.
        public let isIssued: Bool
        public let expiresAt: Instant
    }

    public let authorization: Digest256
    public let chipUID: ChipUID
    public let station: StationName
    public let purpose: Purpose
    /// 32 fresh random octets; bound to (authorization, unit, UID, epoch) by the hold that dies with the epoch.
    public let nonce: Nonce
    /// `keyOwner` is not needed.
    public let facts: ChipFacts

    public init(
        authorization: Digest256,
        chipUID: ChipUID,
        station: StationName,
        purpose: Purpose = .provision,
        nonce: Nonce,
        facts: ChipFacts
    ) {
        self.authorization = authorization
        self.chipUID = chipUID
        self.station = station
        self.purpose = purpose
        self.nonce = nonce
        self.facts = facts
    }

    public var requester: String { station.text }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Grant {
        try state.requireServing()
        let account = try state.unrevoked(authorization)
        try state.requireNoTwin(chipUID)
        try state.requireNotHeld(by: station, unit(facts.newest), turn)
        if let newest = facts.newest, newest.authorization != authorization || newest.chipUID != chipUID {
            throw Refusal(EdgeError.internalFault, "facts of another chip")
        }
        switch facts.newest?.state {
        case .issued: try resume(state, account, turn)
        case .completed: try rotation(state, account, turn)
        case .released: try reissue(state, account, turn)
        case .failed, .replaced, nil: try newUnit(&state, account, &turn)
        }
        return try state.hold(self, &turn)
    }

    private func unit(_ newest: UnitRecord?) -> Digest256 {
        unitID(
            authorization: authorization,
            chipUID: chipUID,
            generation: EdgeHSMState.nextGeneration(newest)
        )
    }

    private func resume(_ state: EdgeHSMState, _ account: AuthorizationAccount, _ turn: Turn) throws {
        guard let unit = facts.newest, purpose == .provision else {
            throw Refusal(facts.newest?.isExposed == true ? EdgeError.unitExposed : .unitNotCompleted, chipUID.hex)
        }
        try state.requireFinishing(unit, account, at: turn.now)
    }

    private func rotation(_ state: EdgeHSMState, _ account: AuthorizationAccount, _ turn: Turn) throws {
        guard let unit = facts.newest, case .rotate(let nextKey) = purpose else {
            throw Refusal(EdgeError.unitCompleted, chipUID.hex)
        }
        if unit.rotatedFrom != nil, unit.deviceKey == nextKey { return }
        try state.requireRotation(unit, account, at: turn.now)
    }

    private func reissue(_ state: EdgeHSMState, _ account: AuthorizationAccount, _ turn: Turn) throws {
        guard purpose == .provision else { throw Refusal(EdgeError.unitNotCompleted, chipUID.hex) }
        try state.requireReissue(account, facts, at: turn.now)
    }

    private func newUnit(_ state: inout EdgeHSMState, _ account: AuthorizationAccount, _ turn: inout Turn) throws {
        guard purpose == .provision else { throw Refusal(EdgeError.unitNotCompleted, chipUID.hex) }
        try state.requireNewUnits(account, at: turn.now)
        try state.requireChipFree(facts)
        try state.requireQuota(account)
        state.wantLease(account, &turn)
    }
}

extension EdgeHSMState {
    func requireChipFree(_ facts: ChipFacts) throws {
        if let other = facts.liveElsewhere {
            throw Refusal(EdgeError.chipLiveElsewhere, "unit \(other.unit) of \(other.authorization)")
        }
    }

    func requireReissue(_ account: AuthorizationAccount, _ facts: ChipFacts, at now: Instant) throws {
        let end = account.content.reprovisions.notAfter + account.content.grace
        guard now <= end else { throw Refusal(EdgeError.graceOver, "ended \(end), now \(now)") }
        try requireChipFree(facts)
    }

    /// A station that works on a unit is not disturbed by another one; a unit whose station went silent moves on.
    func requireNotHeld(by station: StationName, _ unit: Digest256, _ turn: Turn) throws {
        guard let hold = live.holds[unit], hold.station != station else { return }
        let idle = turn.reading.uptime - (hold.expires - Self.holdLifetime)
        guard idle >= Self.holdIsOwn else {
            throw Refusal(EdgeError.heldElsewhere, "\(hold.station) used it \(idle) s ago")
        }
    }

    /// The generation that a chip's next unit under an authorization has.
    static func nextGeneration(_ newest: UnitRecord?) -> UInt32 {
        guard let newest else { return 0 }
        return newest.isLive ? newest.generation : newest.generation &+ 1
    }

    fileprivate mutating func hold(_ command: Begin, _ turn: inout Turn) throws -> Begin.Grant {
        let generation = Self.nextGeneration(command.facts.newest)
        let unit = unitID(authorization: command.authorization, chipUID: command.chipUID, generation: generation)
        if live.holds[unit]?.station != command.station {
            let own = live.holds.count(of: command.station)
            guard own < Self.mostHoldsOfStation, live.holds[unit] != nil || live.holds.count < Self.mostHolds else {
                throw Refusal(EdgeError.tooManyHolds, "\(own) of this station, \(live.holds.count) in all")
            }
        }
        let hold = Hold(
            authorization: command.authorization,
            unit: unit,
            chipUID: command.chipUID,
            generation: generation,
            nonce: command.nonce,
            station: command.station,
            purpose: command.purpose.isRotation ? .rotate : .provision,
            expires: turn.reading.uptime + Self.holdLifetime
        )
        live.holds.put(hold)
        return Begin.Grant(
            unit: unit,
            generation: generation,
            nonce: command.nonce,
            isIssued: command.facts.newest?.isLive ?? false,
            expiresAt: turn.now + Self.holdLifetime
        )
    }
}
