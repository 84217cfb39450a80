import GRDB
import Statements
import Vocabulary

/// A unit as the derived tables have it.
struct UnitRecord: Sendable, Hashable {
    let unit: IssuedUnit
    let state: UnitState
    let isExposed: Bool
    /// Key id of the live DAC's key.
    let key: Digest256
}

extension JournalStore {
    static func unit(_ id: Digest256, _ db: Database) throws -> UnitRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM units WHERE unit = ?", arguments: [id.blob]).map(record)
    }

    /// The newest unit that was issued to this chip under any authorization.
    static func newestUnit(of chip: ChipUID, _ db: Database) throws -> UnitRecord? {
        try Row.fetchOne(
            db,
            sql: "SELECT * FROM units WHERE chip = ? ORDER BY sequence DESC LIMIT 1",
            arguments: [chip.blob]
        ).map(record)
    }

    /// The generation that this chip's unit under `authorization` has or will have; 0 for a new chip.
    static func generation(of chip: ChipUID, _ authorization: Digest256, _ db: Database) throws -> UInt32 {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT generation FROM chips WHERE chip = ? AND authorization = ?",
            arguments: [chip.blob, authorization.blob]
        )
        return try row?.integer("generation") ?? 0
    }

    /// The unit that a key was certified for, ever.
    static func owner(ofKey key: Digest256, _ db: Database) throws -> Digest256? {
        try Row.fetchOne(db, sql: "SELECT unit FROM keys WHERE key = ?", arguments: [key.blob])?.fixed("unit")
    }

    private static func record(_ row: Row) throws -> UnitRecord {
        guard let state = UnitState(rawValue: row["state"]) else {
            throw Refusal(EdgeDaemonError.journalCorrupt, "column state")
        }
        let unit = IssuedUnit(
            id: try row.fixed("unit"),
            authorization: try row.fixed("authorization"),
            chipUID: try row.fixed("chip"),
            generation: try row.integer("generation"),
            index: try row.integer("position"),
            serial: try DeviceSerial(row["serial"]),
            dac: try row.octets("dac"),
            request: try row.fixed("request"),
            agreementKey: try row.fixed("agreement_key"),
            commitment: try row.fixed("commitment"),
            factoryData: row["factory_data"] == nil ? nil : try row.fixed("factory_data")
        )
        return UnitRecord(
            unit: unit,
            state: state,
            isExposed: try row.integer("exposed", as: Int.self) != 0,
            key: try row.fixed("key")
        )
    }
}
