public import PortalCore
public import PortalStore
public import Vocabulary

/// What approvals hang on: units granted, and allotment that journals say was given up.
public struct BatchLedger: ApprovalLedger {
    public init() {}

    public func granted(_ product: ProductName, in transaction: any SQLTransaction) throws -> GrantedUnits {
        let units = try BatchTable(transaction).standing(product)
        return GrantedUnits(total: units.values.reduce(0, +), byEdgeHSM: units)
    }

    public func releases(
        _ product: ProductName,
        in transaction: any SQLTransaction
    ) throws -> Set<AllotmentRelease> {
        try ReleaseTable(transaction).releases(of: product)
    }
}
