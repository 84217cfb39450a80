public import PortalCore
public import Vocabulary

/// Sums by day and batch, kept while entries are taken in; reading them touches no entry and no unit.
public struct RollUps {
    private let transaction: any SQLTransaction

    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// Where a batch's counts belong.
    public struct Place: Sendable, Hashable {
        public let edgeHSM: EdgeHSMID
        public let factory: FactoryID
        /// Nil for what belongs to no batch that was loaded.
        public let product: ProductName?
        public let name: BatchName?

        public init(edgeHSM: EdgeHSMID, factory: FactoryID, product: ProductName?, name: BatchName?) {
            self.edgeHSM = edgeHSM
            self.factory = factory
            self.product = product
            self.name = name
        }
    }

    /// What sums can be asked by.
    public enum Dimension: String, Sendable, CaseIterable {
        case day
        case factory
        case product
        case batch
        case edge
    }

    /// Which rows are summed; nil: all.
    public struct Filter: Sendable {
        /// Days since 1970 UTC.
        public var days: ClosedRange<Int>
        public var factories: [FactoryID]?
        public var products: [ProductName]?
        public var batches: [Digest256]?
        public var edgeHSM: EdgeHSMID?

        /// Entries of a list, at most.
        public static let mostNames = 10_000

        public init(days: ClosedRange<Int>) { self.days = days }
    }

    public struct Row: Sendable, Hashable {
        /// Only the one asked for is set.
        public var day: Int?
        public var factory: FactoryID?
        public var product: ProductName?
        public var batch: Digest256?
        public var name: BatchName?
        public var edgeHSM: EdgeHSMID?
        public let counts: RollUpCounts
        /// Where it stands in the order of its dimension: the page after it starts here.
        public let key: [String]
    }

    private static let add = RowInsert(
        """
        journal_rollups (day, log, batch, edge, factory, product, name, issued, completed, passed, failed, burned, \
        unlocked, reprovisioned, reissued, rotated, returned, quarantined)
        """,
        columns: 18,
        then: """
            ON CONFLICT (day, log, batch) DO UPDATE SET issued = journal_rollups.issued + excluded.issued,
            completed = journal_rollups.completed + excluded.completed,
            passed = journal_rollups.passed + excluded.passed,
            failed = journal_rollups.failed + excluded.failed, burned = journal_rollups.burned + excluded.burned,
            unlocked = journal_rollups.unlocked + excluded.unlocked,
            reprovisioned = journal_rollups.reprovisioned + excluded.reprovisioned,
            reissued = journal_rollups.reissued + excluded.reissued,
            rotated = journal_rollups.rotated + excluded.rotated,
            returned = journal_rollups.returned + excluded.returned,
            quarantined = journal_rollups.quarantined + excluded.quarantined
            """
    )

    /// - Parameter now: by which counts of five minutes are too old to be kept.
    public func add(
        _ tally: RollUpTally,
        log: Int64,
        at now: Instant,
        place: (Digest256) throws -> Place
    ) throws {
        var values: [SQLValue] = []
        for (key, counts) in tally.counts {
            let place = try place(key.authorization)
            values += [
                .number(key.day), .integer(log), .fixed(key.authorization), .name(place.edgeHSM), .name(place.factory),
                .text(place.product?.text ?? ""), .text(place.name?.text ?? ""),
            ]
            values += RollUpCounts.fields.map { .number(counts[keyPath: $0.path]) }
        }
        try Self.add.run(values, in: transaction)
        try Production(transaction).add(tally.slices, log: log, at: now, place: place)
    }

    private static let sums: SQLText = """
        CAST(sum(issued) AS BIGINT) AS issued, CAST(sum(completed) AS BIGINT) AS completed,
        CAST(sum(passed) AS BIGINT) AS passed,
        CAST(sum(failed) AS BIGINT) AS failed, CAST(sum(burned) AS BIGINT) AS burned,
        CAST(sum(unlocked) AS BIGINT) AS unlocked, CAST(sum(reprovisioned) AS BIGINT) AS reprovisioned,
        CAST(sum(reissued) AS BIGINT) AS reissued, CAST(sum(rotated) AS BIGINT) AS rotated,
        CAST(sum(returned) AS BIGINT) AS returned, CAST(sum(quarantined) AS BIGINT) AS quarantined
        """

