import EdgeHSMCore
import GRDB
import Statements
import Vocabulary

extension JournalStore {
    static func unit(_ id: Digest256, _ db: Database) throws -> UnitRecord? {
        try one("SELECT record FROM units WHERE unit = ?", [id.blob], db).map(record)
    }

    /// What the core asks of a chip, and of the key of a CSR.
    static func facts(
        chip: ChipUID,
        authorization: Digest256,
        key: Digest256? = nil,
        _ db: Database
    ) throws -> ChipFacts {
        let newest = try one(
            "SELECT record FROM units WHERE chip = ? AND authorization = ? ORDER BY generation DESC LIMIT 1",
            [chip.blob, authorization.blob],
            db
        )
        let elsewhere = try one(
            "SELECT record FROM units WHERE chip = ? AND authorization <> ? AND is_live LIMIT 1",
            [chip.blob, authorization.blob],
            db
        )
        return ChipFacts(
            newest: try newest.map(record),
            liveElsewhere: try elsewhere.map(record),
            keyOwner: try key.flatMap { try owner(ofKey: $0, db) }
        )
    }

    /// The same for a request that names a unit: empty where the unit has a hold alone.
    static func facts(
        unit: Digest256,
        authorization: Digest256,
        key: Digest256? = nil,
        _ db: Database
    ) throws -> ChipFacts {
        guard let record = try Self.unit(unit, db), record.authorization == authorization else {
            return ChipFacts(keyOwner: try key.flatMap { try owner(ofKey: $0, db) })
        }
        return try facts(chip: record.chipUID, authorization: authorization, key: key, db)
    }

    /// The unit that a key was certified for, ever.
    private static func owner(ofKey key: Digest256, _ db: Database) throws -> Digest256? {
        try one("SELECT unit FROM keys WHERE key = ?", [key.blob], db)?.fixed("unit")
    }

    /// The newest certificate of a name for this key that was not revoked and has not ended.
    static func certificate(of name: StationName, key: Digest256, at now: Instant, _ db: Database) throws -> [UInt8]? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT certificate FROM stations WHERE key = ? AND name = ? AND NOT is_revoked AND not_after >= ?
                ORDER BY sequence DESC LIMIT 1
                """,
            arguments: [key.blob, name.text, now.seconds]
        )?.octets("certificate")
    }

    /// These stand in the path of every unit, so each is compiled once.
    private static func one(_ sql: String, _ arguments: StatementArguments, _ db: Database) throws -> Row? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    private static func record(_ row: Row) throws -> UnitRecord {
        do {
            return try StatementCoding.decode(UnitRecord.self, from: row.octets("record"))
        } catch { throw Refusal(EdgeDaemonError.journalCorrupt, "column record") }
    }
}
