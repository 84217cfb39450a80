public import Statements
public import Vocabulary

/// Journals that unit secrets go to the station that programs the unit.
public struct GiveFactoryData: EdgeCommand {
    public let authorization: Digest256
    public let unit: Digest256
    public let station: StationName
    /// SHA-256 of the factory-data octets.
    public let factoryData: Digest256
    public let facts: ChipFacts

    public init(
        authorization: Digest256,
        unit: Digest256,
        station: StationName,
        factoryData: Digest256,
        facts: ChipFacts
    ) {
        self.authorization = authorization
        self.unit = unit
        self.station = station
        self.factoryData = factoryData
        self.facts = facts
    }

    public var requester: String { station.text }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> UnitContext {
        let context = try state.context(authorization, unit, station, facts, now: turn.now)
        try state.emit(
            FactoryDataGiven(authorization: authorization, unit: unit, factoryData: factoryData, station: station),
            &turn
        )
        state.refreshHold(unit, turn)
        return context
    }
}

/// Journals that a product key is sealed to the chip.
public struct RecordSeal: EdgeCommand {
    public struct Grant: Sendable, Equatable {
        public let context: UnitContext
        public let key: Manifest.Key
    }

    public let authorization: Digest256
    public let unit: Digest256
    public let slot: KeySlot
    public let station: StationName
    public let facts: ChipFacts

    public init(authorization: Digest256, unit: Digest256, slot: KeySlot, station: StationName, facts: ChipFacts) {
        self.authorization = authorization
        self.unit = unit
        self.slot = slot
        self.station = station
        self.facts = facts
    }

    public var requester: String { station.text }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Grant {
        let (context, key) = try state.sealable(self, now: turn.now)
        try state.emit(
            KeySealed(
                authorization: authorization,
                unit: unit,
                slot: slot,
                fleet: key.kind == .fleet,
                isRepeat: context.record.sealedSlots.contains(slot),
                station: station
            ),
            &turn
        )
        // A unit under the officers' exception counts like a service allowance: no restored disk may forget it.
        if key.kind == .fleet, context.manifest.chipIdentity != .vendorCertificate {
            turn.demand(.beforeAcknowledging)
        }
        state.refreshHold(unit, turn)
        return Grant(context: context, key: key)
    }
}

extension EdgeHSMState {
    /// What `RecordSeal` checks, without changing anything: ask it before sealing.
    public func sealable(_ seal: RecordSeal, at reading: ClockReading) throws -> (UnitContext, Manifest.Key) {
        try sealable(seal, now: now(at: reading))
    }

    func sealable(_ seal: RecordSeal, now: Instant) throws -> (UnitContext, Manifest.Key) {
        let context = try context(seal.authorization, seal.unit, seal.station, seal.facts, now: now)
        guard let key = context.manifest.keys.first(where: { $0.slot == seal.slot }) else {
            throw Refusal(EdgeError.slotUnknown, seal.slot.text)
        }
        try requireFleetKey(key, context)
        return (context, key)
    }

    /// At `applet` a fleet key goes out only under the officers' exception, to so many units; at `none` never.
    private func requireFleetKey(_ key: Manifest.Key, _ context: UnitContext) throws {
        guard key.kind == .fleet, context.manifest.chipIdentity != .vendorCertificate else { return }
        guard context.manifest.chipIdentity != .none else {
            throw Refusal(EdgeError.fleetKeyWithoutIdentity, key.slot.text)
        }
        let content = context.account.content
        guard let rule = durable.approvals[content.approval]?.fleetKeyExceptions.first(where: { $0.slot == key.slot })
        else { throw Refusal(EdgeError.fleetKeyNotPermitted, key.slot.text) }
        let given = durable.products[content.product]?.fleetUnits[key.slot] ?? 0
        guard given < rule.mostUnits || context.record.sealedSlots.contains(key.slot) else {
            throw Refusal(EdgeError.fleetKeyExhausted, "\(given) of \(rule.mostUnits) units")
        }
    }
}

/// Journals the leave to program. Comes after the factory data that it names.
public struct GrantPermit: EdgeCommand {
    public let authorization: Digest256
    public let unit: Digest256
    public let station: StationName
    /// Statement id of the signed permit.
    public let permit: Digest256
    /// SHA-256 of the factory data that the permit names.
    public let factoryData: Digest256
    public let facts: ChipFacts

    public init(
        authorization: Digest256,
        unit: Digest256,
        station: StationName,
        permit: Digest256,
        factoryData: Digest256,
        facts: ChipFacts
    ) {
        self.authorization = authorization
        self.unit = unit
        self.station = station
        self.permit = permit
        self.factoryData = factoryData
        self.facts = facts
    }

    public var requester: String { station.text }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> UnitContext {
        let context = try state.context(authorization, unit, station, facts, now: turn.now)
        guard context.record.factoryData == factoryData else {
            throw Refusal(EdgeError.factoryDataNotGiven, unit.hex)
        }
        try state.emit(
            Permitted(authorization: authorization, unit: unit, permit: permit, station: station),
            &turn
        )
        state.refreshHold(unit, turn)
        return context
    }
}
