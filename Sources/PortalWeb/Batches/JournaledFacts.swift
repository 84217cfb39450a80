import Governance
import PortalCore
import PortalStore
import Statements
import Verify
import Vocabulary

/// What entries that were judged right say beside units and allotment: that certificates are installed, and what the
/// officers took out of force and the root put in it. A portal that was restored from a backup has the latter back from
/// the journals of those that it reached, each under its own signatures and none on an EdgeHSM's word.
struct JournaledFacts {
    private let transaction: any SQLTransaction
    init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    func note(
        _ reads: [ReadEntry],
        except quarantined: [Quarantine.Note],
        of edge: EdgeHSMID,
        at time: Instant
    ) throws {
        let wrong = Set(quarantined.compactMap(\.sequence))
        for entry in reads.compactMap(\.entry) where !wrong.contains(entry.sequence) {
            switch entry.event.body {
            case let body as CertificatesInstalled:
                let installed = InstalledCertificates(body)
                try PreparationTable(transaction).noteInstalled(installed, of: body.product, on: edge, at: time)
            case let body as RoleKeysAccepted: try takeBack(roleKeys: body, from: edge, at: time)
            case let body as OrderApplied: try takeBack(order: body.order, from: edge, at: time)
            default: break
            }
        }
    }

    /// What a branch shares with the log before it: the preparations and certificates that its EdgeHSM still has.
    func noteAgain(_ reads: [ReadEntry], except quarantined: [Quarantine.Note], of edge: EdgeHSMID) throws {
        let wrong = Set(quarantined.compactMap(\.sequence))
        let table = PreparationTable(transaction)
        for entry in reads.compactMap(\.entry) where !wrong.contains(entry.sequence) {
            switch entry.event.body {
            case let body as ProductPrepared:
                let product = try ProductPreparation.read(payload: body.preparation.payload).product
                _ = try table.receive(body.preparation, of: product, from: edge, at: entry.time)
            case let body as CertificatesInstalled:
                try table.noteInstalled(InstalledCertificates(body), of: body.product, on: edge, at: entry.time)
            default: break
            }
        }
    }

    /// The version after the newest one here; what does not follow from that is left to people.
    private func takeBack(roleKeys body: RoleKeysAccepted, from edge: EdgeHSMID, at time: Instant) throws {
        let table = GovernanceTable(transaction)
        guard let newest = try table.newestRoleKeys(), let known = try? RoleKeys.read(payload: newest.payload),
            body.version == known.version + 1,
            let next = try? known.successor(body.roleKeys, ownID: newest.statementID)
        else { return }
        try table.insertRoleKeys(next.content.version, next.envelope)
        try enter("roleKeys \(next.content.version)", from: edge, at: time)
    }

    /// What takes something out of force; every other order is about one EdgeHSM, which has applied it.
    private func takeBack(order envelope: Envelope, from edge: EdgeHSMID, at time: Instant) throws {
        switch try? OfficerOrder.read(payload: envelope.payload).order {
        case .revoke, .retireEdgeHSM: break
        case .resetClock, .releaseAllotment, nil: return
        }
        let table = GovernanceTable(transaction)
        let history = try table.roleKeys().map { try RoleKeys.read(payload: $0.payload) }
        let isSigned = history.contains { (try? Verified<OfficerOrder>(envelope, signedByOfficersOf: $0)) != nil }
        guard isSigned, let number = try table.insertOrder(envelope, at: time) else { return }
        try enter("order \(number)", from: edge, at: time)
    }

    private func enter(_ object: String, from edge: EdgeHSMID, at time: Instant) throws {
        let detail = "from the journal of \(edge)"
        try PortalLogTable(transaction).enter(.takeBackGovernance, object: object, detail: detail, at: time)
    }
}
