public import Vocabulary

/// Which batches are listed: of one product or all.
public struct BatchQuery: Codable, Sendable, Hashable {
    public let product: ProductName?
    public let limit: PageLimit?
    public let cursor: PageCursor?

    public init(product: ProductName? = nil, limit: PageLimit? = nil, cursor: PageCursor? = nil) {
        self.product = product
        self.limit = limit
        self.cursor = cursor
    }
}
