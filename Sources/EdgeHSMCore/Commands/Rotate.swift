public import Statements
public import Vocabulary

/// Whether a completed unit gets a DAC for another key, within the rotation allowance.
public struct DecideRotation: EdgeCommand {
    public let authorization: Digest256
    public let unit: Digest256
    public let station: StationName
    public let request: PresentedRequest
    public let facts: ChipFacts

    public init(
        authorization: Digest256,
        unit: Digest256,
        station: StationName,
        request: PresentedRequest,
        facts: ChipFacts
    ) {
        self.authorization = authorization
        self.unit = unit
        self.station = station
        self.request = request
        self.facts = facts
    }

    public var requester: String { station.text }

    /// `stored` where this key has the unit's DAC already: the retry of a rotation.
    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> DecideIssue.Grant {
        let record = try state.requested(unit, authorization, facts)
        let account = try state.authorization(authorization)
        let key = request.deviceKey.keyID
        if record.isLive, record.deviceKey == key, record.chipUID == request.chipUID, record.request == request.digest {
            return .stored(record)
        }
        try state.requireServing()
        _ = try state.unrevoked(authorization)
        let hold = try state.attestable(unit, authorization, request, purpose: .rotate)
        try state.requireProven(request, account)
        try state.requireNoTwin(hold.chipUID, key)
        if let owner = facts.keyOwner { throw Refusal(EdgeError.keySeenBefore, "unit \(owner)") }
        try state.requireRotation(record, account, at: turn.now)
        return .sign(state.reserve(.rotation, hold, request, station, turn))
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
        guard reservation.kind == .rotation else { throw Refusal(EdgeError.reservationUnknown, "no rotation") }
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
                dac: dac,
                deviceKey: reservation.deviceKey,
                request: reservation.request,
                station: reservation.station
            ),
            &turn
        )
        turn.demand(.beforeAcknowledging)
        state.live.holds[reservation.unit] = nil
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
        let flying = live.reservations.values.count { $0.authorization == account.id && $0.kind == .rotation }
        try requireAllowance(account.content.rotations, left: account.rotationsLeft - flying, account, at: now)
    }
}
