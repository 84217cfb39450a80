import Governance
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// What goes to factories, in the portal's log: one entry where it is other than before, not one a poll.
extension SyncServer {
    func enter(_ bundle: DownlinkBundle, to edge: EdgeHSMID, _ context: SiteContext) async throws {
        guard let envelope = bundle.status else { return }
        let status = try PortalStatus.read(payload: envelope.payload)
        let said =
            Array("\(status.roleKeysVersion)".utf8) + [0] + bundle.orders.flatMap { $0.statementID.bytes } + [1]
            + status.revokedAuthorizations.flatMap(\.bytes) + [2] + status.closeAuthorizations.flatMap(\.bytes)
        let detail =
            "RoleKeys \(status.roleKeysVersion), \(bundle.orders.count) orders, "
            + "\(status.revokedAuthorizations.count) revoked, \(status.closeAuthorizations.count) closed"
        try await acts.handOver(context, edge.text, digest: Digest256.of(said), detail: detail)
    }
}
