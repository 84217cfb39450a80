public import PortalCore
public import Vocabulary

/// Allotment that EdgeHSMs gave up by their own journals' word.
public struct ReleaseTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// Notes a release; one that is noted already changes nothing.
    public func insert(_ release: AllotmentRelease) throws {
        try transaction.execute(
            """
            INSERT INTO allotment_release (edge, product, units, sequence) VALUES (?, ?, ?, ?)
            ON CONFLICT (product, edge, units, sequence) DO NOTHING
            """,
            [.name(release.edgeHSM), .name(release.product), .number(release.units), .number(release.sequence)]
        )
    }

    /// The newest 10,000 by sequence.
    public func releases(of product: ProductName) throws -> Set<AllotmentRelease> {
        let rows = try transaction.rows(
            "SELECT edge, units, sequence FROM allotment_release WHERE product = ? ORDER BY sequence DESC LIMIT 10000",
            [.name(product)]
        )
        return try Set(
            rows.map { row in
                AllotmentRelease(
                    edgeHSM: try row.name("edge"),
                    product: product,
                    units: try row.number("units"),
                    sequence: try row.number("sequence")
                )
            }
        )
    }
}
