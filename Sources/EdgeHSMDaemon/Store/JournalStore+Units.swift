import EdgeHSMCore
import GRDB
import Statements
import Synchronization
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
            return try RecordCache.read(row.octets("record"))
        } catch { throw Refusal(EdgeDaemonError.journalCorrupt, "column record") }
    }
}

/// Unit records by the octets that they were read from or written as: the steps of a unit read the same row many times.
/// Whatever the database says counts; only its decoding is remembered.
enum RecordCache {
    /// Records remembered; one beyond forgets all.
    static let most = 1_024

    private static let records = Mutex<[[UInt8]: UnitRecord]>([:])

    static func read(_ octets: [UInt8]) throws -> UnitRecord {
        if let known = records.withLock({ $0[octets] }) { return known }
        let record = try StatementCoding.decode(UnitRecord.self, from: octets)
        remember(record, as: octets)
        return record
    }

    /// The octets of a record for its row.
    static func write(_ record: UnitRecord) throws -> [UInt8] {
        let octets = try StatementCoding.encode(record)
        remember(record, as: octets)
        return octets
    }

    private static func remember(_ record: UnitRecord, as octets: [UInt8]) {
        records.withLock { records in
            if records.count >= most { records.removeAll(keepingCapacity: true) }
            records[octets] = record
        }
    }
}
