public import PortalProtocol
public import Vocabulary

/// How much of what Factory Services tell beside the journal is kept: it is proven by nothing, so a factory must not fill
/// the portal's disk with it.
public struct SiteEventTable {
    /// Events of one factory, each 8 KiB at most; older ones are forgotten.
    public static let mostKept = 200_000
    /// Seconds.
    public static let life: Int64 = 400 * 86_400
    /// Rows removed in one transaction, about.
    public static let step = 10_000

    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func count(of factory: FactoryID) throws -> Int {
        try transaction.row("SELECT count(*) AS amount FROM site_event WHERE factory = ?", [.name(factory)])?
            .number("amount") ?? 0
    }

    /// Where a page goes on: the last event of the one before.
    public struct Place: Sendable, Hashable {
        public let receivedAt: Instant
        public let source: RecordSource
        public let number: Int

        public init(receivedAt: Instant, source: RecordSource, number: Int) {
            (self.receivedAt, self.source, self.number) = (receivedAt, source, number)
        }
    }

    /// Events of a factory, those that came last first. At most 1,000.
    public func list(of factory: FactoryID, before place: Place?, limit: Int) throws -> [SiteEventView] {
        var condition: SQLText = "factory = ?"
        var arguments: [SQLValue] = [.name(factory)]
        if let place {
            condition = """
                \(condition) AND (received_at < ? OR received_at = ? AND (source < ? OR source = ? AND number < ?))
                """
            arguments += [
                .time(place.receivedAt), .time(place.receivedAt), .fixed(place.source), .fixed(place.source),
                .number(place.number),
            ]
        }
        return try transaction.rows(
            """
            SELECT source, number, line, received_at FROM site_event WHERE \(condition)
            ORDER BY received_at DESC, source DESC, number DESC LIMIT ?
            """,
            arguments + [.number(min(max(limit, 1), 1_000))]
        ).map { row in
            SiteEventView(
                source: try row.fixed("source"),
                number: try row.number("number"),
                receivedAt: try row.time("received_at"),
                line: try row.text("line")
            )
        }
    }

    /// Factories after `factory` that told any.
    public func factories() throws -> [FactoryID] {
        try transaction.rows("SELECT DISTINCT factory FROM record_source ORDER BY factory LIMIT 10000", [])
            .map { try $0.name("factory") }
    }

    /// Forgets the oldest of a factory that are too many or too old; how many, a step's worth at most and those of one
    /// second together.
    public func forget(of factory: FactoryID, before oldest: Instant, keeping most: Int = mostKept) throws -> Int {
        let surplus = try count(of: factory) - most
        var end = oldest
        if surplus > 0 {
            let row = try transaction.row(
                "SELECT received_at FROM site_event WHERE factory = ? ORDER BY received_at LIMIT 1 OFFSET ?",
                [.name(factory), .number(min(surplus, Self.step) - 1)]
            )
            if let last = try row?.time("received_at") { end = max(end, last + 1) }
        }
        return try transaction.execute(
            "DELETE FROM site_event WHERE factory = ? AND received_at < ?",
            [.name(factory), .time(end)]
        )
    }
}
