public import Statements
public import Vocabulary

/// How many units of one product may still be granted at one EdgeHSM.
///
/// All figures are of all authorizations ever made, over all approvals and versions, less what came back.
public struct BatchQuota: Sendable, Hashable {
    /// Units of the product that may ever be made.
    public let lifetimeTotal: Int
    /// Units that this EdgeHSM may ever be granted.
    public let allotment: Int
    /// Granted and not returned, everywhere.
    public let granted: Int
    /// Granted and not returned, at this EdgeHSM.
    public let grantedAtEdge: Int

    public init(lifetimeTotal: Int, allotment: Int, granted: Int, grantedAtEdge: Int) {
        self.lifetimeTotal = lifetimeTotal
        self.allotment = allotment
        self.granted = granted
        self.grantedAtEdge = grantedAtEdge
    }

    /// The strictest of what counts: the version's own approval, the product's newest approval, whose figures the EdgeHSM
    /// may know already or not yet, and the product's own figure.
    public init(
        of edgeHSM: EdgeHSMID,
        under approval: VersionApproval,
        newest: VersionApproval,
        productTotal: Int,
        granted: Int,
        grantedAtEdge: Int
    ) {
        self.init(
            lifetimeTotal: min(approval.lifetimeTotal, newest.lifetimeTotal, productTotal),
            allotment: min(approval.allotment(of: edgeHSM), newest.allotment(of: edgeHSM)),
            granted: granted,
            grantedAtEdge: grantedAtEdge
        )
    }

    /// What could be granted now, never below 0.
    public var remaining: Int { max(0, min(lifetimeTotal - granted, allotment - grantedAtEdge)) }

    /// Throws `portal.batch.allotment-exhausted`, `portal.batch.lifetime-exhausted`.
    ///
    /// Of the product's total no figure is told: what is granted everywhere is other ODMs' business too.
    public func admit(_ quantity: Int) throws {
        guard quantity <= allotment - grantedAtEdge else {
            throw Refusal(BatchError.allotment, "\(grantedAtEdge) granted and \(quantity) asked, allotted \(allotment)")
        }
        guard quantity <= lifetimeTotal - granted else {
            throw Refusal(BatchError.lifetime, "\(quantity) asked")
        }
    }
}
