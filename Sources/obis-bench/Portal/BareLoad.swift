import Foundation
import GRDB
import PortalStore

/// The measure for ingest: the rows that a portal kept of some journals, inserted again into an empty file of the same
/// schema, with the same indexes and the same settings, a transaction a chunk, and nothing else done.
struct BareLoad {
    /// Rows of one table in one transaction.
    struct Part {
        let table: String
        let columns: Int
        let rows: [StatementArguments]
    }

    /// In the order in which they are committed.
    private(set) var transactions: [[Part]] = []

    private static let small = ["journal_logs", "journal_states", "journal_batches", "journal_rollups"]

    /// Reads back what ingest made of chunks of `size` entries.
    init(rowsOf path: String, chunk size: Int) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        var found: [Key: [Part]] = [:]
        try queue.read { database in
            func add(_ table: String, order: String, _ chunk: (Row) -> Int) throws {
                var rows: [Key: [StatementArguments]] = [:]
                let cursor = try Row.fetchCursor(database, sql: "SELECT * FROM \(table) ORDER BY \(order)")
                while let row = try cursor.next() {
                    rows[Key(chunk: chunk(row), log: row["log"]), default: []]
                        .append(StatementArguments(row.databaseValues))
                }
                let columns = try database.columns(in: table).count
                for (key, rows) in rows {
                    found[key, default: []].append(Part(table: table, columns: columns, rows: rows))
                }
            }
            for table in Self.small { try add(table, order: "log") { _ in 0 } }
            try add("journal_checkpoints", order: "log, day") { ($0["size"] as Int - 1) / size }
            try add("journal_entries", order: "log, sequence") { $0["sequence"] as Int / size }
            try add("journal_hashes", order: "log, height, number") { row in
                let (height, number): (Int, Int) = (row["height"], row["number"])
                return (((number + 1) << (8 * height)) - 1) / size
            }
            // Ingest writes the units of a chunk in the order of their ids, too.
            try add("journal_units", order: "log, unit") { $0["sequence"] as Int / size }
            try add("journal_credentials", order: "log, sequence") { $0["sequence"] as Int / size }
        }
        transactions = found.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Chunks of all logs in turn, as they came in.
    private struct Key: Hashable, Comparable {
        let chunk: Int
        let log: Int64
        static func < (left: Self, right: Self) -> Bool { (left.chunk, left.log) < (right.chunk, right.log) }
    }

    var rows: Int { transactions.reduce(0) { $0 + $1.reduce(0) { $0 + $1.rows.count } } }

    /// Into a new file at `path`.
    func run(at path: String) throws -> Cost {
        try SQLitePortalDatabase.open(path: path).close()
        let queue = try DatabaseQueue(path: path, configuration: Self.configuration)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2,
                try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal"
            else { throw Fault.notDurable }
            return try timed {
                for parts in transactions {
                    try database.inTransaction(.immediate) {
                        for part in parts { try insert(part, database) }
                        return .commit
                    }
                }
            }
        }
    }

    private func insert(_ part: Part, _ database: Database) throws {
        let marks = Array(repeating: "?", count: part.columns).joined(separator: ",")
        let statement = try database.cachedStatement(sql: "INSERT INTO \(part.table) VALUES (\(marks))")
        for row in part.rows {
            statement.setUncheckedArguments(row)
            try statement.execute()
        }
    }

    /// As the portal opens its own.
    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase {
            try $0.execute(
                sql: "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4096"
            )
        }
        return configuration
    }
}
