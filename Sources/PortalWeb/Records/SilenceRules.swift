import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// How long each EdgeHSM may be silent: the strictest rule of the approvals and products of its open batches.
enum SilenceRules {
    /// Seconds; an EdgeHSM without a rule is not in it. A batch counts until its window has passed.
    static func allowed(in transaction: any SQLTransaction, at now: Instant) throws -> [EdgeHSMID: Int64] {
        let products = ProductTable(transaction)
        let versions = VersionTable(transaction)
        var ofProduct: [ProductName: Int64?] = [:]
        var ofApproval: [Digest256: Int64?] = [:]
        var allowed: [EdgeHSMID: Int64] = [:]
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
                allowed[ground.edgeHSM] = min(allowed[ground.edgeHSM] ?? rule, rule)
            }
        }
        return allowed
    }
}
