public import Vocabulary

/// Where a batch stands, as a list of batches can be narrowed: those that begin units, will, can't, and those that are done.
public enum BatchGroup: String, Codable, Sendable, Hashable, CaseIterable {
    case running, waiting, blocked
    /// Not closed yet: all units are used up, or the window has passed with units left.
    case usedUp, over
    /// Closed or revoked, and the journal says so.
    case ended
}

/// Which batches are listed: of one product, factory or standing, or all.
public struct BatchQuery: Codable, Sendable, Hashable {
    public let product: ProductName?
    /// Id of the authorization: the one batch that it is, or none.
    public let authorization: Digest256?
    public let factory: FactoryID?
    public let standing: BatchGroup?
    public let limit: PageLimit?
    public let cursor: PageCursor?

    public init(
        product: ProductName? = nil,
        authorization: Digest256? = nil,
        factory: FactoryID? = nil,
        standing: BatchGroup? = nil,
        limit: PageLimit? = nil,
        cursor: PageCursor? = nil
    ) {
        self.product = product
        self.authorization = authorization
        self.factory = factory
        self.standing = standing
        self.limit = limit
        self.cursor = cursor
    }
}
