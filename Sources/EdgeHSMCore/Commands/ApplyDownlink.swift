public import Statements
public import Vocabulary

/// RoleKeys, then officers' orders, then the portal's status, in that order; but what takes power away is tried before
/// each newer RoleKeys too, because the officers who signed it may have retired while this EdgeHSM was out of reach.
///
/// Parts that don't hold are passed over, so that nobody can keep a revocation away by adding a bad part. Where the
/// status took effect the grant names them; otherwise the decision is a refusal although `entries` may stand in the
/// outcome.
public struct DownlinkCommand: EdgeCommand {
    public struct Grant: Sendable, Equatable {
        public let roleKeysVersion: Int
        public let newRevocations: Int
        public let closed: Int
        /// Refusals of the parts that did not hold, in the bundle's order, beside a status that did.
        public let passedOver: [Refusal]
    }

    public let requester: String
    public let bundle: DownlinkBundle
    /// Merkle root of this journal at the status' `storedSize`; nil where the journal is shorter.
    public let rootAtStored: Digest256?

    public init(requester: String, bundle: DownlinkBundle, rootAtStored: Digest256?) {
        self.requester = requester
        self.bundle = bundle
        self.rootAtStored = rootAtStored
    }

    /// The size at which the daemon has to look up `rootAtStored`; unverified, only for that.
    public static func storedSize(of bundle: DownlinkBundle) -> Int? {
        bundle.status.flatMap { try? PortalStatus.read(payload: $0.payload) }?.storedSize
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Grant {
        guard !state.durable.isZeroised else { throw Refusal(EdgeError.zeroised) }
        var problems: [Refusal] = []
        let revocations = state.durable.revocations.count
        let closed = state.closedCount
        func attempt(_ body: () throws -> Void) {
            do { try body() } catch let refusal as Refusal {
                problems.append(refusal)
            } catch {
                problems.append(Refusal(EdgeError.internalFault, "\(type(of: error))"))
            }
        }
        var orders = bundle.orders
        for envelope in bundle.roleKeys {
            orders.removeAll { state.takeAway(by: $0, &turn) }
            attempt { try state.acceptRoleKeys(envelope, &turn) }
        }
        for envelope in orders { attempt { try state.applyOrder(envelope, &turn) } }
        var hasStatus = false
        if let status = bundle.status {
            attempt {
                try state.applyStatus(status, rootAtStored, &turn)
                hasStatus = true
            }
        }
        if let problem = problems.first, !hasStatus { throw problem }
        for problem in problems { state.live.refusals.count(problem.code, of: requester, at: turn.now) }
        return Grant(
            roleKeysVersion: state.durable.roleKeys.version,
            newRevocations: state.durable.revocations.count - revocations,
            closed: state.closedCount - closed,
            passedOver: problems
        )
    }
}

extension EdgeHSMState {
    fileprivate var closedCount: Int {
        durable.authorizations.values.count { $0.isClosed } + durable.tombstones.count
    }

    fileprivate mutating func acceptRoleKeys(_ envelope: Envelope, _ turn: inout Turn) throws {
        let next = try RoleKeys.read(payload: envelope.payload)
        let present = durable.roleKeys
        if next.version < present.version { return }
        if next.version == present.version {
            guard envelope.statementID == durable.roleKeysID else {
                throw Refusal(EdgeError.roleKeysForked, "version \(next.version)")
            }
            return
        }
        guard next.version == present.version + 1 else {
            throw Refusal(EdgeError.roleKeysGap, "version \(next.version), here \(present.version)")
        }
        let verified = try present.successor(envelope, ownID: durable.roleKeysID)
        try emit(RoleKeysAccepted(version: verified.content.version, roleKeys: envelope), &turn)
        turn.demand(.beforeAcknowledging)
    }

    // MARK: Portal status

    fileprivate mutating func applyStatus(_ envelope: Envelope, _ root: Digest256?, _ turn: inout Turn) throws {
        let verified = try Verified<PortalStatus>(envelope, signedBy: durable.roleKeys.portal)
        try requireUncompromised(verified.signers)
        let status = verified.content
        guard status.edgeHSM == durable.edgeHSM else { throw Refusal(EdgeError.wrongEdgeHSM, status.edgeHSM.text) }
        guard durable.contact?.statement != verified.id else { return }
        // An older one adds its revocations and nothing else; so does one whose time is not believed.
        for id in status.revokedAuthorizations { try revoke(.authorization(id), by: verified.id, &turn) }
        guard status.time <= durable.roleKeys.expiresAt else {
            throw Refusal(EdgeError.timeBeyondRoleKeys, "\(status.time)")
        }
        if let contact = durable.contact, status.time <= contact.time { return }
        for id in status.closeAuthorizations { try closeByOrder(id, by: verified.id, &turn) }
        let isContained = root == status.storedRoot && status.storedSize <= durable.size
        let isFarAhead = status.time - (live.anchor?.clockFloor ?? .epoch) >= 3_600
        try emit(
            StatusApplied(
                statement: verified.id,
                time: status.time,
                nonce: status.nonce,
                storedSize: status.storedSize,
                storedRoot: status.storedRoot,
                isContained: isContained
            ),
            &turn
        )
        if isFarAhead || !isContained { turn.demand(.beforeAcknowledging) }
    }

    /// Adds to the grow-only set; an authorization that was never loaded becomes void and is closed with nothing issued.
    mutating func revoke(_ target: RevocationTarget, by statement: Digest256, _ turn: inout Turn) throws {
        guard !durable.revocations.contains(target) else { return }
        try emit(Revoked(target: target, statement: statement), &turn)
        turn.demand(.beforeAcknowledging)
        if case .authorization(let id) = target, durable.authorizations[id] == nil {
            try void(id, by: statement, &turn)
        }
    }

    /// Closes by the portal's signature, before notAfter too.
    fileprivate mutating func closeByOrder(_ id: Digest256, by statement: Digest256, _ turn: inout Turn) throws {
        guard let account = durable.authorizations[id] else { return try void(id, by: statement, &turn) }
        if !account.isClosed { try close(account, &turn) }
    }

    private mutating func void(_ id: Digest256, by statement: Digest256, _ turn: inout Turn) throws {
        guard !durable.tombstones.contains(id) else { return }
        try emit(AuthorizationTombstoned(authorization: id, statement: statement), &turn)
        try emit(Closed(authorization: id, granted: 0, issued: 0, burned: 0, returned: 0), &turn)
        turn.demand(.beforeAcknowledging)
    }

    /// Journals the closing; what remains is returned. Units between decision and signature never existed.
    mutating func close(_ account: AuthorizationAccount, _ turn: inout Turn) throws {
        live.reservations = live.reservations.filter {
            $0.value.authorization != account.id || $0.value.kind != .new
        }
        live.leases[account.id] = nil
        try emit(
            Closed(
                authorization: account.id,
                granted: account.granted,
                issued: account.issued,
                burned: account.burned,
                returned: account.remaining
            ),
            &turn
        )
        turn.demand(.beforeAcknowledging)
    }
}
