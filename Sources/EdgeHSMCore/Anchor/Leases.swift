import Statements
public import Vocabulary

extension EdgeHSMState {
    /// Units in one renewal at least; more where a minute makes more.
    public static let leaseUnits = 16

    /// A lease is taken at the first `begin`, never at load or start.
    mutating func wantLease(_ account: AuthorizationAccount, _ turn: inout Turn) {
        if live.leases[account.id] == nil {
            live.leases[account.id] = Lease(ceiling: account.consumed, size: startLease)
        }
        renewLease(account.id, &turn)
    }

    /// Asks for a renewal when half of the lease is used.
    mutating func renewLease(_ id: Digest256, _ turn: inout Turn) {
        guard let account = durable.authorizations[id], var lease = live.leases[id] else { return }
        let used = account.consumed + inFlight(id)
        let last = min(leaseSize(lease, id, turn.reading), lease.size / 2)
        let isHalfUsed = lease.ceiling - used <= last / 2
        guard isHalfUsed, lease.ceiling < account.granted - account.returned else { return }
        lease.isWanted = true
        live.leases[id] = lease
        turn.demand(.background)
    }

    /// One more unit in flight must stay within the anchored ceiling; otherwise the request waits for the renewal.
    mutating func takeFromLease(_ account: AuthorizationAccount, _ turn: inout Turn) throws {
        wantLease(account, &turn)
        guard let lease = live.leases[account.id], account.consumed + inFlight(account.id) < lease.ceiling else {
            throw Waiting(reason: .lease)
        }
    }

    /// After an unclean start a lease begins with one unit.
    private var startLease: Int { live.isStartClean ? Self.leaseUnits : 1 }

    /// The next record for the secure element. `size` and `root` are of the journal as committed.
    ///
    /// Write it, read it back, then call `anchored`. An outcome that demands `.beforeAcknowledging` is acknowledged when
    /// a record whose size covers its last entry was anchored. Throws where state or size are impossible.
    public mutating func nextAnchor(size: Int, root: Digest256, at reading: ClockReading) throws -> AnchorRecord {
        guard let newest = live.anchor else { throw Refusal(EdgeError.notStarted) }
        guard size >= newest.size, size <= durable.size else {
            throw Refusal(EdgeError.internalFault, "anchor at \(size) of \(durable.size)")
        }
        let ceilings = durable.authorizations.values.filter { !$0.isClosed }.map { account in
            AnchorRecord.Ceiling(authorization: account.id, units: nextCeiling(account, reading))
        }
        return record(epoch: durable.epoch, clean: false, size: size, root: root, ceilings: ceilings)
    }

    /// A stop was asked for: nothing new is decided, what is in flight may still finish.
    public mutating func beginStop() { live.isStopping = true }

    /// The last record of a clean stop: ceilings = consumed. Throws `edge.unit.busy` while something is in flight.
    ///
    /// From here on this process decides nothing more.
    public mutating func cleanStop(size: Int, root: Digest256) throws -> AnchorRecord {
        guard live.anchor != nil else { throw Refusal(EdgeError.notStarted) }
        beginStop()
        guard live.reservations.isEmpty, size == durable.size else {
            throw Refusal(EdgeError.unitBusy, "\(live.reservations.count) in flight, \(size) of \(durable.size)")
        }
        live.isServing = false
        let ceilings = durable.authorizations.values.filter { !$0.isClosed }.map {
            AnchorRecord.Ceiling(authorization: $0.id, units: $0.consumed)
        }
        return record(epoch: durable.epoch, clean: true, size: size, root: root, ceilings: ceilings)
    }

    /// `record` was read back from the secure element: its ceilings hold from now on.
    public mutating func anchored(_ record: AnchorRecord) throws {
        guard record.writeNumber > (live.anchor?.writeNumber ?? 0), record.epoch == durable.epoch else {
            throw Refusal(EdgeError.internalFault, "anchor write \(record.writeNumber)")
        }
        live.anchor = record
        live.isServing = !record.clean
        for ceiling in record.ceilings {
            guard var lease = live.leases[ceiling.authorization], ceiling.units > lease.ceiling else { continue }
            lease.ceiling = ceiling.units
            lease.isWanted = false
            lease.size = min(lease.size * 2, Limits.largestBatch)  // bounded by the rate where it is used
            live.leases[ceiling.authorization] = lease
        }
    }

    /// The newest record known to be in the secure element.
    public var anchor: AnchorRecord? { live.anchor }

    /// Demand that remains, for example after a failed write: `.background` while a lease wants renewal.
    public var pendingAnchor: AnchorDemand { live.leases.values.contains(where: \.isWanted) ? .background : .none }

    private func nextCeiling(_ account: AuthorizationAccount, _ reading: ClockReading) -> Int {
        guard let lease = live.leases[account.id] else { return max(account.consumed, anchoredCeiling(account.id)) }
        guard lease.isWanted, stopped == nil, revocation(of: account) == nil else { return lease.ceiling }
        let target = account.consumed + inFlight(account.id) + leaseSize(lease, account.id, reading)
        return max(lease.ceiling, min(target, account.granted - account.returned))
    }

    /// K = max(16, units of the last 60 s), approached by doubling after an unclean start.
    private func leaseSize(_ lease: Lease, _ id: Digest256, _ reading: ClockReading) -> Int {
        min(lease.size, max(Self.leaseUnits, live.rates[id]?.units(at: reading.uptime) ?? 0))
    }

    private func anchoredCeiling(_ id: Digest256) -> Int { live.anchor?.ceiling(of: id) ?? 0 }

    private mutating func record(
        epoch: UInt64,
        clean: Bool,
        size: Int,
        root: Digest256,
        ceilings: [AnchorRecord.Ceiling]
    ) -> AnchorRecord {
        live.anchorWrites += 1
        return AnchorRecord(
            writeNumber: live.anchorWrites,
            epoch: epoch,
            clean: clean,
            size: size,
            root: root,
            clockFloor: max(durable.floor, live.carriedFloor),
            roleKeysVersion: durable.roleKeys.version,
            roleKeysDigest: durable.roleKeysID,
            ceilings: ceilings.sorted { $0.authorization < $1.authorization }
        )
    }
}
