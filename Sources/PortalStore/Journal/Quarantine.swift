public import Verify
public import Vocabulary

/// Entries that were stored and judged wrong, newest first by number.
public struct Quarantine {
    private let transaction: any SQLTransaction

    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public struct Item: Sendable, Hashable {
        public let number: Int64
        public let log: Int64
        public let edgeHSM: EdgeHSMID
        public let factory: FactoryID
        /// Position of the entry; nil: a checkpoint.
        public let sequence: Int?
        /// `malformed` for what can't be read.
        public let kind: String
        /// Code of the first finding.
        public let code: String
        public let detail: String
        /// Findings on this entry.
        public let findings: Int
        public let notedAt: Instant

        init(_ row: SQLRow) throws {
            number = try row.integer("number")
            log = try row.integer("log")
            edgeHSM = try row.name("edge")
            factory = try row.name("factory")
            sequence = try row.optional("sequence", row.number)
            kind = try row.text("entry_kind")
            code = try row.text("code")
            detail = try row.text("detail")
            findings = try row.number("findings")
            notedAt = try row.time("noted_at")
        }
    }

    /// One entry that was found wrong.
    public struct Note: Sendable {
        public let sequence: Int?
        public let kind: String
        public let findings: [JournalAudit.Finding]

        public init(sequence: Int?, kind: String, findings: [JournalAudit.Finding]) {
            self.sequence = sequence
            self.kind = kind
            self.findings = findings
        }
    }

    private static let last: SQLText = "SELECT max(number) AS last FROM quarantine"
    private static let noteRows = RowInsert(
        "quarantine (number, log, edge, factory, sequence, entry_kind, code, detail, findings, noted_at)",
        columns: 10
    )
    private static let page: SQLText = "SELECT * FROM quarantine WHERE number < ? ORDER BY number DESC LIMIT ?"
    private static let pageOfFactory: SQLText = """
        SELECT * FROM quarantine WHERE factory = ? AND number < ? ORDER BY number DESC LIMIT ?
        """

    public func add(_ notes: [Note], of log: JournalLog, at time: Instant) throws {
        guard !notes.isEmpty else { return }
        let last = try transaction.row(Self.last, []).flatMap { try $0.optional("last", $0.integer) } ?? 0
        var values: [SQLValue] = []
        for (index, note) in notes.enumerated() {
            guard let first = note.findings.first?.refusal else { continue }
            values += [
                .integer(last + Int64(index) + 1), .integer(log.log), .name(log.edgeHSM), .name(log.factory),
                .number(note.sequence), .foreign(note.kind), .text(first.code), .foreign(first.detail),
                .number(note.findings.count), .time(time),
            ]
        }
        try Self.noteRows.run(values, in: transaction)
    }

    /// Newest first, before `number`; in these factories, nil: in all.
    public func list(
        in factories: [FactoryID]? = nil,
        before number: Int64 = .max,
        limit: Int
    ) throws -> [Item] {
        let most = min(max(limit, 1), 1_000)
        guard let factories else {
            return try transaction.rows(Self.page, [.integer(number), .number(most)]).map(Item.init)
        }
        let found = try factories.flatMap {
            try transaction.rows(Self.pageOfFactory, [.name($0), .integer(number), .number(most)]).map(Item.init)
        }
        return Array(found.sorted { $0.number > $1.number }.prefix(most))
    }
}
