public import PortalCore
public import PortalStore
public import Vocabulary

/// What approvals hang on: units granted, less what journals say came back.
public struct BatchLedger: ApprovalLedger {
    public init() {}

    public func granted(_ product: ProductName, in transaction: any SQLTransaction) throws -> GrantedUnits {
        let units = try BatchTable(transaction).standing(product)
        return GrantedUnits(total: units.values.reduce(0, +), byEdgeHSM: units)
    }
}
