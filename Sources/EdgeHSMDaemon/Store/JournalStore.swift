import Durability
import FoundationEssentials
import GRDB
import Statements
import TransparencyLog
import Vocabulary

/// One entry as it is kept.
struct StoredEntry: Sendable {
    let entry: JournalEntry
    let bytes: [UInt8]
    let leaf: Digest256

    /// - Parameter bytes: what the core measured before it applied the entry.
    init(_ entry: JournalEntry, _ bytes: [UInt8]) {
        self.entry = entry
        self.bytes = bytes
        self.leaf = MerkleHash.leaf(bytes)
    }

    /// An entry read back: octets, leaf hash and sequence must agree.
    init(row: Row, expected sequence: Int) throws {
        let bytes = try row.octets("bytes")
        let entry = try JournalEntry(parsing: bytes)
        guard entry.sequence == sequence, try row.integer("sequence", as: Int.self) == sequence else {
            throw Refusal(EdgeDaemonError.journalCorrupt, "entry \(entry.sequence) stands at \(sequence)")
        }
        let leaf = try row.fixed("leaf", as: Digest256.self)
        guard leaf == MerkleHash.leaf(bytes) else {
            throw Refusal(EdgeDaemonError.journalCorrupt, "leaf hash of entry \(sequence)")
        }
        (self.entry, self.bytes, self.leaf) = (entry, bytes, leaf)
    }
}

/// The journal and everything derived from it, in one SQLite file. All writes of one turn are one transaction.
final class JournalStore: Sendable {
    /// Entries read at one time, so that a replay's memory is bounded.
    static let chunk = 512

    private let database: DurableDatabase
    /// For the group committer alone, and for reads.
    var queue: DatabaseQueue { database.queue }
    var path: String { database.path }

    /// Opens or makes the file. Throws `store.*`.
    init(path: String) throws {
        database = try DurableDatabase.open(
            path: path,
            role: DatabaseRole(mark: "OEJR"),
            migrations: [Migration { try JournalSchema.create($0) }, Migration(sql: JournalSchema.lastCheckpoint)]
        )
    }

    func close() throws { try database.close() }

    // MARK: Writing

    /// One durable transaction outside the group committer: before serving only.
    func commit(_ entries: [StoredEntry]) throws {
        try queue.write { db in
            for entry in entries { try Self.append(entry, in: db) }
            if let last = entries.last { try DerivedTables.stand(at: last.entry.sequence + 1, in: db) }
        }
    }

    /// Whoever appends calls `DerivedTables.stand` before the transaction ends.
    static func append(_ stored: StoredEntry, in db: Database) throws {
        try db.cachedStatement(sql: "INSERT INTO journal VALUES (?, ?, ?)")
            .execute(arguments: [stored.entry.sequence, stored.bytes.blob, stored.leaf.blob])
        try DerivedTables.apply(stored.entry, in: db)
    }

    // MARK: Start

    /// Makes the derived tables anew where they are behind the journal, ahead of it, missing or of another form.
    /// Returns true where it did.
    func rebuildIfNeeded() throws -> Bool {
        try queue.write { db in
            let size = try Self.size(db)
            if try Self.derivedSize(db) == size { return false }
            try JournalSchema.dropDerived(db)
            try JournalSchema.createDerived(db)
            var next = 0
            while next < size {
                let entries = try Self.entries(from: next, limit: Self.chunk, db)
                guard !entries.isEmpty else {
                    throw Refusal(EdgeDaemonError.journalCorrupt, "entry \(next) of \(size) is missing")
                }
                for stored in entries { try DerivedTables.apply(stored.entry, in: db) }
                next += entries.count
            }
            try DerivedTables.stand(at: size, in: db)
            return true
        }
    }

    /// Nil where the tables are missing or of another form.
    private static func derivedSize(_ db: Database) throws -> Int? {
        for table in JournalSchema.derivedTables where try !db.tableExists(table) { return nil }
        guard let row = try Row.fetchOne(db, sql: "SELECT version, size FROM derived_state"),
            row["version"] == JournalSchema.derivedVersion
        else { return nil }
        return row["size"]
    }

    /// Every entry in order, checked against its leaf hash and position.
    func replay(_ visit: (StoredEntry) throws -> Void) throws {
        var next = 0
        while true {
            let entries = try queue.read { try Self.entries(from: next, limit: Self.chunk, $0) }
            for stored in entries { try visit(stored) }
            guard !entries.isEmpty else { break }
            next += entries.count
        }
        let size = try queue.read(Self.size)
        guard size == next else { throw Refusal(EdgeDaemonError.journalCorrupt, "\(size) rows, last entry \(next)") }
    }

    // MARK: Reading

    func size() async throws -> Int { try await queue.read(Self.size) }

    static func size(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM journal") ?? 0
    }

    static func entries(from first: Int, limit: Int, _ db: Database) throws -> [StoredEntry] {
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT sequence, bytes, leaf FROM journal WHERE sequence >= ? ORDER BY sequence LIMIT ?",
            arguments: [first, limit]
        )
        return try rows.enumerated().map { try StoredEntry(row: $0.element, expected: first + $0.offset) }
    }

    /// Exact octets from a position on: at most `limit` entries whose base64 fits `octets`, and at least one where
    /// there is one.
    func read(from first: Int, limit: Int, octets: Int) async throws -> [[UInt8]] {
        try await queue.read { db in
            let cursor = try Row.fetchCursor(
                db,
                sql: "SELECT bytes FROM journal WHERE sequence >= ? ORDER BY sequence LIMIT ?",
                arguments: [first, limit]
            )
            var (entries, used): ([[UInt8]], Int) = ([], 0)
            while let row = try cursor.next() {
                let bytes = try row.octets("bytes")
                // Base64 is four characters for three octets; quotes and a comma stand around each text.
                used += (bytes.count + 2) / 3 * 4 + 3
                if !entries.isEmpty && used > octets { break }
                entries.append(bytes)
            }
            return entries
        }
    }

    func leaves() throws -> [Digest256] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT leaf FROM journal ORDER BY sequence").map { try $0.fixed("leaf") }
        }
    }
}
