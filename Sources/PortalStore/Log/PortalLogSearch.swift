import FoundationEssentials
import PortalCore
import Statements
public import Vocabulary

/// What acts are looked for by. Derived from the log, in the transaction of the act; the entries are what counts.
public struct PortalLogSearch {
    /// Positions that one question looks through, however few answer to it: whoever asks goes on from there.
    public static let mostLooked = 5_000
    /// Seconds by which entries may stand out of order: an act's time is that of its request.
    private static let disorder: Int64 = 3_600

    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public struct Filter: Sendable, Hashable {
        /// Id of a person or factory, `portal` or `nobody`.
        public var actor: String?
        public var action: String?
        public var object: String?
        /// Nil: whatever came of it.
        public var isDone: Bool?
        public var from: Instant?
        public var to: Instant?

        public init() {}

        fileprivate func accepts(_ row: SQLRow) throws -> Bool {
            if let actor, try row.text("actor") != actor { return false }
            if let action, try row.text("action") != action { return false }
            if let object, try row.text("object") != object { return false }
            if let isDone, try (row.text("outcome") == "done") != isDone { return false }
            let time = try row.time("at")
            return (from ?? .epoch) <= time && time <= (to ?? .noExpiry)
        }
    }

    /// What was found, and where to go on; nil at the end.
    public struct Found: Sendable, Hashable {
        public let positions: [Int]
        public let next: Int?
    }

    func note(_ entry: PortalLogEntry) throws {
        try transaction.execute(
            "INSERT INTO portal_log_fact (position, actor, action, object, outcome, at) VALUES (?, ?, ?, ?, ?, ?)",
            [
                .number(entry.position), .text(entry.actor), .text(entry.action), .text(entry.object),
                .text(entry.outcome), .time(entry.time),
            ]
        )
    }

    /// Notes entries from before there were facts, `limit` of them; false when all have theirs.
    public func catchUp(limit: Int = 1_000) throws -> Bool {
        let last = try transaction.row("SELECT max(position) AS last FROM portal_log_fact", [])
        let first = try last.flatMap { try $0.optional("last", $0.number) }.map { $0 + 1 } ?? 0
        let entries = try PortalLogTable(transaction).entries(from: first, limit: limit)
        for entry in entries { try note(StatementCoding.decode(PortalLogEntry.self, from: entry.bytes)) }
        return entries.count == limit
    }

    static func newest(_ condition: SQLText) -> SQLText {
        """
        SELECT position, actor, action, object, outcome, at FROM portal_log_fact
        WHERE \(condition) position >= ? AND position <= ? ORDER BY position DESC LIMIT ?
        """
    }
    static func oldest(_ condition: SQLText) -> SQLText {
        """
        SELECT position, actor, action, object, outcome, at FROM portal_log_fact
        WHERE \(condition) position >= ? AND position <= ? ORDER BY position LIMIT ?
        """
    }
    /// The narrowest of the indexes that a question can use.
    static func condition(_ filter: Filter) -> (SQLText, [SQLValue]) {
        if let object = filter.object { return ("object = ? AND ", [.text(object)]) }
        if let actor = filter.actor { return ("actor = ? AND ", [.text(actor)]) }
        if let action = filter.action { return ("action = ? AND ", [.text(action)]) }
        return ("", [])
    }
    static let lastBefore: SQLText = """
        SELECT position FROM portal_log_fact WHERE at < ? ORDER BY at DESC, position DESC LIMIT 1
        """
    static let firstAfter: SQLText = """
        SELECT position FROM portal_log_fact WHERE at > ? ORDER BY at, position LIMIT 1
        """

    /// Positions of acts that the filter accepts, `limit` at most.
    ///
    /// - Parameters:
    ///   - start: the first position that may be one; nil: the end of the log where the newest come first.
    ///   - newestFirst: the order.
    ///   - most: positions that are looked through.
    public func find(
        _ filter: Filter,
        from start: Int?,
        newestFirst: Bool,
        limit: Int,
        looking most: Int = PortalLogSearch.mostLooked
    ) throws -> Found {
        var (low, high) = try bounds(filter)
        if let start { if newestFirst { high = min(high, start) } else { low = max(low, start) } }
        let (condition, arguments) = Self.condition(filter)
        let sql = newestFirst ? Self.newest(condition) : Self.oldest(condition)
        var (positions, looked, chunk): ([Int], Int, Int) = ([], 0, limit + 1)
        while low <= high, looked < most {
            let rows = try transaction.rows(sql, arguments + [.number(low), .number(high), .number(chunk)])
            for row in rows where try filter.accepts(row) {
                let position = try row.number("position")
                guard positions.count < limit else { return Found(positions: positions, next: position) }
                positions.append(position)
            }
            guard rows.count == chunk, let last = try rows.last?.number("position") else {
                return Found(positions: positions, next: nil)
            }
            if newestFirst { high = last - 1 } else { low = last + 1 }
            looked += rows.count
            chunk = min(500, most - looked)
        }
        return Found(positions: positions, next: low <= high ? (newestFirst ? high : low) : nil)
    }

    /// Where entries of the filter's time can stand; the first after the last: nowhere.
    ///
    /// An entry is at most ``disorder`` younger than any that follows it. So nothing up to an entry that is older
    /// than `from` by more than that answers, nor anything from one on that is as much younger than `to`.
    private func bounds(_ filter: Filter) throws -> (first: Int, last: Int) {
        var (first, last) = (0, try PortalLogTable(transaction).size() - 1)
        if let from = filter.from {
            let row = try transaction.row(Self.lastBefore, [.time(from + -Self.disorder)])
            first = try row.map { try $0.number("position") + 1 } ?? 0
        }
        if let to = filter.to {
            let row = try transaction.row(Self.firstAfter, [.time(to + Self.disorder)])
            last = try row.map { try $0.number("position") - 1 } ?? last
        }
        return (first, last)
    }
}
