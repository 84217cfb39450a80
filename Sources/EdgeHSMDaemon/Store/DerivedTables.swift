import Crypto
import EdgeHSMCore
import FoundationEssentials
import GRDB
import Statements
import SwiftASN1
import Vocabulary
import X509

/// Brings the derived tables from one entry to the next. What an entry does to a unit is the core's own projection.
enum DerivedTables {
    static func apply(_ entry: JournalEntry, in db: Database) throws {
        if let target = UnitProjection.target(of: entry.event) {
            let current = try JournalStore.unit(target, db)
            try put(UnitProjection.updated(current, by: entry), db)
        }
        if let predecessor = UnitProjection.predecessor(of: entry.event) {
            guard let record = try JournalStore.unit(predecessor, db) else {
                throw Refusal(EdgeDaemonError.journalCorrupt, "entry \(entry.sequence) replaces an unknown unit")
            }
            try put(UnitProjection.replaced(record), db)
        }
        switch entry.event.body {
        case let body as Issued: try put(key: body.deviceKey, of: body.unit, db)
        case let body as Rotated: try put(key: body.deviceKey, of: body.unit, db)
        case let body as StationEnrolled: try enrol(body, at: entry.sequence, db)
        case let body as StationRevoked:
            try db.execute(
                sql: "UPDATE stations SET is_revoked = 1 WHERE fingerprint = ?",
                arguments: [body.fingerprint.blob]
            )
        default: break
        }
    }

    /// Notes that the tables are those of a journal of `size` entries.
    static func stand(at size: Int, in db: Database) throws {
        try db.cachedStatement(sql: "UPDATE derived_state SET size = ?").execute(arguments: [size])
    }

    private static func put(_ record: UnitRecord, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO units VALUES (?, ?, ?, ?, ?, ?)")
            .execute(
                arguments: [
                    record.unit.blob, record.authorization.blob, record.chipUID.blob, record.generation, record.isLive,
                    try RecordCache.write(record).blob,
                ]
            )
    }

    /// A key stays with the first unit it was certified for: a later claim would be an error of the decision.
    private static func put(key: Digest256, of unit: Digest256, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT INTO keys VALUES (?, ?)").execute(arguments: [key.blob, unit.blob])
    }

    private static func enrol(_ body: StationEnrolled, at sequence: Int, _ db: Database) throws {
        let der = body.certificate.bytes
        guard let certificate = try? Certificate(derEncoded: der),
            let key = P256.Signing.PublicKey(certificate.publicKey),
            let point = try? P256Point(Array(key.x963Representation))
        else { throw Refusal(EdgeDaemonError.journalCorrupt, "a station's certificate can not be read") }
        try db.execute(
            sql: "INSERT OR REPLACE INTO stations VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            arguments: [
                Digest256.of(der).blob, body.name.text, body.role, der.blob, point.keyID.blob, sequence,
                Int64(certificate.notValidAfter.timeIntervalSince1970),
            ]
        )
    }
}
