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

    /// What they took out of force; orders were verified when they came.
    func revocations() throws -> OfficersRevocations {
        OfficersRevocations(
            judged: try GovernanceTable(transaction).everyOrder().map {
                try OfficerOrder.read(payload: $0.envelope.payload)
            }
        )
    }

    /// The orders that an EdgeHSM is to get: all but those that name another one, or a batch of another one. They would do
    /// nothing there, and name what another ODM has. Nor one that has expired, which does nothing anywhere; a revocation
    /// does not expire.
    func orders(for edge: EdgeHSMID, at time: Instant) throws -> [Envelope] {
        let batches = BatchTable(transaction)
        return try GovernanceTable(transaction).everyOrder().map(\.envelope).filter { envelope in
            let order = try OfficerOrder.read(payload: envelope.payload)
            return switch order.order {
            case .resetClock(let named, _, _), .releaseAllotment(let named, _, _, _),
                .retireEdgeHSM(let named, _, _, _):
                named == edge && time <= order.expiresAt
            case .revoke(.edgeHSM(let named)): named == edge
            case .revoke(.authorization(let statement)):
                try batches.batch(statement: statement).map { $0.authorization.edgeHSM == edge } ?? true
            case .revoke: true
            }
        }
    }

    /// Throws `portal.batch.edgehsm-halted` or `portal.batch.revoked` where a batch that was granted must not get to its
    /// EdgeHSM any more.
    ///
    /// - Parameter statement: the authorization's id.
    func check(_ statement: Digest256, _ authorization: ProductionAuthorization, of manifest: Digest256) throws {
        let edge = authorization.edgeHSM
        if let halted = try JournalLogs(transaction).current(of: edge)?.halted {
            throw Refusal(BatchError.edgeHalted, "\(edge): \(halted.rawValue)")
        }
        let target = try revocations().target(
            approval: authorization.approval,
            manifest: manifest,
            edgeHSM: edge,
            authorization: statement
        )
        if let target { throw Refusal(BatchError.revoked, target.description) }
    }

    /// The appliance that was enrolled, if its enrolment counts and it is in force.
    ///
    /// Throws `portal.object.unknown` where there is none, `portal.edge.revoked`, and a `StatementError`.
    func registered(_ edge: EdgeHSMID) throws -> Verified<EdgeHSMEnrolment> {
        guard let stored = try GovernanceTable(transaction).edge(edge) else { throw Refusal(PortalError.unknownObject) }
        let revoked = try revocations()
        guard !revoked.isOutOfForce(edge) else { throw Refusal(PreparationError.edgeRevoked, edge.text) }
        return try EnrolmentCheck.verify(stored.envelope, history: history(), compromised: revoked.compromisedKeys)
    }
}
