import Statements
public import Vocabulary

/// What the daemon found in a chip's CSR, after it verified the CSR's own signature (proof of possession).
public struct PresentedRequest: Sendable, Equatable {
    public let chipUID: ChipUID
    /// The nonce inside what the chip signed.
    public let nonce: Nonce
    /// On the curve, as verified by the daemon.
    public let deviceKey: P256Point
    public let agreementKey: P256Point
    /// SHA-256 of the CSR's octets.
    public let digest: Digest256
    /// True when the vendor-certified key signed `digest` and its chain ends in a root of the manifest.
    public let isVendorProven: Bool

    public init(
        chipUID: ChipUID,
        nonce: Nonce,
        deviceKey: P256Point,
        agreementKey: P256Point,
        digest: Digest256,
        isVendorProven: Bool
    ) {
        self.chipUID = chipUID
        self.nonce = nonce
        self.deviceKey = deviceKey
        self.agreementKey = agreementKey
        self.digest = digest
        self.isVendorProven = isVendorProven
    }
}

/// Whether a DAC is signed for this CSR. Answers the stored DAC where the unit has one for this key.
public struct DecideIssue: EdgeCommand {
    public enum Grant: Sendable, Equatable {
        /// The unit has a DAC for this key: send it again, nothing is journaled.
        case stored(UnitRecord)
        /// Build, lint and sign; then `SignedIssue`, or `AbandonIssue` where that failed.
        case sign(Reservation)
    }

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

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Grant {
        let account = try state.authorization(authorization)
        if let stored = try state.storedCredential(self, account, turn) { return .stored(stored) }
        try state.requireServing()
        _ = try state.unrevoked(authorization)
        let hold = try state.attestable(unit, authorization, request, purpose: .provision)
        try state.requireProven(request, account)
        try state.requireAuthority(account)
        let key = request.deviceKey.keyID
        try state.requireNoTwin(hold.chipUID, key)
        if let owner = facts.keyOwner { throw Refusal(EdgeError.keySeenBefore, "unit \(owner)") }
        guard hold.generation == EdgeHSMState.nextGeneration(facts.newest) else {
            throw Refusal(EdgeError.nonceStale, "the unit has ended since `begin`")
        }
        let kind = try kind(&state, account, &turn)
        return .sign(state.reserve(kind, hold, request, station, turn))
    }

    private func kind(
        _ state: inout EdgeHSMState,
        _ account: AuthorizationAccount,
        _ turn: inout Turn
    ) throws -> Reservation.Kind {
        if let newest = facts.newest, newest.state == .released {
            try state.requireReissue(account, facts, at: turn.now)
            return .reissue(replaces: newest.unit, index: newest.index, serial: newest.serial)
        }
        try state.requireNewUnits(account, at: turn.now)
        try state.requireChipFree(facts)
        try state.requireQuota(account)
        try state.takeFromLease(account, &turn)
        return .new
    }
}

extension EdgeHSMState {
    /// Idempotency first: for the same unit and key the stored octets come again, also under a revocation. A CSR over
    /// the hold's fresh nonce also opens the unit's secrets to the hold; an octet-identical old CSR gets the DAC only.
    fileprivate mutating func storedCredential(
        _ command: DecideIssue,
        _ account: AuthorizationAccount,
        _ turn: Turn
    ) throws -> UnitRecord? {
        guard let record = command.facts.newest, record.unit == command.unit, record.isLive,
            record.authorization == command.authorization
        else { return nil }
        let request = command.request
        guard record.chipUID == request.chipUID else { throw Refusal(EdgeError.chipMismatch, request.chipUID.hex) }
        guard record.deviceKey == request.deviceKey.keyID else {
            throw Refusal(EdgeError.unitOtherKey, record.unit.hex)
        }
        let isFresh = live.holds[command.unit]?.nonce == request.nonce
        guard isFresh || request.digest == record.request else {
            throw Refusal(EdgeError.nonceStale, record.unit.hex)
        }
        if isFresh, stopped == nil, revocation(of: account) == nil {
            try requireProven(request, account)
            attest(command.unit, request, turn)
        }
        return record
    }

    /// The hold that this CSR belongs to: same unit, UID and nonce.
    func attestable(
        _ unit: Digest256,
        _ authorization: Digest256,
        _ request: PresentedRequest,
        purpose: Hold.Purpose
    ) throws -> Hold {
        guard let hold = live.holds[unit], hold.authorization == authorization, hold.purpose == purpose else {
            throw Refusal(EdgeError.holdMissing, unit.hex)
        }
        guard hold.chipUID == request.chipUID else { throw Refusal(EdgeError.chipMismatch, request.chipUID.hex) }
        guard hold.nonce == request.nonce else { throw Refusal(EdgeError.nonceStale, unit.hex) }
        return hold
    }

    func requireProven(_ request: PresentedRequest, _ account: AuthorizationAccount) throws {
        guard try manifest(of: account).chipIdentity != .vendorCertificate || request.isVendorProven else {
            throw Refusal(EdgeError.chipNotProven, request.chipUID.hex)
        }
    }

    /// No other request for this chip or key is between decision and signature: the same key waits for its twin's
    /// octets, anything else is refused.
    func requireNoTwin(_ chipUID: ChipUID, _ key: Digest256) throws {
        for other in live.reservations.values where other.chipUID == chipUID || other.deviceKey == key {
            guard other.chipUID == chipUID else { throw Refusal(EdgeError.keySeenBefore, "in flight") }
            guard other.deviceKey == key else { throw Refusal(EdgeError.unitOtherKey, other.unit.hex) }
            throw Waiting(reason: .twin)
        }
    }

    mutating func attest(_ unit: Digest256, _ request: PresentedRequest, _ turn: Turn) {
        live.holds.attest(
            unit,
            AttestedKeys(deviceKey: request.deviceKey.keyID, agreementKey: request.agreementKey)
        )
        live.holds.prolong(unit, until: turn.reading.uptime + Self.holdLifetime)
    }

    mutating func reserve(
        _ kind: Reservation.Kind,
        _ hold: Hold,
        _ request: PresentedRequest,
        _ station: StationName,
        _ turn: Turn
    ) -> Reservation {
        let reservation = Reservation(
            number: live.nextReservation,
            kind: kind,
            authorization: hold.authorization,
            unit: hold.unit,
            chipUID: hold.chipUID,
            generation: hold.generation,
            deviceKey: request.deviceKey.keyID,
            agreementKey: request.agreementKey,
            request: request.digest,
            station: station
        )
        live.nextReservation += 1
        live.reservations[reservation.number] = reservation
        attest(hold.unit, request, turn)
        return reservation
    }
}
