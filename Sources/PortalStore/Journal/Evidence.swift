public import PortalCore
public import Statements
public import Vocabulary

/// What was refused and must not be lost: both checkpoints and the entries brought, some for each EdgeHSM.
public struct Evidence {
    /// Kept for one EdgeHSM; later ones are counted in the alarm alone.
    public static let mostKept = 16
    /// Octets of entries kept of one chunk.
    public static let mostOctets = 1024 * 1024

    private let transaction: any SQLTransaction

    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public struct Item: Sendable, Hashable {
        public let number: Int64
        public let edgeHSM: EdgeHSMID
        public let log: Int64
        public let kind: AlarmKind
        public let notedAt: Instant
        /// Size and newest checkpoint of the log that is held.
        public let heldSize: Int
        public let heldCheckpoint: [UInt8]?
        public let checkpoint: [UInt8]
        /// Position of the first entry brought.
        public let first: Int
        public let entries: [Octets]

        init(_ row: SQLRow) throws {
            number = try row.integer("number")
            edgeHSM = try row.name("edge")
            log = try row.integer("log")
            kind = try row.option("kind")
            notedAt = try row.time("noted_at")
            heldSize = try row.number("held_size")
            heldCheckpoint = try row.optional("held_checkpoint", row.blob)
            checkpoint = try row.blob("brought_checkpoint")
            first = try row.number("brought_first")
            entries = try StatementCoding.decode([Octets].self, from: row.blob("brought_entries"))
        }
    }

    private static let last: SQLText = "SELECT max(number) AS last FROM journal_evidence"
    private static let count: SQLText = "SELECT count(*) AS kept FROM journal_evidence WHERE edge = ?"
    private static let insert: SQLText = """
        INSERT INTO journal_evidence (
            number, edge, log, kind, noted_at, held_size, held_checkpoint, brought_checkpoint, brought_first,
            brought_entries
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    private static let ofEdge: SQLText = """
        SELECT * FROM journal_evidence WHERE edge = ? AND number > ? ORDER BY number LIMIT ?
        """
    private static let one: SQLText = "SELECT * FROM journal_evidence WHERE edge = ? AND number = ?"

    /// False when enough is kept.
    @discardableResult
    public func keep(
        _ kind: AlarmKind,
        against log: JournalLog,
        checkpoint: Envelope,
        first: Int,
        entries: [[UInt8]],
        at time: Instant
    ) throws -> Bool {
        let kept = try transaction.row(Self.count, [.name(log.edgeHSM)]).map { try $0.number("kept") } ?? 0
        guard kept < Self.mostKept else { return false }
        var octets = 0
        let bounded = entries.prefix {
            octets += $0.count
            return octets <= Self.mostOctets
        }
        let number = (try transaction.row(Self.last, []).flatMap { try $0.optional("last", $0.integer) } ?? 0) + 1
        try transaction.execute(
            Self.insert,
            [
                .integer(number), .name(log.edgeHSM), .integer(log.log), .text(kind.rawValue), .time(time),
                .number(log.size), .optional(log.checkpoint), .blob(try checkpoint.serialized()), .number(first),
                .blob(try StatementCoding.encode(bounded.map { Octets($0) })),
            ]
        )
        return true
    }

    /// Oldest first, after `number`; there are no more than `mostKept`.
    public func list(of edge: EdgeHSMID, after number: Int64 = 0, limit: Int = mostKept) throws -> [Item] {
        let most = min(max(limit, 1), Self.mostKept)
        return try transaction.rows(Self.ofEdge, [.name(edge), .integer(number), .number(most)]).map(Item.init)
    }

    public func item(_ number: Int64, of edge: EdgeHSMID) throws -> Item? {
        try transaction.row(Self.one, [.name(edge), .integer(number)]).map(Item.init)
    }
}
