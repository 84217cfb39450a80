import FactoryCore
import GRDB
import PortalProtocol
import Vocabulary

// Under which name records are told, and how far their running digests are known.
extension FactoryStore {
    static let sources = """
        CREATE TABLE former_source (id TEXT PRIMARY KEY, ended INTEGER NOT NULL, detail TEXT NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE TABLE record_head (stream TEXT PRIMARY KEY, number INTEGER NOT NULL, head BLOB NOT NULL)
            STRICT, WITHOUT ROWID;
        """

    /// A name of its own for what is stored now: the portal has something else under the old one.
    func renewSource(_ detail: String, at time: Instant) async throws {
        try await write("source") { database in
            try database.execute(
                sql: "INSERT INTO former_source (id, ended, detail) SELECT id, ?, ? FROM source",
                arguments: [time.seconds, detail]
            )
            try database.execute(sql: "UPDATE source SET id = lower(hex(randomblob(16)))")
            try database.execute(sql: "DELETE FROM record_head")
            // What the portal said of the old one says nothing of the new one.
            try database.execute(sql: "DELETE FROM portal WHERE name = 'state'")
        }
    }

    /// The source that ended last, and why; nil where this storage has had one source.
    func formerSource() async throws -> (endedAt: Instant, detail: String)? {
        try await read { database in
            let sql = "SELECT ended, detail FROM former_source ORDER BY ended DESC LIMIT 1"
            return try Row.fetchOne(database, sql: sql).map { (Instant(seconds: $0["ended"]), $0["detail"]) }
        }
    }

    func head(of stream: RecordStream) async throws -> (number: Int, head: Digest256)? {
        try await read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT number, head FROM record_head WHERE stream = ?",
                arguments: [stream.rawValue]
            )
            return try row.map { ($0["number"], try Digest256(DataRow.bytes($0, "head"))) }
        }
    }

    func save(head: Digest256, of stream: RecordStream, at number: Int) async throws {
        try await write("head") {
            try $0.execute(
                sql: """
                    INSERT INTO record_head (stream, number, head) VALUES (?, ?, ?)
                    ON CONFLICT (stream) DO UPDATE SET number = ?2, head = ?3
                    """,
                arguments: [stream.rawValue, number, head.bytes.data]
            )
        }
    }
}
