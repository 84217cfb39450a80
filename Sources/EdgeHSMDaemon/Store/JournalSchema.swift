import GRDB

/// The tables of an EdgeHSM's database. `journal` is the truth; the tables under "derived" are a function of it and
/// are rebuilt when `derived_state` says that they are behind or of another form.
enum JournalSchema {
    /// Raised whenever a derived table changes its columns or meaning.
    static let derivedVersion = 2

    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE journal (
                    sequence INTEGER PRIMARY KEY,
                    bytes BLOB NOT NULL,
                    leaf BLOB NOT NULL CHECK (length(leaf) = 32)
                ) STRICT;
                CREATE TABLE documents (
                    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
                    bytes BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE station_requests (
                    name TEXT PRIMARY KEY,
                    fingerprint BLOB NOT NULL,
                    request BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                """
        )
        try createDerived(db)
    }

    /// The checkpoint of a zeroised EdgeHSM, as an envelope.
    static let lastCheckpoint = """
        CREATE TABLE last_checkpoint (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            envelope BLOB NOT NULL
        ) STRICT;
        """

    /// `record` is a `UnitRecord` as JSON; the columns beside it are copies of its fields, to search by. Of a station's
    /// certificate, `sequence` is the entry that enrolled it and `not_after` its end in Unix seconds.
    static func createDerived(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE units (
                    unit BLOB PRIMARY KEY,
                    authorization BLOB NOT NULL,
                    chip BLOB NOT NULL,
                    generation INTEGER NOT NULL,
                    is_live INTEGER NOT NULL,
                    record BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX units_by_chip ON units (chip, authorization, generation);
                CREATE TABLE keys (
                    key BLOB PRIMARY KEY,
                    unit BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE stations (
                    fingerprint BLOB PRIMARY KEY,
                    name TEXT NOT NULL,
                    role TEXT NOT NULL,
                    certificate BLOB NOT NULL,
                    key BLOB NOT NULL,
                    sequence INTEGER NOT NULL,
                    not_after INTEGER NOT NULL,
                    is_revoked INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX stations_by_key ON stations (key, name);
                CREATE TABLE derived_state (
                    one INTEGER PRIMARY KEY CHECK (one = 1),
                    version INTEGER NOT NULL,
                    size INTEGER NOT NULL
                ) STRICT;
                INSERT INTO derived_state VALUES (1, \(derivedVersion), 0);
                """
        )
    }

    static let derivedTables = ["units", "keys", "stations", "derived_state"]

    static func dropDerived(_ db: Database) throws {
        for table in derivedTables { try db.execute(sql: "DROP TABLE IF EXISTS \(table)") }
    }
}
