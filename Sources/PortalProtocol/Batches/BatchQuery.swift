public import Vocabulary

/// Which batches are listed: of one product or all.
public struct BatchQuery: Codable, Sendable, Hashable {
    public let product: ProductName?
    /// Id of the authorization: the one batch that it is, or none.
    public let authorization: Digest256?
    public let limit: PageLimit?
    public let cursor: PageCursor?

    public init(
        product: ProductName? = nil,
        authorization: Digest256? = nil,
        limit: PageLimit? = nil,
        cursor: PageCursor? = nil
    ) {
        self.product = product
        self.authorization = authorization
        self.limit = limit
        self.cursor = cursor
    }
}
