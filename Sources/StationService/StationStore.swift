import Durability
import FoundationEssentials
import GRDB
public import LineProtocol
import Statements
public import StationCore
public import Vocabulary

/// A station's own records: where each unit stands, and reports that the Factory Service has not taken yet. No secret
/// of a unit is in it; label records in reports are sealed to the OEM.
public final class StationStore: ProgressStore, ReportBox {
    private static let role = DatabaseRole(mark: "OBST")
    private static let schema = """
        CREATE TABLE unit (authorization TEXT NOT NULL, chip TEXT NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (authorization, chip)) STRICT, WITHOUT ROWID;
        CREATE TABLE report (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL) STRICT;
        """
    private static let stuckSchema = """
        CREATE TABLE stuck (number INTEGER PRIMARY KEY, code TEXT NOT NULL, body BLOB NOT NULL) STRICT;
        """

    private let database: DurableDatabase

    /// Throws `store.*`. Blocks on the disk.
    public init(path: String) throws {
        database = try DurableDatabase.open(
            path: path,
            role: Self.role,
            migrations: [Migration(sql: Self.schema), Migration(sql: Self.stuckSchema)]
        )
    }

    public func close() throws { try database.close() }

    public func record(authorization: Digest256, chipUID: ChipUID) async throws -> UnitRecord? {
        let bytes: [UInt8]?
        do {
            bytes = try await database.queue.read { database in
                try Data.fetchOne(
                    database,
                    sql: "SELECT record FROM unit WHERE authorization = ? AND chip = ?",
                    arguments: [authorization.hex, chipUID.hex]
                ).map { Array($0) }
            }
        } catch { throw Refusal(StationError.progressUnreadable, "\(database.path): \(error)") }
        guard let bytes else { return nil }
        do { return try StatementCoding.decode(UnitRecord.self, from: bytes) } catch {
            throw Refusal(StationError.progressUnreadable, "\(database.path): chip \(chipUID)")
        }
    }

    public func save(_ record: UnitRecord) async throws {
        let bytes = try StatementCoding.encode(record)
        try await write { database in
            try database.execute(
                sql: "INSERT INTO unit VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = ?3",
                arguments: [record.authorization.hex, record.chipUID.hex, Data(bytes)]
            )
        }
    }

    public func add(_ report: ReportUnit.Request) async throws {
        let bytes = try StatementCoding.encode(report)
        try await write { database in
            try database.execute(sql: "INSERT INTO report (body) VALUES (?)", arguments: [Data(bytes)])
        }
    }

    /// The oldest report that was not taken yet.
    func nextReport() async throws -> StoredReport? {
        try await read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT number, body FROM report ORDER BY number LIMIT 1")
            else { return nil }
            let body: Data = row["body"]
            return StoredReport(number: row["number"], body: Array(body))
        }
    }

    func removeReport(_ number: Int64) async throws {
        try await write { try $0.execute(sql: "DELETE FROM report WHERE number = ?", arguments: [number]) }
    }

    public func pendingReports() async throws -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT count(*) FROM report") ?? 0 }
    }

    /// Takes a report that was refused for good out of the queue; nothing of it is lost.
    func setAside(_ report: StoredReport, code: String) async throws {
        try await write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO stuck VALUES (?, ?, ?)",
                arguments: [report.number, code, Data(report.body)]
            )
            try database.execute(sql: "DELETE FROM report WHERE number = ?", arguments: [report.number])
        }
    }

    /// Puts all reports that were set aside back into the queue, at their old places.
    func sendStuckAgain() async throws {
        try await write { database in
            try database.execute(sql: "INSERT INTO report SELECT number, body FROM stuck")
            try database.execute(sql: "DELETE FROM stuck")
        }
    }

    /// Reports that the Factory Service refused, by the code of the refusal.
    public func stuckReports() async throws -> [StuckReports] {
        try await read { database in
            try Row.fetchAll(database, sql: "SELECT code, count(*) AS count FROM stuck GROUP BY code ORDER BY code")
                .map { StuckReports(code: $0["code"], count: $0["count"]) }
        }
    }

    private func read<Value: Sendable>(_ query: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do { return try await database.queue.read(query) } catch {
            throw Refusal(StationError.progressUnreadable, "\(database.path): \(error)")
        }
    }

    private func write(_ change: @escaping @Sendable (Database) throws -> Void) async throws {
        do { try await database.queue.write(change) } catch {
            throw Refusal(StationError.progressUnwritable, "\(database.path): \(error)")
        }
    }
}

/// A report as it is stored.
struct StoredReport: Sendable {
    let number: Int64
    let body: [UInt8]

    /// Throws a `StatementError`.
    func report() throws -> ReportUnit.Request { try StatementCoding.decode(ReportUnit.Request.self, from: body) }
}

/// How many reports the Factory Service refused with one code.
public struct StuckReports: Sendable, Codable, Equatable {
    public let code: String
    public let count: Int
}
