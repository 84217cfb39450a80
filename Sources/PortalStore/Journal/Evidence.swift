public import PortalCore
public import PortalProtocol
public import Statements
public import Vocabulary

/// What was refused and must not be lost: both checkpoints and the entries brought, some for each EdgeHSM.
public struct Evidence {
    /// Kept for one EdgeHSM; later ones are counted in the alarm alone.
    public static let mostKept = 16
    /// Of those, what no signature of the EdgeHSM is behind. A chunk that somebody altered on its way can be brought in
    /// as many forms as there are rounds; it leaves room for what the EdgeHSM signed against itself.
    public static let mostUnsigned = 8
    /// Octets of entries kept of a chunk that no signature vouches for; of others all of them are, which are no more
    /// than an upload brings.
    public static let mostUnsignedOctets = 1024 * 1024

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
        /// That the checkpoint's tree only adds to the one that ends with the entries brought.
        public let consistency: [Digest256]

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
            let hashes = try row.blob("brought_consistency")
            consistency = try stride(from: 0, to: hashes.count, by: Digest256.size).map {
                try Digest256(Array(hashes[$0..<min($0 + Digest256.size, hashes.count)]))
            }
        }
    }

    private static let last: SQLText = "SELECT max(number) AS last FROM journal_evidence"
    private static let kinds: SQLText = "SELECT kind FROM journal_evidence WHERE edge = ? LIMIT 64"
    private static let same: SQLText = """
        SELECT number FROM journal_evidence
        WHERE edge = ? AND kind = ? AND brought_first = ? AND brought_entries = ? LIMIT 1
        """
    private static let insert: SQLText = """
        INSERT INTO journal_evidence (
            number, edge, log, kind, noted_at, held_size, held_checkpoint, brought_checkpoint, brought_first,
            brought_entries, brought_consistency
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    private static let ofEdge: SQLText = """
        SELECT * FROM journal_evidence WHERE edge = ? AND number > ? ORDER BY number LIMIT ?
        """
    private static let one: SQLText = "SELECT * FROM journal_evidence WHERE edge = ? AND number = ?"

    /// False when the same or enough is kept.
    @discardableResult
    public func keep(_ kind: AlarmKind, against log: JournalLog, _ chunk: JournalChunk, at time: Instant) throws -> Bool
    {
        let kinds = try transaction.rows(Self.kinds, [.name(log.edgeHSM)]).map {
            try $0.option("kind") as AlarmKind
        }
        let isUnsigned = kind == .altered
        guard kinds.count < Self.mostKept,
            !isUnsigned || kinds.count(where: { $0 == .altered }) < Self.mostUnsigned
        else { return false }
        var octets = 0
        let entries = chunk.entries.prefix {
            octets += $0.bytes.count
            return !isUnsigned || octets <= Self.mostUnsignedOctets
        }
        // The checkpoint that comes with the same entries is another one each time.
        let brought: [SQLValue] = [.number(chunk.from), .blob(try StatementCoding.encode(Array(entries)))]
        guard try transaction.row(Self.same, [.name(log.edgeHSM), .text(kind.rawValue)] + brought) == nil else {
            return false
        }
        let number = (try transaction.row(Self.last, []).flatMap { try $0.optional("last", $0.integer) } ?? 0) + 1
        try transaction.execute(
            Self.insert,
            [
                .integer(number), .name(log.edgeHSM), .integer(log.log), .text(kind.rawValue), .time(time),
                .number(log.size), .optional(log.checkpoint), .blob(try chunk.checkpoint.serialized()), brought[0],
                brought[1], .blob(chunk.consistency.flatMap(\.bytes)),
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
