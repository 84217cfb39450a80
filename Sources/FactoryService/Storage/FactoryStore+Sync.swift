import Durability
import FactoryCore
import FoundationEssentials
import GRDB
import LineProtocol
import PortalProtocol
import Statements
import Vocabulary

// What goes up: by number, as the portal asks for it.
extension FactoryStore {
    /// The name of this storage's numbers.
    func source() async throws -> RecordSource {
        let text = try await read { try String.fetchOne($0, sql: "SELECT id FROM source") }
        guard let text, let source = try? RecordSource(hex: text) else {
            throw Refusal(FactoryError.storeFailed, "no source")
        }
        return source
    }

    /// Numbers of the newest label record and the newest event; none is missing before them.
    func newestNumbers() async throws -> (labels: Int, events: Int) {
        try await read { database in
            (
                try Int.fetchOne(database, sql: "SELECT coalesce(max(number), 0) FROM label") ?? 0,
                try Int.fetchOne(database, sql: "SELECT coalesce(max(number), 0) FROM event") ?? 0
            )
        }
    }

    /// Sealed label records `number + 1`, `number + 2` ….
    func labels(after number: Int, limit: Int) async throws -> [LabelUpload] {
        try await read { database in
            let sql = "SELECT unit, authorization, serial, record FROM label WHERE number > ? ORDER BY number LIMIT ?"
            return try Row.fetchAll(database, sql: sql, arguments: [number, limit]).map { row in
                let (unit, authorization, serial): (String, String, String?) =
                    (row["unit"], row["authorization"], row["serial"])
                return LabelUpload(
                    unit: try Digest256(hex: unit),
                    authorization: try Digest256(hex: authorization),
                    serial: try serial.map { try DeviceSerial($0) },
                    record: try StatementCoding.decode(LabelUpload.Sealed.self, from: DataRow.bytes(row, "record"))
                )
            }
        }
    }

    /// Events `number + 1`, `number + 2` … as lines of JSON, without their line feeds.
    func eventLines(after number: Int, limit: Int) async throws -> [(number: Int, text: String)] {
        try await read { database in
            let sql = "SELECT number, time, kind, body FROM event WHERE number > ? ORDER BY number LIMIT ?"
            return try Row.fetchAll(database, sql: sql, arguments: [number, limit]).map { row in
                let (time, kind): (String, String) = (row["time"], row["kind"])
                let body = String(decoding: DataRow.bytes(row, "body"), as: UTF8.self)
                let head = #"{"number":\#(row["number"] as Int),"time":"\#(time)","kind":"\#(kind)","event":"#
                return (row["number"], head + body + "}")
            }
        }
    }

    /// The largest size in `range` of which there is a checkpoint, with it.
    func checkpoint(in range: ClosedRange<Int>) async throws -> (size: Int, envelope: [UInt8])? {
        try await read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT size, envelope FROM checkpoint WHERE size BETWEEN ? AND ? ORDER BY size DESC LIMIT 1",
                arguments: [range.lowerBound, range.upperBound]
            )
            guard let row else { return nil }
            return (row["size"], DataRow.bytes(row, "envelope"))
        }
    }

    /// What the portal said last of what it has, over the link or by a file: where a bundle for a stick begins. The link
    /// itself asks anew.
    func portalState() async throws -> SyncState? {
        let bytes = try await read { database in
            try Row.fetchOne(database, sql: "SELECT state FROM portal WHERE name = 'state'").map {
                DataRow.bytes($0, "state")
            }
        }
        return bytes.flatMap { try? SyncState(parsing: $0) }
    }

    func save(portalState state: SyncState) async throws {
        let bytes = try state.serialized()
        try await write("portal") {
            try $0.execute(
                sql: "INSERT INTO portal (name, state) VALUES ('state', ?) ON CONFLICT (name) DO UPDATE SET state = ?1",
                arguments: [bytes.data]
            )
        }
    }

    /// The factory that the journal's first entry names; nil before that is here.
    func factory() async throws -> FactoryID? {
        guard let first = try await entries(from: 0, to: 1).first,
            let entry = try? JournalEntry(parsing: first), let genesis = entry.event.body as? Genesis
        else { return nil }
        return genesis.factory
    }
}