    /// Sums by one dimension, in its order: `limit` at most, or `SQLRow.mostRows`.
    ///
    /// - Parameter start: key of the row before.
    public func sums(
        by dimension: Dimension,
        _ filter: Filter,
        after start: [String]? = nil,
        limit: Int = SQLRow.mostRows
    ) throws -> [Row] {
        var condition: SQLText = "day >= ? AND day <= ?"
        var arguments: [SQLValue] = [.number(filter.days.lowerBound), .number(filter.days.upperBound)]
        func restrict(_ column: SQLText, _ values: [SQLValue]?) {
            guard let values else { return }
            let kept = values.isEmpty ? [.null] : values
            condition = "\(condition) AND \(column) IN (\(SQLText.placeholders(kept.count)))"
            arguments += kept
        }
        restrict("factory", filter.factories.map { $0.prefix(Filter.mostNames).map { .name($0) } })
        restrict("product", filter.products.map { $0.prefix(Filter.mostNames).map { .name($0) } })
        restrict("batch", filter.batches.map { $0.prefix(Filter.mostNames).map { .fixed($0) } })
        restrict("edge", filter.edgeHSM.map { [.name($0)] })
        if let start {
            let (later, keys) = try dimension.later(than: start)
            condition = "\(condition) AND \(later)"
            arguments += keys
        }
        let columns = dimension.columns
        let rows = try transaction.rows(
            """
            SELECT \(columns), \(Self.sums) FROM journal_rollups WHERE \(condition)
            GROUP BY \(columns) ORDER BY \(columns) LIMIT ?
            """,
            arguments + [.number(limit)]
        )
        return try rows.map { try Self.row($0, dimension) }
    }

    private static func row(_ row: SQLRow, _ dimension: Dimension) throws -> Row {
        var counts = RollUpCounts()
        for field in RollUpCounts.fields { counts[keyPath: field.path] = try row.number(field.name) }
        var found = Row(counts: counts, key: try dimension.key(of: row))
        switch dimension {
        case .day: found.day = try row.number("day")
        case .factory: found.factory = try row.name("factory")
        case .product: found.product = try? row.name("product")
        case .batch:
            found.batch = try row.fixed("batch")
            found.name = try? row.name("name")
        case .edge: found.edgeHSM = try row.name("edge")
        }
        return found
    }
}

extension RollUps.Dimension {
    /// What rows are grouped and ordered by.
    fileprivate var columns: SQLText {
        switch self {
        case .day: "day"
        case .factory: "factory"
        case .product: "product"
        case .batch: "batch, name"
        case .edge: "edge"
        }
    }

    fileprivate func key(of row: SQLRow) throws -> [String] {
        switch self {
        case .day: ["\(try row.number("day"))"]
        case .factory: [try row.text("factory")]
        case .product: [try row.text("product")]
        case .batch: [try row.fixed("batch", as: Digest256.self).hex, try row.text("name")]
        case .edge: [try row.text("edge")]
        }
    }

    /// Parts of a key.
    public var keyCount: Int { self == .batch ? 2 : 1 }

    /// Throws `portal.store.type` for what is no key of this dimension.
    fileprivate func later(than key: [String]) throws -> (SQLText, [SQLValue]) {
        let malformed = Refusal(PortalStoreError.type, "no key of \(rawValue)")
        guard key.count == keyCount, let first = key.first else { throw malformed }
        switch self {
        case .day:
            guard let day = Int(first) else { throw malformed }
            return ("day > ?", [.number(day)])
        case .factory: return ("factory > ?", [.text(first)])
        case .product: return ("product > ?", [.text(first)])
        case .edge: return ("edge > ?", [.text(first)])
        case .batch:
            guard let batch = try? Digest256(hex: first), let name = key.last else { throw malformed }
            return ("(batch > ? OR batch = ? AND name > ?)", [.fixed(batch), .fixed(batch), .text(name)])
        }
    }
}
