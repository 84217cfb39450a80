import Durability
import FactoryCore
import GRDB
import LineProtocol
import PortalProtocol
import Statements
import Vocabulary

/// The Factory Service's own records: the EdgeHSM's journal as pulled, sealed label records, shifts and events. Nothing
/// in it is a unit secret: label records are sealed to the OEM.
final class FactoryStore: Sendable {
    private static let role = DatabaseRole(mark: "OBFS")
    private let database: DurableDatabase
    private let seam: FaultSeam

    static let schema = """
        CREATE TABLE journal (sequence INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
        CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, envelope BLOB NOT NULL) STRICT;
        CREATE TABLE label (unit TEXT PRIMARY KEY, authorization TEXT NOT NULL, serial TEXT, record BLOB NOT NULL,
            received TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE shift (id TEXT PRIMARY KEY, station TEXT NOT NULL, operator TEXT NOT NULL, began TEXT NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE TABLE event (number INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL)
            STRICT;
        """

    /// Label records are numbered, so that the portal says by one number which it has; and the storage has a name.
    static let numbering = """
        CREATE TABLE numbered (number INTEGER PRIMARY KEY, unit TEXT NOT NULL UNIQUE, authorization TEXT NOT NULL,
            serial TEXT, record BLOB NOT NULL, received TEXT NOT NULL) STRICT;
        INSERT INTO numbered (unit, authorization, serial, record, received)
            SELECT unit, authorization, serial, record, received FROM label ORDER BY received, unit;
        DROP TABLE label;
        ALTER TABLE numbered RENAME TO label;
        CREATE TABLE source (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        INSERT INTO source (id) VALUES (lower(hex(randomblob(16))));
        CREATE TABLE portal (name TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;
        """

    /// - Parameter seam: `factory.NAME.before-commit` and `factory.NAME.after-commit` for each kind of write.
    init(path: String, seam: FaultSeam = .none) throws {
        self.seam = seam
        database = try DurableDatabase.open(
            path: path,
            role: Self.role,
            migrations: [Self.schema, Self.numbering, Self.branches, Self.sources].map { Migration(sql: $0) }
        )
    }

    func close() throws { try database.close() }

    func write<Value: Sendable>(
        _ name: String,
        _ change: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            let value = try await database.queue.write { [seam] database in
                let value = try change(database)
                try seam.pass("factory.\(name).before-commit")
                return value
            }
            try seam.pass("factory.\(name).after-commit")
            return value
        } catch let error as DatabaseError {
            throw Refusal(FactoryError.storeFailed, "SQLite \(error.extendedResultCode.rawValue)")
        }
    }

    func read<Value: Sendable>(_ query: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do { return try await database.queue.read(query) } catch let error as DatabaseError {
            throw Refusal(FactoryError.storeFailed, "SQLite \(error.extendedResultCode.rawValue)")
        }
    }
}

// MARK: - Journal

extension FactoryStore {
    func journalSize() async throws -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT coalesce(max(sequence) + 1, 0) FROM journal") ?? 0 }
    }

    /// Appends entries that follow what is stored. Throws `factory.journal.gap` otherwise.
    func append(_ entries: [[UInt8]], from first: Int) async throws {
        try await write("journal") { database in
            let size = try Int.fetchOne(database, sql: "SELECT coalesce(max(sequence) + 1, 0) FROM journal") ?? 0
            guard size == first else { throw Refusal(FactoryError.journalGap, "\(first) after \(size)") }
            for (index, entry) in entries.enumerated() {
                try database.execute(
                    sql: "INSERT INTO journal (sequence, entry) VALUES (?, ?)",
                    arguments: [first + index, entry.data]
                )
            }
        }
    }

    func entries(from first: Int, to end: Int) async throws -> [[UInt8]] {
        try await read { database in
            let sql = "SELECT entry FROM journal WHERE sequence >= ? AND sequence < ? ORDER BY sequence"
            return try DataRow.fetch(database, sql, [first, end])
        }
    }

    /// Keeps the newest, and of the older ones so many that a chunk for the portal can end at one: each is dropped when
    /// its neighbours are at most a chunk apart.
    func save(checkpoint: [UInt8], size: Int) async throws {
        try await write("checkpoint") { database in
            let before = try Int.fetchAll(
                database,
                sql: "SELECT size FROM checkpoint WHERE size < ? ORDER BY size DESC LIMIT 2",
                arguments: [size]
            )
            if let last = before.first, let other = before.dropFirst().first, size - other <= SyncLimits.mostItems {
                try database.execute(sql: "DELETE FROM checkpoint WHERE size = ?", arguments: [last])
            }
            try database.execute(
                sql:
                    "INSERT INTO checkpoint (size, envelope) VALUES (?, ?) ON CONFLICT (size) DO UPDATE SET envelope = ?2",
                arguments: [size, checkpoint.data]
            )
            try database.execute(
                sql:
                    "DELETE FROM checkpoint WHERE size NOT IN (SELECT size FROM checkpoint ORDER BY size DESC LIMIT 4096)"
            )
        }
    }

    /// The newest checkpoint, with its size.
    func newestCheckpoint() async throws -> (size: Int, envelope: [UInt8])? {
        try await read { database in
            guard
                let row = try Row.fetchOne(
                    database,
                    sql: "SELECT size, envelope FROM checkpoint ORDER BY size DESC LIMIT 1"
                )
            else { return nil }
            return (row["size"], DataRow.bytes(row, "envelope"))
        }
    }
}

