import FactoryCore
import GRDB
import Statements
import Vocabulary

// A journal that branched: the tail that the EdgeHSM lost stays here, beside what it went on with.
extension FactoryStore {
    static let branches = """
        CREATE TABLE lost_tail (number INTEGER PRIMARY KEY, base INTEGER NOT NULL, size INTEGER NOT NULL,
            found INTEGER NOT NULL, told INTEGER NOT NULL) STRICT;
        CREATE TABLE lost_entry (tail INTEGER NOT NULL, sequence INTEGER NOT NULL, entry BLOB NOT NULL,
            PRIMARY KEY (tail, sequence)) STRICT, WITHOUT ROWID;
        CREATE TABLE lost_checkpoint (tail INTEGER NOT NULL, size INTEGER NOT NULL, envelope BLOB NOT NULL,
            PRIMARY KEY (tail, size)) STRICT, WITHOUT ROWID;
        """

    /// In the order in which they were found.
    func lostTails() async throws -> [LostTail] {
        try await read { database in
            try Row.fetchAll(database, sql: "SELECT number, base, size, found, told FROM lost_tail ORDER BY number").map
            {
                LostTail(
                    number: $0["number"],
                    base: $0["base"],
                    size: $0["size"],
                    foundAt: Instant(seconds: $0["found"]),
                    isTold: $0["told"]
                )
            }
        }
    }

    /// Puts everything from `base` on aside, so that the journal goes on there with other entries.
    func branch(at base: Int, _ time: Instant) async throws {
        try await write("branch") { database in
            try database.execute(
                sql: """
                    INSERT INTO lost_tail (base, size, found, told)
                        SELECT ?, max(sequence) + 1, ?, 0 FROM journal HAVING max(sequence) >= ?1
                    """,
                arguments: [base, time.seconds]
            )
            guard database.changesCount == 1 else { throw Refusal(FactoryError.journalGap, "no tail from \(base)") }
            let tail = database.lastInsertedRowID
            for statement in [
                "INSERT INTO lost_entry (tail, sequence, entry) SELECT ?, sequence, entry FROM journal WHERE sequence >= ?",
                """
                INSERT INTO lost_checkpoint (tail, size, envelope)
                    SELECT ?, size, envelope FROM checkpoint WHERE size > ?
                """,
            ] { try database.execute(sql: statement, arguments: [tail, base]) }
            try database.execute(sql: "DELETE FROM journal WHERE sequence >= ?", arguments: [base])
            try database.execute(sql: "DELETE FROM checkpoint WHERE size > ?", arguments: [base])
        }
    }

    func noteTold(_ tail: Int) async throws {
        try await write("told") {
            try $0.execute(sql: "UPDATE lost_tail SET told = 1 WHERE number = ?", arguments: [tail])
        }
    }

    // MARK: Reading one of the journals

    func entries(from first: Int, to end: Int, in view: JournalView) async throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        for part in view.parts {
            let range = part.range.clamped(to: min(first, end)..<max(first, end))
            guard !range.isEmpty else { continue }
            guard let tail = part.tail else {
                found += try await entries(from: range.lowerBound, to: range.upperBound)
                continue
            }
            found += try await read { database in
                let sql =
                    "SELECT entry FROM lost_entry WHERE tail = ? AND sequence >= ? AND sequence < ? ORDER BY sequence"
                return try DataRow.fetch(database, sql, [tail, range.lowerBound, range.upperBound])
            }
        }
        return found
    }

    /// The largest size in `sizes` of which there is a checkpoint, with it.
    func checkpoint(
        in sizes: ClosedRange<Int>,
        of view: JournalView
    ) async throws -> (size: Int, envelope: [UInt8])? {
        for part in view.parts.reversed() {
            let low = max(sizes.lowerBound, part.range.lowerBound + (part.tail == nil ? 0 : 1))
            let high = min(sizes.upperBound, part.range.upperBound)
            guard low <= high else { continue }
            if let tail = part.tail {
                if let found = try await lostCheckpoint(in: low...high, tail) { return found }
            } else if let found = try await checkpoint(in: low...high) {
                return found
            }
        }
        return nil
    }

    private func lostCheckpoint(
        in sizes: ClosedRange<Int>,
        _ tail: Int
    ) async throws -> (size: Int, envelope: [UInt8])? {
        try await read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT size, envelope FROM lost_checkpoint WHERE tail = ? AND size BETWEEN ? AND ?
                    ORDER BY size DESC LIMIT 1
                    """,
                arguments: [tail, sizes.lowerBound, sizes.upperBound]
            ).map { ($0["size"], DataRow.bytes($0, "envelope")) }
        }
    }

    func newestCheckpoint(of view: JournalView) async throws -> (size: Int, envelope: [UInt8])? {
        try await checkpoint(in: 0...Int.max, of: view)
    }
}
