public import PortalCore
public import Vocabulary

/// Counts of five minutes by batch, kept while entries are taken in, for rates and charts. After 40 days the daily
/// roll-ups alone remain.
public struct Production {
    /// Slices that are kept.
    public static let kept: Int64 = 40 * 86_400 / ProductionRate.slice

    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public struct Row: Sendable, Hashable {
        /// `ProductionRate.slice(of:)`.
        public let slice: Int64
        public let edgeHSM: EdgeHSMID
        public let factory: FactoryID
        public let batch: Digest256
        public let counts: SliceCounts
    }

    private static let add = RowInsert(
        "production (slice, log, batch, edge, factory, product, issued, completed, passed, failed, burned)",
        columns: 11,
        then: """
            ON CONFLICT (slice, log, batch) DO UPDATE SET issued = production.issued + excluded.issued,
            completed = production.completed + excluded.completed, passed = production.passed + excluded.passed,
            failed = production.failed + excluded.failed, burned = production.burned + excluded.burned
            """
    )

    /// Adds what a chunk counted; slices that are too old by `now` go and are not taken in.
    func add(
        _ slices: [SliceKey: SliceCounts],
        log: Int64,
        at now: Instant,
        place: (Digest256) throws -> RollUps.Place
    ) throws {
        let oldest = ProductionRate.slice(of: now) - Self.kept
        var values: [SQLValue] = []
        for (key, counts) in slices where key.slice >= oldest {
            let place = try place(key.authorization)
            values += [
                .integer(key.slice), .integer(log), .fixed(key.authorization), .name(place.edgeHSM),
                .name(place.factory), .text(place.product?.text ?? ""), .number(counts.issued),
                .number(counts.completed), .number(counts.passed), .number(counts.failed), .number(counts.burned),
            ]
        }
        guard !values.isEmpty else { return }
        try Self.add.run(values, in: transaction)
        try transaction.execute("DELETE FROM production WHERE slice < ?", [.integer(oldest)])
    }

    /// Which slices are summed; nil: of all factories, products, batches.
    public struct Filter: Sendable {
        public var slices: ClosedRange<Int64>
        public var factories: [FactoryID]?
        public var product: ProductName?
        public var batch: Digest256?

        public init(
            _ slices: ClosedRange<Int64>,
            factories: [FactoryID]? = nil,
            product: ProductName? = nil,
            batch: Digest256? = nil
        ) {
            self.slices = slices
            self.factories = factories
            self.product = product
            self.batch = batch
        }

        fileprivate var condition: (text: SQLText, arguments: [SQLValue]) {
            var condition: SQLText = "slice >= ? AND slice <= ?"
            var arguments: [SQLValue] = [.integer(slices.lowerBound), .integer(slices.upperBound)]
            if let factories {
                let names = factories.prefix(RollUps.Filter.mostNames).map { SQLValue.name($0) }
                let kept = names.isEmpty ? [.null] : names
                condition = "\(condition) AND factory IN (\(SQLText.placeholders(kept.count)))"
                arguments += kept
            }
            if let product {
                condition = "\(condition) AND product = ?"
                arguments.append(.name(product))
            }
            if let batch {
                condition = "\(condition) AND batch = ?"
                arguments.append(.fixed(batch))
            }
            return (condition, arguments)
        }
    }

    private static let sums: SQLText = """
        CAST(sum(issued) AS BIGINT) AS issued, CAST(sum(completed) AS BIGINT) AS completed,
        CAST(sum(passed) AS BIGINT) AS passed, CAST(sum(failed) AS BIGINT) AS failed, CAST(sum(burned) AS BIGINT) AS burned
        """

    /// Sums by slice and batch: as many rows as batches made something in each of them.
    public func bySlice(_ filter: Filter) throws -> [Row] {
        let (condition, arguments) = filter.condition
        return try transaction.rows(
            """
            SELECT slice, edge, factory, batch, \(Self.sums) FROM production WHERE \(condition)
            GROUP BY slice, edge, factory, batch ORDER BY slice, edge, factory, batch
            """,
            arguments
        ).map { row in
            Row(
                slice: try row.integer("slice"),
                edgeHSM: try row.name("edge"),
                factory: try row.name("factory"),
                batch: try row.fixed("batch"),
                counts: try Self.counts(row)
            )
        }
    }

    /// Sums by steps of `step` slices, in their order: as many rows as steps, however many batches there are. A step's
    /// number is its first slice ÷ `step`.
    public func bySteps(of step: Int64, _ filter: Filter) throws -> [(number: Int64, counts: SliceCounts)] {
        let (condition, arguments) = filter.condition
        return try transaction.rows(
            """
            SELECT slice / ? AS number, \(Self.sums) FROM production WHERE \(condition) GROUP BY 1 ORDER BY 1
            """,
            [.integer(max(step, 1))] + arguments
        ).map { (try $0.integer("number"), try Self.counts($0)) }
    }

    private static func counts(_ row: SQLRow) throws -> SliceCounts {
        var counts = SliceCounts()
        counts.issued = try row.number("issued")
        counts.completed = try row.number("completed")
        counts.passed = try row.number("passed")
        counts.failed = try row.number("failed")
        counts.burned = try row.number("burned")
        return counts
    }
}

extension PortalMigration {
    static let production = PortalMigration(
        "production",
        [
            """
            CREATE TABLE production (
                slice BIGINT NOT NULL,
                log BIGINT NOT NULL,
                batch BLOB NOT NULL,
                edge TEXT NOT NULL,
                factory TEXT NOT NULL,
                product TEXT NOT NULL,
                issued BIGINT NOT NULL,
                completed BIGINT NOT NULL,
                failed BIGINT NOT NULL,
                burned BIGINT NOT NULL,
                PRIMARY KEY (slice, log, batch)
            )
            """
        ]
    )
}
