public import PortalCore
public import Vocabulary

/// `allotmentReleased` entries of ingested journals.
public struct ReleaseTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func note(_ release: AllotmentRelease, at time: Instant) throws {
        try transaction.execute(
            """
            INSERT INTO allotment_release (edge, product, units, sequence, noted_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (edge, product, sequence, units) DO NOTHING
            """,
            [
                .name(release.edgeHSM), .name(release.product), .number(release.units), .number(release.sequence),
                .time(time),
            ]
        )
    }

    public func releases(of product: ProductName) throws -> Set<AllotmentRelease> {
        let rows = try transaction.rows(
            "SELECT edge, product, units, sequence FROM allotment_release WHERE product = ? ORDER BY edge, sequence",
            [.name(product)]
        )
        return Set(
            try rows.map {
                AllotmentRelease(
                    edgeHSM: try $0.name("edge"),
                    product: try $0.name("product"),
                    units: try $0.number("units"),
                    sequence: try $0.number("sequence")
                )
            }
        )
    }
}
