public import GRDB
import Glibc
import Vocabulary

/// A SQLite database whose commits are on the disk when they return, held by this process alone.
///
/// WAL with `synchronous=FULL`: one fsync for each commit (a rollback journal takes at least two and a rename or
/// truncation), a torn write is found by the frame's checksum, and other processes may read the file with `sqlite3`
/// while the service runs. `NORMAL`, which GRDB chooses by itself for WAL, would lose acknowledged commits in a power
/// cut, so the setting is made after opening and read back.
public final class DurableDatabase: Sendable {
    /// The single connection; reads and writes take turns on it.
    public let queue: DatabaseQueue
    public let path: String
    private let lock: FileLock

    private init(queue: DatabaseQueue, path: String, lock: FileLock) {
        self.queue = queue
        self.path = path
        self.lock = lock
    }

    /// Opens or creates the file (mode 0600), checks it and brings it to the newest schema.
    ///
    /// Throws `store.file.*`, `store.migration.failed` or `store.sync.not-durable`. Blocks on the disk: call it at
    /// start, not in the middle of serving.
    public static func open(path: String, role: DatabaseRole, migrations: [Migration]) throws -> DurableDatabase {
        let lock = try FileLock(path: path + ".lock")
        try FileSystem.createPrivate(path)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                try prepare(database, role, newest: migrations.count, path)
                try migrate(database, migrations)
                try assertDurable(database)
            }
            // The write-ahead log's directory entry, so that it is found after a power cut.
            try FileSystem.syncFolder(of: path)
            return DurableDatabase(queue: queue, path: path, lock: lock)
        } catch let error as DatabaseError {
            let isDamage = [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
            throw Refusal(isDamage ? DurabilityError.damaged : .openFailed, "\(path): \(explain(error))")
        }
    }

    /// Ends the connection and lets the next process in. Nothing may use `queue` afterwards.
    public func close() throws {
        try queue.close()
        lock.release()
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        // Readers from outside (sqlite3, backup) may hold a lock for a moment.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // A file brought from elsewhere must not run SQL functions of ours through its schema; and temporary
            // tables must not put data into files that nobody watches.
            try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY")
            // Rows are found by digests, so neighbours in time are strangers on the disk: 32 MiB of pages are kept, and
            // what was written is brought home every 16 MiB.
            try database.execute(sql: "PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4096")
        }
        return configuration
    }

    private static func prepare(
        _ database: Database,
        _ role: DatabaseRole,
        newest: Int,
        _ path: String
    ) throws {
        let id = try integer(database, "application_id")
        let version = try integer(database, "user_version")
        let isNew = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0 && version == 0
        if isNew && id == 0 {
            try database.execute(sql: "PRAGMA application_id = \(role.applicationID)")
        } else if id != Int(role.applicationID) {
            throw Refusal(DurabilityError.foreign, "\(path): application id \(id)")
        }
        guard version <= newest else {
            throw Refusal(DurabilityError.newer, "\(path): schema \(version), this program knows \(newest)")
        }
        let check = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        guard check == "ok" else {
            throw Refusal(DurabilityError.damaged, "\(path): \((check ?? "no answer").prefix(200))")
        }
        try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    }

    private static func migrate(_ database: Database, _ migrations: [Migration]) throws {
        let done = try integer(database, "user_version")
        for (index, migration) in migrations.enumerated().dropFirst(done) {
            do {
                try database.inTransaction(.immediate) {
                    try migration.apply(database)
                    try database.execute(sql: "PRAGMA user_version = \(index + 1)")
                    return .commit
                }
            } catch let error as DatabaseError {
                throw Refusal(DurabilityError.migrationFailed, "step \(index + 1): \(explain(error))")
            }
        }
    }

    /// Throws `store.sync.not-durable` unless SQLite itself reports what `open` asked for.
    private static func assertDurable(_ database: Database) throws {
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "unknown"
        let synchronous = try integer(database, "synchronous")
        let foreignKeys = try integer(database, "foreign_keys")
        let trusted = try integer(database, "trusted_schema")
        guard mode == "wal", synchronous == 2, foreignKeys == 1, trusted == 0 else {
            throw Refusal(
                DurabilityError.notDurable,
                "journal \(mode), synchronous \(synchronous), foreign keys \(foreignKeys), trusted schema \(trusted)"
            )
        }
    }

    private static func integer(_ database: Database, _ pragma: String) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA \(pragma)") ?? -1
    }

    /// The result code and SQLite's words, without statement arguments: those may be anybody's data.
    static func explain(_ error: DatabaseError) -> String {
        "SQLite \(error.extendedResultCode.rawValue): \((error.message ?? "").prefix(200))"
    }
}
