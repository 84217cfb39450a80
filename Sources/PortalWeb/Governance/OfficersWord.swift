import Governance
import PortalCore
import PortalStore
import Statements
import Vocabulary

/// What the officers' statements in the portal say, each judged under the RoleKeys of its time.
struct OfficersWord {
    private let transaction: any SQLTransaction
    init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// RoleKeys in order, verified, the newest last; empty before there are any.
    func history() throws -> [Verified<RoleKeys>] {
        try RoleKeysHistory.verify(GovernanceTable(transaction).roleKeys())
    }

    /// What they took out of force; an EdgeHSM that was declared dead is too. Orders were verified when they came: one
    /// whose officers have gone since still takes away what it took.
    func revoked() throws -> Set<RevocationTarget> {
        let orders = try GovernanceTable(transaction).everyOrder()
        return Set(
            try orders.compactMap { order in
                switch try OfficerOrder.read(payload: order.envelope.payload).order {
                case .revoke(let target): target
                case .retireEdgeHSM(let edge, _, _, _): .edgeHSM(edge)
                case .resetClock, .releaseAllotment: nil
                }
            }
        )
    }

    /// The orders that an EdgeHSM is to get: all but those that name another one, or a batch of another one. They would do
    /// nothing there, and name what another ODM has.
    func orders(for edge: EdgeHSMID) throws -> [Envelope] {
        let batches = BatchTable(transaction)
        return try GovernanceTable(transaction).everyOrder().map(\.envelope).filter { envelope in
            switch try OfficerOrder.read(payload: envelope.payload).order {
            case .resetClock(let named, _, _), .releaseAllotment(let named, _, _, _),
                .retireEdgeHSM(let named, _, _, _),
                .revoke(.edgeHSM(let named)):
                named == edge
            case .revoke(.authorization(let statement)):
                try batches.batch(statement: statement).map { $0.authorization.edgeHSM == edge } ?? true
            case .revoke: true
            }
        }
    }

    /// Throws `portal.batch.edgehsm-halted` or `portal.batch.revoked` where a batch that was granted must not get to its
    /// EdgeHSM any more.
    func check(_ authorization: ProductionAuthorization, of manifest: Digest256) throws {
        let edge = authorization.edgeHSM
        if let halted = try JournalLogs(transaction).current(of: edge)?.halted {
            throw Refusal(BatchError.edgeHalted, "\(edge): \(halted.rawValue)")
        }
        let revoked = try revoked()
        let grounds: [RevocationTarget] = [.approval(authorization.approval), .version(manifest), .edgeHSM(edge)]
        if let target = grounds.first(where: revoked.contains) {
            throw Refusal(BatchError.revoked, target.description)
        }
    }

    /// Keys of officers whose signatures under an enrolment count no more.
    func compromised() throws -> Set<Digest256> {
        Set(try revoked().compactMap { if case .roleKey(let key) = $0 { key } else { nil } })
    }

    /// The appliance that was enrolled, if its enrolment counts and it is in force.
    ///
    /// Throws `portal.object.unknown` where there is none, `portal.edge.revoked`, and a `StatementError`.
    func registered(_ edge: EdgeHSMID) throws -> Verified<EdgeHSMEnrolment> {
        guard let stored = try GovernanceTable(transaction).edge(edge) else { throw Refusal(PortalError.unknownObject) }
        guard try !revoked().contains(.edgeHSM(edge)) else { throw Refusal(PreparationError.edgeRevoked, edge.text) }
        return try EnrolmentCheck.verify(stored.envelope, history: history(), compromised: compromised())
    }
}
