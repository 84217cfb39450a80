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

    private let database: DurableDatabase

    /// Throws `store.*`. Blocks on the disk.
    public init(path: String) throws {
        database = try DurableDatabase.open(path: path, role: Self.role, migrations: [Migration(sql: Self.schema)])
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
    func nextReport() async throws -> (number: Int64, report: ReportUnit.Request)? {
        let row = try await database.queue.read { database -> (Int64, [UInt8])? in
            guard let row = try Row.fetchOne(database, sql: "SELECT number, body FROM report ORDER BY number LIMIT 1")
            else { return nil }
            let body: Data = row["body"]
            return (row["number"], Array(body))
        }
        guard let row else { return nil }
        return (row.0, try StatementCoding.decode(ReportUnit.Request.self, from: row.1))
    }

    func removeReport(_ number: Int64) async throws {
        try await write { try $0.execute(sql: "DELETE FROM report WHERE number = ?", arguments: [number]) }
    }

    public func pendingReports() async throws -> Int {
        try await database.queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM report") ?? 0 }
    }

    private func write(_ change: @escaping @Sendable (Database) throws -> Void) async throws {
        do { try await database.queue.write(change) } catch {
            throw Refusal(StationError.progressUnwritable, "\(database.path): \(error)")
        }
    }
}
