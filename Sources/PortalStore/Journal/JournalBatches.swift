internal import Statements
public import Verify
public import Vocabulary

/// Accounts of the authorizations that logs say were loaded.
public struct JournalBatches {
    private let transaction: any SQLTransaction

    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    private static let columns: SQLText = """
        log, batch, product, name, granted, issued, burned, returned, closed, unlocks, reprovisions, rotations, terms
        """
    private static let joined: SQLText = """
        j.log, j.batch, j.product, j.name, j.granted, j.issued, j.burned, j.returned, j.closed, j.unlocks,
        j.reprovisions, j.rotations, j.terms
        """
    private static let byBatch = KeyQuery("SELECT \(columns) FROM journal_batches WHERE log = ? AND batch")
    private static let one: SQLText = "SELECT \(columns) FROM journal_batches WHERE log = ? AND batch = ?"
    private static let every: SQLText = "SELECT \(columns) FROM journal_batches WHERE batch = ? LIMIT 64"
    private static let batchRows = RowInsert(
        "journal_batches (\(columns))",
        columns: 13,
        then: """
            ON CONFLICT (log, batch) DO UPDATE SET product = excluded.product, name = excluded.name,
            granted = excluded.granted, issued = excluded.issued, burned = excluded.burned,
            returned = excluded.returned, closed = excluded.closed, unlocks = excluded.unlocks,
            reprovisions = excluded.reprovisions, rotations = excluded.rotations, terms = excluded.terms
            """
    )
    private static let use: SQLText = """
        UPDATE journal_batches SET issued = ?, burned = ?, returned = ?, closed = ?, unlocks = ?, reprovisions = ?,
        rotations = ? WHERE log = ? AND batch = ?
        """
    private static let voidRows = RowInsert(
        "journal_voids (log, batch, sequence)",
        columns: 3,
        then: "ON CONFLICT (log, batch) DO NOTHING"
    )

    /// A batch of one log.
    public struct Stored: Sendable, Hashable {
        public let log: Int64
        public let batch: JudgedBatch

        init(_ row: SQLRow) throws {
            log = try row.integer("log")
            var used = JudgedBatch.Used()
            used.issued = try row.number("issued")
            used.burned = try row.number("burned")
            used.returned = try row.number("returned")
            used.isClosed = try row.flag("closed")
            used.unlocks = try row.number("unlocks")
            used.reprovisions = try row.number("reprovisions")
            used.rotations = try row.number("rotations")
            batch = JudgedBatch(id: try row.fixed("batch"), terms: try .read(row.blob("terms")), used: used)
        }
    }

    func batches(_ ids: [Digest256], log: Int64) throws -> [JudgedBatch] {
        try Self.byBatch.rows(ids.map { .fixed($0) }, first: [.integer(log)], in: transaction).map {
            try Stored($0).batch
        }
    }

    public func batch(_ id: Digest256, log: Int64) throws -> JudgedBatch? {
        try transaction.row(Self.one, [.integer(log), .fixed(id)]).map { try Stored($0).batch }
    }

    /// In whatever logs it stands; an honest one is in the logs of its EdgeHSM alone.
    public func batches(_ id: Digest256) throws -> [Stored] {
        try transaction.rows(Self.every, [.fixed(id)]).map(Stored.init)
    }

    /// A batch that a journal says was loaded and that this database did not grant.
    struct Unknown: Sendable, Hashable {
        let edge: EdgeHSMID
        let batch: Digest256
        /// Granted, less what the closing gave back.
        let units: Int
        /// Numbers of its serials.
        let serials: Range<Int>
    }

    /// Such batches of a product: lost with a database of which a backup was restored, or never granted here. Each once for
    /// its EdgeHSM, as the newest log has it.
    func unknown(_ product: ProductName) throws -> [Unknown] {
        let rows = try transaction.rows(
            """
            SELECT l.edge, \(Self.joined) FROM journal_batches j JOIN journal_logs l ON l.log = j.log
            WHERE j.product = ? AND NOT EXISTS (SELECT 1 FROM batch b WHERE b.statement = j.batch)
            ORDER BY j.batch, l.edge, j.log
            """,
            [.name(product)]
        )
        var found: [Unknown] = []
        for row in rows {
            let batch = try Stored(row).batch
            let (edge, content): (EdgeHSMID, _) = (try row.name("edge"), batch.terms.content)
            if let last = found.last, last.batch == batch.id, last.edge == edge { found.removeLast() }
            found.append(
                Unknown(
                    edge: edge,
                    batch: batch.id,
                    units: content.quantity - (batch.used.isClosed ? batch.used.returned : 0),
                    serials: content.serials.first..<content.serials.first + content.quantity
                )
            )
        }
        return found
    }

    /// What one log counts of a batch, without its terms.
    struct Counts {
        let log: Int64
        let account: Checkpoint.Account
        let isClosed: Bool
    }

    private static let countsOf = KeyQuery(
        "SELECT log, batch, granted, issued, burned, returned, closed FROM journal_batches WHERE batch"
    )
    private static let voidsOf = KeyQuery("SELECT log, batch FROM journal_voids WHERE batch")

    /// By batch, in whatever logs it stands.
    func counts(_ ids: [Digest256]) throws -> [Digest256: [Counts]] {
        let rows = try Self.countsOf.rows(ids.map { .fixed($0) }, in: transaction).map { row in
            let (granted, issued) = (try row.number("granted"), try row.number("issued"))
            let (burned, returned) = (try row.number("burned"), try row.number("returned"))
            let account = Checkpoint.Account(
                authorization: try row.fixed("batch"),
                granted: granted,
                issued: issued,
                burned: burned,
                returned: returned,
                remaining: granted - issued - burned - returned
            )
            return Counts(log: try row.integer("log"), account: account, isClosed: try row.flag("closed"))
        }
        return Dictionary(grouping: rows, by: \.account.authorization)
    }

    /// The logs that have a tombstone of a batch.
    func voids(_ ids: [Digest256]) throws -> [Digest256: Set<Int64>] {
        try Self.voidsOf.rows(ids.map { .fixed($0) }, in: transaction).reduce(into: [:]) { found, row in
            found[try row.fixed("batch", as: Digest256.self), default: []].insert(try row.integer("log"))
        }
    }

    /// - Parameter withTerms: it was loaded just now; otherwise its terms are there.
    func put(_ batch: JudgedBatch, withTerms: Bool, log: Int64) throws {
        let used = batch.used
        guard withTerms else {
            try transaction.execute(
                Self.use,
                [
                    .number(used.issued), .number(used.burned), .number(used.returned), .flag(used.isClosed),
                    .number(used.unlocks), .number(used.reprovisions), .number(used.rotations), .integer(log),
                    .fixed(batch.id),
                ]
            )
            return
        }
        let content = batch.terms.content
        try Self.batchRows.run(
            [
                .integer(log), .fixed(batch.id), .name(content.product), .name(content.batch),
                .number(content.quantity), .number(used.issued), .number(used.burned), .number(used.returned),
                .flag(used.isClosed), .number(used.unlocks), .number(used.reprovisions), .number(used.rotations),
                .blob(try batch.terms.serialized()),
            ],
            in: transaction
        )
    }

    func putVoid(_ id: Digest256, at sequence: Int, log: Int64) throws {
        try Self.voidRows.run([.integer(log), .fixed(id), .number(sequence)], in: transaction)
    }
}
