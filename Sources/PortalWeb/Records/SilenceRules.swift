import Governance
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// How long each EdgeHSM may be silent: the strictest rule of the approvals and products of its open batches. A batch
/// counts until its window has passed.
struct SilenceRules {
    /// Seconds; an EdgeHSM without a rule is not in it.
    private var seconds: [EdgeHSMID: Int64] = [:]
    private let firstBatches: [EdgeHSMID: Instant]
    private let revoked: OfficersRevocations

    init(_ transaction: any SQLTransaction, at now: Instant) throws {
        let products = ProductTable(transaction)
        let versions = VersionTable(transaction)
        firstBatches = try BatchTable(transaction).firstOpen(at: now)
        revoked = try OfficersWord(transaction).revocations()
        var ofProduct: [ProductName: Int64?] = [:]
        var ofApproval: [Digest256: Int64?] = [:]
        for ground in try BatchTable(transaction).grounds(at: now) {
            if ofProduct[ground.product] == nil {
                ofProduct[ground.product] = .some(try products.product(ground.product)?.rules.longestSilence)
            }
            if ofApproval[ground.approval] == nil {
                let approval = try versions.approved(by: ground.approval)?.approval
                ofApproval[ground.approval] = .some(
                    try approval.flatMap { try VersionApproval.read(payload: $0.payload).rules.longestSilence }
                )
            }
            for rule in [ofProduct[ground.product] ?? nil, ofApproval[ground.approval] ?? nil] {
                guard let rule else { continue }
                seconds[ground.edgeHSM] = min(seconds[ground.edgeHSM] ?? rule, rule)
            }
        }
    }

    func allowed(_ edge: EdgeHSMID) -> Int64? { seconds[edge] }

    /// When the oldest of its open batches was granted.
    func firstBatch(_ edge: EdgeHSMID) -> Instant? { firstBatches[edge] }

    /// The officers took it out of service.
    func isRetired(_ edge: EdgeHSMID) -> Bool { revoked.isOutOfForce(edge) }
}