// MARK: - Stations

extension FactoryStore {
    func begin(shift id: String, station: StationName, operatorName: String, at time: Instant) async throws {
        try await write("shift") {
            try $0.execute(
                sql: "INSERT INTO shift (id, station, operator, began) VALUES (?, ?, ?, ?)",
                arguments: [id, station.text, operatorName, time.description]
            )
        }
    }

    func hasShift(_ id: String, of station: StationName) async throws -> Bool {
        try await read {
            try Bool.fetchOne(
                $0,
                sql: "SELECT 1 FROM shift WHERE id = ? AND station = ?",
                arguments: [id, station.text]
            ) ?? false
        }
    }

    /// Log and label record in one transaction. A label record that is there is kept: the first one came from the
    /// unit's own station, and a later one could only hide it.
    func add(
        _ report: ReportUnit.Request,
        of station: StationName,
        _ doubts: UnitDoubts,
        at time: Instant
    ) async throws {
        let event = UnitEvent(station: station, report: report, doubts: doubts)
        let body = try StatementCoding.encode(event)
        let record = try report.labelRecord.map { try StatementCoding.encode($0) }
        try await write("report") {
            try $0.execute(
                sql: "INSERT INTO event (time, kind, body) VALUES (?, 'unit', ?)",
                arguments: [time.description, body.data]
            )
            guard let record, let unit = report.unit else { return }
            try $0.execute(
                sql: """
                    INSERT INTO label (unit, authorization, serial, record, received) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (unit) DO NOTHING
                    """,
                arguments: [
                    unit.hex, report.authorization.hex, report.serial?.text, record.data, time.description,
                ]
            )
        }
    }

    func log(_ kind: String, _ body: some Encodable & Sendable, at time: Instant) async throws {
        let bytes = try StatementCoding.encode(body)
        try await write("event") {
            try $0.execute(
                sql: "INSERT INTO event (time, kind, body) VALUES (?, ?, ?)",
                arguments: [time.description, kind, bytes.data]
            )
        }
    }

    func counts() async throws -> (labels: Int, events: Int) {
        try await read { database in
            let labels = try Int.fetchOne(database, sql: "SELECT count(*) FROM label") ?? 0
            let events = try Int.fetchOne(database, sql: "SELECT count(*) FROM event") ?? 0
            return (labels, events)
        }
    }
}

/// What the Factory Service does not know about a report that it takes all the same.
struct UnitDoubts: Sendable {
    let isShiftUnknown: Bool
    let isBatchUnknown: Bool
}

/// A station's report in the event log, without the label record, which has its own table.
private struct UnitEvent: Encodable {
    let station: StationName
    let report: ReportUnit.Request
    let doubts: UnitDoubts

    private enum CodingKeys: String, CodingKey {
        case station, shift, shiftUnknown, authorization, batchUnknown, chipUID, unit, serial, result, code, site
        case milliseconds
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(station, forKey: .station)
        try container.encode(report.shift, forKey: .shift)
        if doubts.isShiftUnknown { try container.encode(true, forKey: .shiftUnknown) }
        try container.encode(report.authorization, forKey: .authorization)
        if doubts.isBatchUnknown { try container.encode(true, forKey: .batchUnknown) }
        try container.encode(report.chipUID, forKey: .chipUID)
        try container.encodeIfPresent(report.unit, forKey: .unit)
        try container.encodeIfPresent(report.serial, forKey: .serial)
        try container.encode(report.result, forKey: .result)
        try container.encodeIfPresent(report.code, forKey: .code)
        try container.encode(report.site, forKey: .site)
        try container.encode(report.milliseconds, forKey: .milliseconds)
    }
}
