import Foundation
import GRDB
import PortalCore
import PortalStore
import Vocabulary

/// Sums read from the portal's roll-ups, of the same month with ten times the records, and with ten times the months.
struct RollUpMeasure {
    struct Reads: Codable, Sendable {
        let records: Int
        let rollUpRows: Int
        /// Seconds for one answer, by dimension.
        let seconds: [String: Double]
        var all: Double { seconds.values.reduce(0, +) }
    }

    struct Result: Codable, Sendable {
        let small: Reads
        let large: Reads
        /// The same month of `large`, and ten months before it besides.
        let long: Reads
        /// Median of large ÷ small of one turn, all dimensions together.
        let ratio: Double
        let longRatio: Double
    }

    /// Copies of all journal rows under other ids, chips, keys and serials, until there are `times` as many; the same
    /// journals, batches and days.
    static func multiply(_ path: String, by times: Int) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        let logs = try queue.read { try Row.fetchAll($0, sql: "SELECT log, size FROM journal_logs") }
        for copy in 1..<times {
            for row in logs {
                let (log, size): (Int64, Int) = (row["log"], row["size"])
                try queue.write { database in
                    for statement in Self.copies {
                        try database.execute(
                            sql: statement,
                            arguments: ["log": log, "size": size, "shift": size * copy, "copy": copy]
                        )
                    }
                }
            }
        }
        try queue.write { database in
            let sums = RollUpCounts.fields.map { "\($0.name) = \($0.name) * \(times)" }.joined(separator: ", ")
            try database.execute(sql: "UPDATE journal_rollups SET \(sums)")
        }
    }

    private static let copies = [
        """
        INSERT INTO journal_entries SELECT log, sequence + :shift, randomblob(32), entry FROM journal_entries
        WHERE log = :log AND sequence < :size
        """,
        """
        INSERT INTO journal_units SELECT log, randomblob(32), batch, product, randomblob(16), generation, number,
        'X' || :copy || serial, reissue, sequence + :shift, stage, flags, factory_data, slots,
        station, issued_at, changed_at, steps, randomblob(32) FROM journal_units
        WHERE log = :log AND sequence < :size
        """,
        """
        INSERT INTO journal_credentials SELECT log, sequence + :shift, randomblob(32), randomblob(32),
        lower(hex(randomblob(16))) FROM journal_credentials WHERE log = :log AND sequence < :size
        """,
    ]

    /// The roll-ups of each of `months` months before.
    private static func prolong(_ path: String, by months: Int) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        let columns = try queue.read { try $0.columns(in: "journal_rollups").map(\.name) }.dropFirst()
        let rest = columns.joined(separator: ", ")
        let last = try queue.read { try Int.fetchOne($0, sql: "SELECT max(day) FROM journal_rollups") } ?? 0
        for month in 1...months {
            try queue.write { database in
                try database.execute(
                    sql: "INSERT INTO journal_rollups SELECT day - ?, \(rest) FROM journal_rollups WHERE day > ?",
                    arguments: [month * 31, last - 31]
                )
            }
        }
    }

    /// - Parameters:
    ///   - small, large: databases; `large` keeps ten months more afterwards.
    static func run(small: String, large: String, turns: Int) async throws -> Result {
        let last = try await DatabaseQueue(path: small).read {
            try Int.fetchOne($0, sql: "SELECT max(day) FROM journal_rollups") ?? 0
        }
        let month = last - 30...last
        let first = try await inTurn([small, large], month, turns)
        try prolong(large, by: 10)
        let second = try await inTurn([small, large], month, turns)
        return Result(
            small: first.reads[0],
            large: first.reads[1],
            long: second.reads[1],
            ratio: first.ratio,
            longRatio: second.ratio
        )
    }

    private static func inTurn(
        _ paths: [String],
        _ days: ClosedRange<Int>,
        _ turns: Int
    ) async throws -> (reads: [Reads], ratio: Double) {
        let databases = try paths.map { try SQLitePortalDatabase.open(path: $0) }
        var waits = paths.map { _ in [String: [Double]]() }
        var ratios: [Double] = []
        for turn in -5..<turns {
            var sums = paths.map { _ in 0.0 }
            for dimension in RollUps.Dimension.allCases {
                for (index, database) in databases.enumerated() {
                    let start = ContinuousClock.now
                    let rows = try await database.read { try RollUps($0).sums(by: dimension, .init(days: days)) }
                    let wait = (ContinuousClock.now - start) / .seconds(1)
                    guard !rows.isEmpty else { throw Fault.answerWrong }
                    sums[index] += wait
                    if turn >= 0 { waits[index][dimension.rawValue, default: []].append(wait) }
                }
            }
            if turn >= 0 { ratios.append(sums[1] / sums[0]) }
        }
        let reads = try zip(paths, waits).map { path, waits in
            try DatabaseQueue(path: path).read { database in
                Reads(
                    records: try Int.fetchOne(database, sql: "SELECT count(*) FROM journal_entries") ?? 0,
                    rollUpRows: try Int.fetchOne(database, sql: "SELECT count(*) FROM journal_rollups") ?? 0,
                    seconds: waits.mapValues { median($0) }
                )
            }
        }
        for database in databases { try database.close() }
        return (reads, median(ratios))
    }
}
