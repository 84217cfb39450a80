import GRDB
import Statements
import Vocabulary

/// A station's CSR that waits for the local operator.
struct StationRequest: Sendable {
    let name: StationName
    let request: [UInt8]
    var fingerprint: Digest256 { Digest256.of(request) }
}

// What is neither a journal entry nor derived from one: documents that the journal names by digest, and requests that
// nobody has decided on. Losing them costs a load or a forward again, never a count.
extension JournalStore {
    /// Station requests that may wait at one time.
    static let mostStationRequests = 64

    static func keep(document bytes: [UInt8], in db: Database) throws {
        try db.execute(
            sql: "INSERT OR IGNORE INTO documents VALUES (?, ?)",
            arguments: [Digest256.of(bytes).blob, bytes.blob]
        )
    }

    /// A document by its digest; nil where it is missing or no longer has that digest.
    func document(_ digest: Digest256) async throws -> [UInt8]? {
        let found = try await queue.read { db in
            try Row.fetchOne(db, sql: "SELECT bytes FROM documents WHERE digest = ?", arguments: [digest.blob])?
                .octets("bytes")
        }
        return found.flatMap { Digest256.of($0) == digest ? $0 : nil }
    }

    static func keep(lastCheckpoint envelope: [UInt8], in db: Database) throws {
        try db.execute(sql: "INSERT OR REPLACE INTO last_checkpoint VALUES (1, ?)", arguments: [envelope.blob])
    }

    /// What a zeroised EdgeHSM signed last; nil where it could not.
    static func lastCheckpoint(_ db: Database) throws -> Envelope? {
        try Row.fetchOne(db, sql: "SELECT envelope FROM last_checkpoint").map {
            try Envelope(parsing: $0.octets("envelope"))
        }
    }

    static func keep(_ request: StationRequest, in db: Database) throws {
        let others = try Int.fetchOne(
            db,
            sql: "SELECT COUNT(*) FROM station_requests WHERE name <> ?",
            arguments: [request.name.text]
        )
        guard (others ?? 0) < mostStationRequests else { throw Refusal(EdgeDaemonError.tooManyStationRequests) }
        try db.execute(
            sql: "INSERT OR REPLACE INTO station_requests VALUES (?, ?, ?)",
            arguments: [request.name.text, request.fingerprint.blob, request.request.blob]
        )
    }

    static func forget(stationRequest name: StationName, in db: Database) throws {
        try db.execute(sql: "DELETE FROM station_requests WHERE name = ?", arguments: [name.text])
    }

    static func stationRequests(_ db: Database) throws -> [StationRequest] {
        try Row.fetchAll(db, sql: "SELECT name, request FROM station_requests ORDER BY name").map { row in
            StationRequest(name: try StationName(row["name"]), request: try row.octets("request"))
        }
    }
}
