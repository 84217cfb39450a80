public import Governance
public import Vocabulary

/// Allotment that EdgeHSMs gave up by their own journals' word.
public struct ReleaseTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// Notes a release out of a journal; one that is noted already changes nothing.
    public func insert(_ release: AllotmentRelease) throws {
        guard let keeps = release.keeps else { return }
        try transaction.execute(
            """
            INSERT INTO allotment_release (officer_order, edge, product, units, sequence) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (product, edge, officer_order) DO NOTHING
            """,
            [
                .fixed(release.id), .name(release.edgeHSM), .name(release.product), .number(keeps),
                .number(release.sequence),
            ]
        )
    }

    /// The newest 10,000 by sequence.
    public func releases(of product: ProductName) throws -> Set<AllotmentRelease> {
        let rows = try transaction.rows(
            """
            SELECT officer_order, edge, units, sequence FROM allotment_release WHERE product = ?
            ORDER BY sequence DESC LIMIT 10000
            """,
            [.name(product)]
        )
        return try Set(
            rows.map { row in
                AllotmentRelease(
                    order: try row.fixed("officer_order"),
                    edgeHSM: try row.name("edge"),
                    product: product,
                    keeps: try row.number("units"),
                    sequence: try row.number("sequence")
                )
            }
        )
    }
}
