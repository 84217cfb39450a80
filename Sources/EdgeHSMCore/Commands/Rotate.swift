public import Statements
public import Vocabulary

/// Whether a completed unit gets a DAC for another key, within the rotation allowance.
public struct DecideRotation: EdgeCommand {
    public let authorization: Digest256
    public let unit: Digest256
    public let station: StationName
    public let request: PresentedRequest
    /// Verified by the daemon against the request; whether its key is that of the unit's DAC is decided here.
    public let proof: RotationProof
    public let facts: ChipFacts

    public init(
        authorization: Digest256,
        unit: Digest256,
        station: StationName,
        request: PresentedRequest,
        proof: RotationProof,
        facts: ChipFacts
    ) {
        self.authorization = authorization
        self.unit = unit
        self.station = station
        self.request = request
        self.proof = proof
        self.facts = facts
    }

    public var requester: String { station.text }

    /// `stored` where this key has the unit's DAC already: the retry of a rotation, with the same CSR or with the same
    /// new key in one over the present nonce.
    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> DecideIssue.Grant {
        let record = try state.requested(unit, authorization, facts)
        let account = try state.authorization(authorization)
        let key = request.deviceKey.keyID
        if record.isLive, record.deviceKey == key, record.chipUID == request.chipUID,
            record.request == request.digest || isFinishing(record, state)
        {
            return .stored(record)
        }
        try state.requireServing()
        _ = try state.unrevoked(authorization)
        let hold = try state.attestable(unit, authorization, request, purpose: .rotate)
        try state.requireProven(request, account)
        try state.requireAuthority(account)
        try state.requireNoTwin(hold.chipUID, key)
        if let owner = facts.keyOwner { throw Refusal(EdgeError.keySeenBefore, "unit \(owner)") }
        // The key of the live DAC and no other speaks for the unit: not another chip's, not one rotated away.
        guard proof.replacedKey.keyID == record.deviceKey else {
            throw Refusal(EdgeError.rotationUnproven, "signed by key \(proof.replacedKey.keyID)")
        }
        try state.requireRotation(record, account, at: turn.now)
        return .sign(state.reserve(.rotation(proof), hold, request, station, turn))
    }

    private func isFinishing(_ record: UnitRecord, _ state: EdgeHSMState) -> Bool {
        guard record.rotatedFrom != nil, let hold = state.live.holds[unit] else { return false }
        return hold.purpose == .rotate && hold.nonce == request.nonce
    }
}

/// The token has signed the rotated DAC.
public struct SignedRotation: EdgeCommand {
    public struct Grant: Sendable, Equatable {
        public let authorization: Digest256
        public let unit: Digest256
        public let dac: Octets
    }

    public let reservation: Reservation
    /// DER.
    public let dac: Octets

    public init(reservation: Reservation, dac: Octets) {
        self.reservation = reservation
        self.dac = dac
    }

    public var requester: String { reservation.station.text }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Grant {
        try state.release(reservation)
        try state.requireServing(orStopping: true)
        let account = try state.unrevoked(reservation.authorization)
        guard case .rotation(let proof) = reservation.kind else {
            throw Refusal(EdgeError.reservationUnknown, "no rotation")
        }
        try state.requireAllowance(
            account.content.rotations,
            left: account.rotationsLeft,
            account,
            at: turn.now
        )
        try state.emit(
            Rotated(
                authorization: reservation.authorization,
                unit: reservation.unit,
                chipUID: reservation.chipUID,
                dac: dac,
                deviceKey: reservation.deviceKey,
                request: reservation.request,
                proof: proof,
                station: reservation.station
            ),
            &turn
        )
        turn.demand(.beforeAcknowledging)
        state.live.holds.remove(reservation.unit)
        return Grant(authorization: reservation.authorization, unit: reservation.unit, dac: dac)
    }
}

extension EdgeHSMState {
    func requireRotation(_ unit: UnitRecord, _ account: AuthorizationAccount, at now: Instant) throws {
        switch unit.state {
        case .completed: break
        case .issued: throw Refusal(EdgeError.unitNotCompleted, unit.unit.hex)
        case .failed, .released, .replaced: throw Refusal(EdgeError.unitEnded, unit.unit.hex)
        }
        guard !unit.isExposed else { throw Refusal(EdgeError.unitExposed, unit.unit.hex) }
        let flying = live.reservations.values.count { $0.authorization == account.id && $0.kind.isRotation }
        try requireAllowance(account.content.rotations, left: account.rotationsLeft - flying, account, at: now)
    }
}
