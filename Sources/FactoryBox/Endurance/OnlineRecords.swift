import Foundation
import Statements
import TransparencyLog
import Vocabulary

/// What EdgeHSM, Factory Service and portal have on their disks, and what people were told: read by `sqlite3`.
struct OnlineRecords: Sendable {
    struct Label: Decodable, Hashable, Sendable {
        let number: Int
        let unit: String
        let record: String
    }

    struct Event: Decodable, Hashable, Sendable {
        let number: Int
        let line: String
    }

    struct Batch: Decodable, Hashable, Sendable {
        let id: String
        let name: String
        let statement: String
        let quantity: Int
        let first: Int
        /// Packages that are kept, and tasks to make one.
        let packages: Int
        let tasks: Int
    }

    /// One batch in the portal's sums, or in a recount of the entries.
    struct Sum: Decodable, Hashable, Sendable {
        let batch: String
        let issued: Int
        let completed: Int
    }

    /// Leaf hashes of the EdgeHSM's journal.
    var edge: [String] = []
    /// Entries.
    var factory: [String] = []
    var portal: [String] = []
    var portalRoot = ""
    var portalLogs = 0
    var factoryLabels: [Label] = []
    var portalLabels: [Label] = []
    var factoryEvents: [Event] = []
    var portalEvents: [Event] = []
    var batches: [Batch] = []
    /// Grants that the portal's own log speaks of.
    var acts: [String] = []
    var rollUps: Set<Sum> = []
    var recount: Set<Sum> = []
    var units = 0
    var finishedUnits = 0
    var credentials = 0
    var quarantined = 0
    var alarms: [String] = []
    /// SHA-256 of the authorizations that the EdgeHSM loaded, in order.
    var loaded: [String] = []
}

extension OnlineRecords {
    private struct Hex: Decodable { let h: String }
    private struct Name: Decodable { let name: String }

    /// - Parameters:
    ///   - edge: database of the EdgeHSM.
    ///   - factory: database of the Factory Service.
    ///   - portal: database of the portal.
    static func read(edge: String, factory: String, portal: String) async throws -> OnlineRecords {
        var records = OnlineRecords()
        try await records.readFactory(SQLiteShell(path: edge), SQLiteShell(path: factory))
        try await records.readJournal(SQLiteShell(path: portal))
        try await records.readGrants(SQLiteShell(path: portal))
        return records
    }

    private mutating func readFactory(_ edge: SQLiteShell, _ factory: SQLiteShell) async throws {
        self.edge = try await edge.rows(Hex.self, "SELECT hex(leaf) AS h FROM journal ORDER BY sequence").map(\.h)
        self.factory = try await factory.rows(Hex.self, "SELECT hex(entry) AS h FROM journal ORDER BY sequence").map(
            \.h
        )
        factoryLabels = try await factory.rows(
            Label.self,
            "SELECT number, upper(unit) AS unit, hex(record) AS record FROM label ORDER BY number"
        )
        factoryEvents = try await factory.rows(
            Event.self,
            #"""
            SELECT number, '{"number":' || number || ',"time":"' || time || '","kind":"' || kind || '","event":'
                || CAST(body AS TEXT) || '}' AS line FROM event ORDER BY number
            """#
        )
    }

    private mutating func readJournal(_ database: SQLiteShell) async throws {
        portal = try await database.rows(
            Hex.self,
            "SELECT hex(entry) AS h FROM journal_entries ORDER BY log, sequence"
        ).map(\.h)
        portalRoot = try await database.rows(Hex.self, "SELECT hex(root) AS h FROM journal_logs").first?.h ?? ""
        portalLogs = try await database.figure("SELECT count(*) AS n FROM journal_logs")
        portalLabels = try await database.rows(
            Label.self,
            "SELECT number, hex(unit) AS unit, hex(record) AS record FROM label_record ORDER BY number"
        )
        portalEvents = try await database.rows(Event.self, "SELECT number, line FROM site_event ORDER BY number")
        rollUps = Set(
            try await database.rows(
                Sum.self,
                """
                SELECT hex(batch) AS batch, sum(issued) AS issued, sum(completed) AS completed FROM journal_rollups
                GROUP BY batch HAVING issued + completed > 0
                """
            )
        )
        recount = Set(
            try await database.rows(
                Sum.self,
                """
                SELECT upper(json_extract(e, '$.body.authorization')) AS batch,
                    sum(json_extract(e, '$.kind') = 'issued') AS issued,
                    sum(json_extract(e, '$.kind') = 'completed') AS completed
                FROM (SELECT CAST(entry AS TEXT) AS e FROM journal_entries)
                WHERE json_extract(e, '$.kind') IN ('issued', 'completed') GROUP BY 1
                """
            )
        )
        units = try await database.figure("SELECT count(*) AS n FROM journal_units")
        finishedUnits = try await database.figure("SELECT count(*) AS n FROM journal_units WHERE stage = 'done'")
        credentials = try await database.figure("SELECT count(*) AS n FROM journal_credentials")
        quarantined = try await database.figure("SELECT count(*) AS n FROM quarantine")
        alarms = try await database.rows(
            Name.self,
            // The rehearsal's RoleKeys are short-lived; nothing of the journal is in that.
            "SELECT kind || ': ' || detail AS name FROM alarms WHERE kind <> 'role-keys-expiring'"
        ).map(\.name)
        loaded = try portal.compactMap { hex in
            let entry = try JournalEntry(parsing: Vocabulary.Hex.decode(hex.lowercased()))
            return (entry.event.body as? AuthorizationLoaded).map { $0.authorization.statementID.hex.uppercased() }
        }
    }

    private mutating func readGrants(_ database: SQLiteShell) async throws {
        batches = try await database.rows(
            Batch.self,
            """
            SELECT id, name, hex(statement) AS statement, quantity, serials_first AS first,
                (SELECT count(*) FROM package WHERE package.statement = batch.statement) AS packages,
                (SELECT count(*) FROM package_task WHERE package_task.statement = batch.statement) AS tasks
            FROM batch ORDER BY serials_first
            """
        )
        acts = try await database.rows(
            Name.self,
            """
            SELECT json_extract(e, '$.object') AS name FROM (SELECT CAST(entry AS TEXT) AS e FROM portal_log)
            WHERE json_extract(e, '$.action') = 'createBatch' AND json_extract(e, '$.outcome') = 'done'
            """
        ).map(\.name)
    }
}
