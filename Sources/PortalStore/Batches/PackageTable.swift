public import PortalCore
public import Vocabulary

/// Packages, and those that are still to be made.
public struct PackageTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// In the transaction that grants the batch, so that no crash loses the task.
    public func ask(_ statement: Digest256, at time: Instant) throws {
        try transaction.execute(
            "INSERT INTO package_task (statement, since, attempts) VALUES (?, ?, 0)",
            [.fixed(statement), .time(time)]
        )
    }

    /// Those that wait and whose time has come, those that failed least first.
    public func tasks(due time: Instant, limit: Int) throws -> [PackageTask] {
        try transaction.rows(
            """
            SELECT * FROM package_task WHERE given_up_at IS NULL AND (next_at IS NULL OR next_at <= ?)
            ORDER BY attempts, since, statement LIMIT ?
            """,
            [.time(time), .number(limit)]
        ).map(PackageTask.init)
    }

    private static let tasksOf = KeyQuery("SELECT * FROM package_task WHERE statement")
    private static let packagesOf = KeyQuery("SELECT statement, digest, size, made_at FROM package WHERE statement")

    /// Those of these authorizations, by it.
    public func tasks(_ statements: [Digest256]) throws -> [Digest256: PackageTask] {
        let rows = try Self.tasksOf.rows(statements.map { .fixed($0) }, in: transaction).map(PackageTask.init)
        return Dictionary(rows.map { ($0.statement, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Those of these authorizations, by it.
    public func packages(_ statements: [Digest256]) throws -> [Digest256: PackageRecord] {
        let rows = try Self.packagesOf.rows(statements.map { .fixed($0) }, in: transaction).map(PackageRecord.init)
        return Dictionary(rows.map { ($0.statement, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public func task(_ statement: Digest256) throws -> PackageTask? {
        try transaction.row("SELECT * FROM package_task WHERE statement = ?", [.fixed(statement)])
            .map(PackageTask.init)
    }

    /// How many wait, and since when the oldest does.
    public func waiting() throws -> (count: Int, since: Instant?) {
        guard
            let row = try transaction.row(
                "SELECT count(*) AS amount, min(since) AS since FROM package_task WHERE given_up_at IS NULL",
                []
            )
        else { return (0, nil) }
        return (try row.number("amount"), try row.optional("since", row.time))
    }

    public func countGivenUp() throws -> Int {
        try transaction.row("SELECT count(*) AS amount FROM package_task WHERE given_up_at IS NOT NULL", [])?
            .number("amount") ?? 0
    }

    /// Those that wait, with the EdgeHSM that they are for and its factory; the oldest 1,000.
    public func waitingByEdge() throws -> [(waiting: BatchAlarms.Waiting, factory: FactoryID)] {
        try transaction.rows(
            """
            SELECT b.edge, b.factory, t.since, t.failure FROM package_task t JOIN batch b ON b.statement = t.statement
            WHERE t.given_up_at IS NULL ORDER BY t.since, t.statement LIMIT 1000
            """,
            []
        ).map { row in
            let waiting = BatchAlarms.Waiting(
                edgeHSM: try row.name("edge"),
                since: try row.time("since"),
                failure: try row.optional("failure", row.text)
            )
            return (waiting, try row.name("factory"))
        }
    }

    /// - Parameters:
    ///   - next: when it is tried again; nil: at once.
    ///   - givenUp: when it was given up for ever.
    public func noteFailure(
        _ statement: Digest256,
        code: String,
        next: Instant? = nil,
        givenUp: Instant? = nil
    ) throws {
        try transaction.execute(
            """
            UPDATE package_task SET attempts = attempts + 1, failure = ?, next_at = ?, given_up_at = ?
            WHERE statement = ?
            """,
            [.text(code), .time(next), .time(givenUp), .fixed(statement)]
        )
    }

    /// What kept packages of this EdgeHSM from being made is gone: they are tried at once.
    public func hurry(_ edge: EdgeHSMID) throws {
        try transaction.execute(
            """
            UPDATE package_task SET next_at = NULL
            WHERE statement IN (SELECT statement FROM batch WHERE edge = ?)
            """,
            [.name(edge)]
        )
    }

    /// Keeps a package once; the first one that was made stays, so that everybody has the same octets.
    public func insert(_ package: PackageRecord, content: [UInt8]) throws {
        try transaction.execute(
            """
            INSERT INTO package (statement, digest, size, content, made_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (statement) DO NOTHING
            """,
            [
                .fixed(package.statement), .fixed(package.digest), .number(package.size), .blob(content),
                .time(package.madeAt),
            ]
        )
        try transaction.execute("DELETE FROM package_task WHERE statement = ?", [.fixed(package.statement)])
    }

    public func package(_ statement: Digest256) throws -> PackageRecord? {
        try transaction.row(
            "SELECT statement, digest, size, made_at FROM package WHERE statement = ?",
            [.fixed(statement)]
        ).map(PackageRecord.init)
    }

    public func content(_ statement: Digest256) throws -> [UInt8]? {
        try transaction.row("SELECT content FROM package WHERE statement = ?", [.fixed(statement)])?.blob("content")
    }

    /// Packages of batches that nobody took back and that the EdgeHSM's journal does not say are loaded or closed; those
    /// whose window ends last come first, so that what ran out unloaded never keeps others from being listed. What was
    /// loaded in a tail that the EdgeHSM lost is not loaded.
    public func waiting(for edge: EdgeHSMID, limit: Int = 512) throws -> [PackageRecord] {
        try transaction.rows(
            """
            SELECT p.statement, p.digest, p.size, p.made_at FROM package p
            JOIN batch b ON b.statement = p.statement
            WHERE b.edge = ? AND b.settled = 0 AND NOT EXISTS (
                SELECT 1 FROM journal_batches j JOIN journal_logs l ON l.log = j.log
                WHERE j.batch = b.statement AND l.edge = b.edge AND l.stage <> 'superseded')
            AND NOT EXISTS (
                SELECT 1 FROM journal_voids v JOIN journal_logs l ON l.log = v.log
                WHERE v.batch = b.statement AND l.edge = b.edge AND l.stage <> 'superseded')
            AND NOT EXISTS (SELECT 1 FROM withdrawal w WHERE w.statement = b.statement)
            ORDER BY b.not_after DESC, b.id LIMIT ?
            """,
            [.name(edge), .number(limit)]
        ).map(PackageRecord.init)
    }
}
