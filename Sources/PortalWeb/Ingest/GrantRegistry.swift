public import PortalStore
public import Vocabulary

/// What the portal has granted. The authorizer's key signs for the portal alone, so an authorization that is not here was
/// made by somebody who has that key.
public protocol GrantRegistry: Sendable {
    /// Those of `authorizations` that the portal made, whatever became of them since.
    func granted(_ authorizations: [Digest256], in transaction: any SQLTransaction) throws -> Set<Digest256>
}

/// Batches as they were granted: a row stands before anything is signed, and is never removed.
public struct StoredGrants: GrantRegistry {
    public init() {}

    public func granted(_ authorizations: [Digest256], in transaction: any SQLTransaction) throws -> Set<Digest256> {
        try BatchTable(transaction).known(authorizations)
    }
}
