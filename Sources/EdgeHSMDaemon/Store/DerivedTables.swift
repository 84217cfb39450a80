import Crypto
import GRDB
import Statements
import Vocabulary
import X509

/// Where a counted unit stands.
enum UnitState: String, Sendable {
    case issued
    case completed
    case failed
    case reprovisioned

    /// True while this unit's DAC is the one live DAC of its chip (decision 11).
    var isLive: Bool { self == .issued || self == .completed }
}

/// Brings the derived tables from one entry to the next.
enum DerivedTables {
    static func apply(_ entry: JournalEntry, in db: Database) throws {
        switch entry.event.body {
        case let body as Issued: try issued(body, entry.sequence, db)
        case let body as Rotated: try rotated(body, db)
        case let body as FactoryDataGiven:
            try db.execute(
                sql: "UPDATE units SET factory_data = ? WHERE unit = ?",
                arguments: [body.factoryData.blob, body.unit.blob]
            )
        case let body as Completed: try set(.completed, body.unit, db)
        case let body as Failed:
            try set(.failed, body.unit, db)
            try raise(body.chipUID, body.authorization, body.generation, db)
        case let body as Reprovisioned:
            try db.execute(
                sql: "UPDATE units SET state = ? WHERE authorization = ? AND chip = ? AND generation = ?",
                arguments: [
                    UnitState.reprovisioned.rawValue, body.authorization.blob, body.chipUID.blob, body.generation,
                ]
            )
            try raise(body.chipUID, body.authorization, body.generation, db)
        case let body as DebugUnlocked where body.exposed:
            try db.execute(
                sql: "UPDATE units SET exposed = 1 WHERE chip = ? AND state IN ('issued', 'completed')",
                arguments: [body.chipUID.blob]
            )
        default: break
        }
        try db.execute(sql: "UPDATE derived_state SET size = ?", arguments: [entry.sequence + 1])
    }

    private static func issued(_ body: Issued, _ sequence: Int, _ db: Database) throws {
        let key = try keyID(ofCertificate: body.dac.bytes)
        try db.execute(
            sql: """
                INSERT INTO units (unit, authorization, chip, generation, position, serial, dac, request, key,
                    agreement_key, commitment, state, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                body.unit.blob, body.authorization.blob, body.chipUID.blob, body.generation, body.index,
                body.serial.text, body.dac.bytes.blob, body.request.blob, key.blob, body.agreementKey.blob,
                body.commitment.blob, UnitState.issued.rawValue, sequence,
            ]
        )
        try db.execute(sql: "INSERT INTO keys VALUES (?, ?)", arguments: [key.blob, body.unit.blob])
        try db.execute(
            sql: """
                INSERT INTO chips VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET generation = excluded.generation
                """,
            arguments: [body.chipUID.blob, body.authorization.blob, body.generation]
        )
    }

    private static func rotated(_ body: Rotated, _ db: Database) throws {
        let key = try keyID(ofCertificate: body.dac.bytes)
        try db.execute(
            sql: "UPDATE units SET dac = ?, request = ?, key = ?, exposed = 0 WHERE unit = ?",
            arguments: [body.dac.bytes.blob, body.request.blob, key.blob, body.unit.blob]
        )
        try db.execute(sql: "INSERT INTO keys VALUES (?, ?)", arguments: [key.blob, body.unit.blob])
    }

    private static func set(_ state: UnitState, _ unit: Digest256, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE units SET state = ? WHERE unit = ?",
            arguments: [state.rawValue, unit.blob]
        )
    }

    /// The chip's next unit is of the generation after `ended`.
    private static func raise(_ chip: ChipUID, _ authorization: Digest256, _ ended: UInt32, _ db: Database) throws {
        let next = Int64(ended) + 1
        try db.execute(
            sql: "INSERT INTO chips VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET generation = excluded.generation",
            arguments: [chip.blob, authorization.blob, next]
        )
    }

    /// Key id (SHA-256 of the SubjectPublicKeyInfo) of a P-256 certificate.
    static func keyID(ofCertificate der: [UInt8]) throws -> Digest256 {
        guard let certificate = try? Certificate(derEncoded: der),
            let key = P256.Signing.PublicKey(certificate.publicKey),
            let point = try? P256Point(Array(key.x963Representation))
        else { throw Refusal(EdgeDaemonError.journalCorrupt, "a certificate in the journal can not be read") }
        return point.keyID
    }
}
