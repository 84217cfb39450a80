public import Statements
public import Vocabulary

/// The token has signed a reserved DAC: the unit counts with this entry, and nothing leaves before its commit.
public struct SignedIssue: EdgeCommand {
    public let reservation: Reservation
    /// DER.
    public let dac: Octets
    /// SHA-256(blind ‖ unit secrets); for a reissue of the new secrets.
    public let commitment: Digest256

    public init(reservation: Reservation, dac: Octets, commitment: Digest256) {
        self.reservation = reservation
        self.dac = dac
        self.commitment = commitment
    }

    public var requester: String { reservation.station.text }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> UnitRecord {
        try state.release(reservation)
        try state.requireServing(orStopping: true)
        let account = try state.unrevoked(reservation.authorization)
        let (index, serial, replaces) = try place(state, account, turn)
        let body = Issued(
            authorization: reservation.authorization,
            unit: reservation.unit,
            chipUID: reservation.chipUID,
            generation: reservation.generation,
            index: index,
            serial: serial,
            dac: dac,
            deviceKey: reservation.deviceKey,
            replaces: replaces,
            request: reservation.request,
            agreementKey: reservation.agreementKey,
            commitment: commitment,
            station: reservation.station
        )
        try state.emit(body, &turn)
        if replaces == nil {
            state.live.rates[account.id, default: IssueRate()].count(at: turn.reading.uptime)
            state.renewLease(account.id, &turn)
        } else {
            turn.demand(.beforeAcknowledging)
        }
        return UnitRecord(body, at: turn.now)
    }

    /// Position and serial: the writer assigns them in the commit, as range start + consumed.
    private func place(
        _ state: EdgeHSMState,
        _ account: AuthorizationAccount,
        _ turn: Turn
    ) throws -> (Int, DeviceSerial, Digest256?) {
        switch reservation.kind {
        case .new:
            try state.requireNewUnits(account, at: turn.now)
            return (account.consumed, try account.content.serials.serial(account.consumed), nil)
        case .reissue(let replaces, let index, let serial):
            let end = account.content.reprovisions.notAfter + account.content.grace
            guard turn.now <= end else { throw Refusal(EdgeError.graceOver, "ended \(end), now \(turn.now)") }
            return (index, serial, replaces)
        case .rotation: throw Refusal(EdgeError.reservationUnknown, "a rotation")
        }
    }
}

/// The signature was not made, or will not be used: as if the decision had not been.
public struct AbandonIssue: EdgeCommand {
    public let reservation: Reservation

    public init(reservation: Reservation) { self.reservation = reservation }

    public var requester: String { reservation.station.text }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws { try state.release(reservation) }
}

extension EdgeHSMState {
    /// Ends a reservation; throws where it has ended already, for example by a closing.
    mutating func release(_ reservation: Reservation) throws {
        guard live.reservations[reservation.number] == reservation else {
            throw Refusal(EdgeError.reservationUnknown, "number \(reservation.number)")
        }
        live.reservations[reservation.number] = nil
    }
}
