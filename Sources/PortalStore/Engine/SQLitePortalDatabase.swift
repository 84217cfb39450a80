public import Durability
import GRDB
import Synchronization
import Vocabulary

/// The portal's database in one SQLite file: one writer whose commits are on the disk when they return, and read-only
/// connections beside it, so that a look-up does not wait for a chunk of a journal to be taken in.
public final class SQLitePortalDatabase: PortalDatabase {
    /// Writes that may wait for their turn; one more is refused as retryable.
    public static let mostWaiting = 1_024
    private static let role = DatabaseRole(mark: "OBPO")

    private let durable: DurableDatabase
    private let readers: DatabasePool
    private let seam: FaultSeam
    private let subset = SharedSubset.Checker()
    /// What the statements cost, for tests; counted in debug builds only.
    public let work = StatementWork()
    private let reserve: UInt64
    private let waiting = Mutex(0)

    public var path: String { durable.path }

    private init(durable: DurableDatabase, readers: DatabasePool, seam: FaultSeam, reserve: UInt64) {
        self.durable = durable
        self.readers = readers
        self.seam = seam
        self.reserve = reserve
    }

    /// Opens or creates the file and brings it to the newest schema. Blocks on the disk: call it at start.
    ///
    /// - Parameter reserve: octets that stay free on the disk; a write that finds less throws `store.disk.low`.
    /// - Parameter seam: `portal.NAME.before-commit` and `portal.NAME.after-commit` for each write.
    ///
    /// Throws `store.file.*`, `store.migration.failed` or `portal.store.failed`.
    public static func open(
        path: String,
        seam: FaultSeam = .none,
        reserve: UInt64 = 64 * 1_024 * 1_024,
        migrations: [PortalMigration] = PortalSchema.migrations
    ) throws -> SQLitePortalDatabase {
        let subset = SharedSubset.Checker()
        let steps = migrations.map { migration in
            Migration { database in
                for statement in migration.statements {
                    try subset.check(statement)
                    try database.execute(sql: statement.text)
                    StatementTrace.note(statement)
                }
            }
        }
        let durable = try DurableDatabase.open(path: path, role: role, migrations: steps)
        do {
            let readers = try DatabasePool(path: path, configuration: readOnly)
            return SQLitePortalDatabase(durable: durable, readers: readers, seam: seam, reserve: reserve)
        } catch let error as DatabaseError {
            try durable.close()
            throw SQLiteTransaction.refusal(error)
        }
    }

    private static var readOnly: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase {
            try $0.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    public func close() throws {
        try readers.close()
        try durable.close()
    }

    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value {
        try await mapped { [readers, subset, work] in
            try await readers.read { try Self.run($0, subset, work, body) }
        }
    }

    public func readNewest<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value {
        try await mapped { [durable, subset, work] in
            try await durable.queue.read { try Self.run($0, subset, work, body) }
        }
    }

    @discardableResult
    public func write<Value: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value {
        try waiting.withLock { waiting in
            guard waiting < Self.mostWaiting else { throw Refusal(PortalStoreError.overloaded) }
            waiting += 1
        }
        defer { waiting.withLock { $0 -= 1 } }
        return try await mapped { [durable, subset, seam, reserve, work] in
            let value = try await durable.queue.write { database in
                try FileSystem.requireReserve(reserve, at: durable.path)
                let value = try Self.run(database, subset, work, body)
                try seam.pass("portal.\(name).before-commit")
                return value
            }
            try seam.pass("portal.\(name).after-commit")
            return value
        }
    }

    private static func run<Value>(
        _ database: Database,
        _ subset: SharedSubset.Checker,
        _ work: StatementWork,
        _ body: (any SQLTransaction) throws -> Value
    ) throws -> Value {
        let transaction = SQLiteTransaction(database, subset: subset, work: work)
        defer { transaction.end() }
        let value = try body(transaction)
        if let failure = transaction.failure { throw failure }
        return value
    }

    private func mapped<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError { throw SQLiteTransaction.refusal(error) }
    }
}
