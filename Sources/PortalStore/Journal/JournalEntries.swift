public import TransparencyLog
public import Vocabulary

/// The entries of one log and the hashes of its tree.
public struct JournalEntries: TileSource {
    private let transaction: any SQLTransaction
    private let log: Int64

    public init(_ transaction: any SQLTransaction, log: Int64) {
        self.transaction = transaction
        self.log = log
    }

    private static let entryRows = RowInsert("journal_entries (log, sequence, leaf, entry)", columns: 4)
    private static let hashRows = RowInsert("journal_hashes (log, height, number, hash)", columns: 4)
    private static let entries: SQLText = """
        SELECT entry FROM journal_entries WHERE log = ? AND sequence >= ? AND sequence < ? ORDER BY sequence
        """
    private static let leaves: SQLText = """
        SELECT leaf AS hash FROM journal_entries WHERE log = ? AND sequence >= ? AND sequence < ? ORDER BY sequence
        """
    private static let subtrees: SQLText = """
        SELECT hash FROM journal_hashes WHERE log = ? AND height = ? AND number >= ? AND number < ? ORDER BY number
        """

    /// Exact octets of entries, 1,000 at most.
    public func octets(_ range: Range<Int>) throws -> [[UInt8]] {
        let range = range.prefix(1_000)
        return try transaction.rows(
            Self.entries,
            [.integer(log), .number(range.startIndex), .number(range.endIndex)]
        ).map { try $0.blob("entry") }
    }

    /// Entries at single places, in the order asked for.
    public func octets(at places: [Int]) throws -> [(sequence: Int, entry: [UInt8])] {
        var found: [(Int, [UInt8])] = []
        for place in places.prefix(JournalUnit.mostSteps) {
            for entry in try octets(place..<place + 1) { found.append((place, entry)) }
        }
        return found
    }

    public func hashes(level: Int, _ range: Range<Int>) throws -> [Digest256] {
        let (first, last) = (SQLValue.number(range.lowerBound), SQLValue.number(range.upperBound))
        let rows =
            level == 0
            ? try transaction.rows(Self.leaves, [.integer(log), first, last])
            : try transaction.rows(Self.subtrees, [.integer(log), .number(level), first, last])
        return try rows.map { try $0.fixed("hash") }
    }

    func append(_ octets: [[UInt8]], leaves: [Digest256], from first: Int) throws {
        try Self.entryRows.run(min(octets.count, leaves.count), in: transaction) { number, row in
            row.add(log)
            row.add(first + number)
            row.add(leaves[number])
            row.add(octets[number])
        }
    }

    func append(_ subtrees: [(level: Int, subtree: CompactRange.Subtree)]) throws {
        try Self.hashRows.run(subtrees.count, in: transaction) { number, row in
            let (level, subtree) = subtrees[number]
            row.add(log)
            row.add(level)
            row.add(subtree.index)
            row.add(subtree.hash)
        }
    }
}
