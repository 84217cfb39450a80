import Foundation
import GRDB
import PortalStore

/// The measure for ingest: the rows that a portal kept of some journals, inserted again into an empty file of the same
/// schema, with the same indexes and the same settings, a transaction a chunk, and nothing else done.
struct BareLoad {
    /// Rows of each table, in the order in which they are committed.
    private(set) var transactions: [[BareRows]] = []

    /// Written for each chunk, and few: each row is loaded once, as it was in the end.
    private static let small = [
        "journal_logs", "journal_states", "journal_batches", "journal_rollups", "journal_voids", "production",
        "installed_certificate", "allotment_release",
    ]
    private static let large = [
        "journal_checkpoints", "journal_entries", "journal_hashes", "journal_units", "journal_credentials",
    ]
    /// There before the first chunk.
    private static let before = ["organisation", "person", "product", "factory", "edge", "batch"]

    /// Reads back what ingest made of chunks of `size` entries. Throws `Fault.answerWrong` when it has written to a table
    /// that is not loaded.
    init(rowsOf path: String, chunk size: Int) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        var found: [Key: [BareRows]] = [:]
        try queue.read { database in
            func add(_ table: String, order: String? = nil, _ chunk: (Row) -> Int) throws {
                var rows: [Key: BareRows] = [:]
                let columns = try database.columns(in: table).count
                let sql = "SELECT * FROM \(table)" + (order.map { " ORDER BY \($0)" } ?? "")
                let cursor = try Row.fetchCursor(database, sql: sql)
                while let row = try cursor.next() {
                    let key = Key(chunk: chunk(row), log: row.hasColumn("log") ? row["log"] : 0)
                    try rows[key, default: BareRows(table: table, columns: columns)].add(row)
                }
                for (key, rows) in rows { found[key, default: []].append(rows) }
            }
            for table in Self.small { try add(table) { _ in 0 } }
            try add("journal_checkpoints", order: "log, day") { ($0["size"] as Int - 1) / size }
            try add("journal_entries", order: "log, sequence") { $0["sequence"] as Int / size }
            try add("journal_hashes", order: "log, height, number") { row in
                let (height, number): (Int, Int) = (row["height"], row["number"])
                return (((number + 1) << (8 * height)) - 1) / size
            }
            // Ingest writes the units of a chunk in the order of their ids, too.
            try add("journal_units", order: "log, unit") { $0["sequence"] as Int / size }
            try add("journal_credentials", order: "log, sequence") { $0["sequence"] as Int / size }
            for (table, count) in try Self.counts(database) where count > 0 && !Self.loaded.contains(table) {
                guard Self.before.contains(table) else { throw Fault.answerWrong }
            }
        }
        transactions = found.sorted { $0.key < $1.key }.map(\.value)
    }

    private static var loaded: [String] { small + large }

    /// Rows of each of the portal's tables.
    private static func counts(_ database: Database) throws -> [String: Int] {
        let names = try String.fetchAll(
            database,
            sql:
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%migration%'"
        )
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0)") ?? 0)
            }
        )
    }

    /// Chunks of all logs in turn, as they came in.
    private struct Key: Hashable, Comparable {
        let chunk: Int
        let log: Int64
        static func < (left: Self, right: Self) -> Bool { (left.chunk, left.log) < (right.chunk, right.log) }
    }

    var rows: Int { transactions.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } } }

    /// Into a new file at `path`. Throws `Fault.answerWrong` when it does not hold all rows afterwards.
    func run(at path: String) throws -> Cost {
        try SQLitePortalDatabase.open(path: path).close()
        let queue = try DatabaseQueue(path: path, configuration: Self.configuration)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2,
                try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal"
            else { throw Fault.notDurable }
            let cost = try timed {
                for parts in transactions {
                    try database.inTransaction(.immediate) {
                        for rows in parts { try BareStatement(rows, in: database).run(rows) }
                        return .commit
                    }
                }
            }
            let counts = try Self.counts(database)
            guard Self.loaded.reduce(0, { $0 + (counts[$1] ?? 0) }) == rows else { throw Fault.answerWrong }
            return cost
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
