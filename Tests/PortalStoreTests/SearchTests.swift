import Foundation
import GRDB
import PortalCore
import PortalProtocol
import Statements
import TestSupport
import Testing
import Verify
import Vocabulary

@testable import PortalStore

/// What people look for is answered by an index, whatever else is stored.
@Suite("Search")
struct SearchTests {
    private static let start = Instant(seconds: 1_790_000_000)

    /// The plan of a statement, a line for each step.
    private static func plan(_ folder: TemporaryFolder, _ sql: SQLText) throws -> [String] {
        let queue = try DatabaseQueue(path: folder.path("portal.sqlite"))
        return try queue.read { database in
            let statement = "EXPLAIN QUERY PLAN \(sql.text)"
            let blanks = Array(repeating: DatabaseValue.null, count: sql.text.filter { $0 == "?" }.count)
            return try Row.fetchAll(database, sql: statement, arguments: StatementArguments(blanks))
                .map { $0["detail"] as String? ?? "" }
        }
    }

    @Test("each question is one stretch of an index: nothing is scanned, nothing sorted")
    func plans() throws {
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("portal.sqlite"))
        let questions: [(sql: SQLText, index: String)] = [
            (JournalSearch.keys, "COVERING INDEX journal_units_by_stage"),
            (JournalSearch.batchKeys, "COVERING INDEX journal_units_by_batch"),
            (JournalSearch.row, "journal_units_by_stage"), (BatchUnits.stretch, "journal_units_by_serial"),
            (JournalUnits.chipBetween, "journal_units_by_chip"),
            (JournalUnits.serialBetween, "journal_units_by_serial"),
            (JournalUnits.keyBetween, "journal_credentials_by_key"),
            (PortalLogSearch.newest("actor = ? AND "), "portal_log_fact_actor"),
            (PortalLogSearch.newest("action = ? AND "), "portal_log_fact_action"),
            (PortalLogSearch.oldest("object = ? AND "), "portal_log_fact_object"),
            (PortalLogSearch.newest(""), "INTEGER PRIMARY KEY|sqlite_autoindex_portal_log_fact_1"),
            (PortalLogSearch.lastBefore, "portal_log_fact_time"), (PortalLogSearch.firstAfter, "portal_log_fact_time"),
        ]
        for (sql, index) in questions {
            let plan = try Self.plan(folder, sql)
            #expect(plan.count == 1, "\(sql): \(plan)")
            #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(sql): \(plan)")
            #expect(index.split(separator: "|").contains { plan[0].contains($0) }, "\(sql): \(plan)")
        }
        try database.close()
        withExtendedLifetime(folder) {}
    }

    // MARK: - Devices

    private struct Made: Hashable {
        let log: Int64
        let sequence: Int
        let stage: JudgedUnit.Stage
        let batch: Digest256
        let issuedAt: Instant
    }

    /// Units of three logs, many in the same second.
    private static func fill(
        _ database: SQLitePortalDatabase,
        _ generator: inout SeededGenerator
    ) async throws -> [Made] {
        let batches = (0..<3).map { Digest256.of([UInt8($0)]) }
        let made = (0..<400).map { number in
            Made(
                log: Int64.random(in: 1...3, using: &generator),
                sequence: number,
                stage: JudgedUnit.Stage.allCases.randomElement(using: &generator) ?? .done,
                batch: batches.randomElement(using: &generator) ?? batches[0],
                issuedAt: start + Int64.random(in: 0..<40, using: &generator)
            )
        }
        try await database.write("test") { transaction in
            for (number, unit) in made.enumerated() {
                try transaction.execute(
                    """
                    INSERT INTO journal_units (log, unit, batch, product, chip, generation, number, serial, reissue,
                        sequence, stage, flags, factory_data, slots, station, issued_at, changed_at, steps, device_key)
                    VALUES (?, ?, ?, 'lamp', ?, 0, ?, ?, 0, ?, ?, 0, NULL, '', 'st-1', ?, ?, ?, NULL)
                    """,
                    [
                        .integer(unit.log), .fixed(Digest256.of("\(number)".utf8)), .fixed(unit.batch),
                        .blob(Array(Digest256.of([1]).bytes.prefix(16))), .number(number), .text("L\(number)"),
                        .number(unit.sequence), .text(unit.stage.rawValue), .time(unit.issuedAt),
                        .time(unit.issuedAt), .blob([]),
                    ]
                )
            }
        }
        return made
    }

    @Test("pages hold every unit that the filter names once, newest first, whatever their size")
    func pages() async throws {
        var generator = SeededGenerator(seed: Seed.take("device search"))
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("portal.sqlite"))
        let made = try await Self.fill(database, &generator)
        for _ in 0..<60 {
            let from = Bool.random(using: &generator) ? Self.start + Int64.random(in: 0..<40, using: &generator) : nil
            let filter = JournalSearch.Filter(
                logs: Array(Set((0..<3).map { _ in Int64.random(in: 1...4, using: &generator) })),
                stages: Bool.random(using: &generator) ? [.failed] : JudgedUnit.Stage.allCases,
                batch: Bool.random(using: &generator) ? made[0].batch : nil,
                from: from,
                to: Bool.random(using: &generator) ? from.map { $0 + 5 } : nil
            )
            let limit = Int.random(in: 1...60, using: &generator)
            var (found, before): ([JournalUnit], JournalSearch.Place?) = ([], nil)
            while true {
                let start = before
                let page = try await database.read {
                    try JournalSearch($0).units(filter, before: start, limit: limit)
                }
                found += page
                guard page.count == limit, let last = page.last else { break }
                before = .init(issuedAt: last.issuedAt, log: last.log, sequence: last.unit.position)
            }
            let wanted = made.filter { unit in
                filter.logs.contains(unit.log) && filter.stages.contains(unit.stage)
                    && (filter.batch == nil || filter.batch == unit.batch)
                    && (filter.from...filter.to).contains(unit.issuedAt)
            }.sorted { ($0.issuedAt.seconds, $0.log, $0.sequence) > ($1.issuedAt.seconds, $1.log, $1.sequence) }
            #expect(found.map(\.unit.position) == wanted.map(\.sequence), "\(filter), \(limit)")
        }
        try database.close()
        withExtendedLifetime(folder) {}
    }

    // MARK: - Acts

    @Test("acts are found by actor, act, object, outcome and time, in both directions, and questions are bounded")
    func acts() async throws {
        var generator = SeededGenerator(seed: Seed.take("act search"))
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("portal.sqlite"))
        let total = 1_500
        let entries = (0..<total).map { position in
            PortalLogEntry(
                position: position,
                time: Self.start + Int64(position) * 10 + Int64.random(in: -1_800...1_800, using: &generator),
                actorKind: .person,
                actor: "p-\(Int.random(in: 0..<4, using: &generator))",
                organisation: nil,
                action: position == 3 ? "rare" : ["createBatch", "closeBatch"].randomElement(using: &generator) ?? "",
                object: "b-\(Int.random(in: 0..<50, using: &generator))",
                requestID: "r",
                outcome: Int.random(in: 0..<10, using: &generator) == 0 ? "portal.access.role" : "done",
                detail: nil
            )
        }
        try await database.write("test") { transaction in
            for entry in entries { try PortalLogTable(transaction).append { _ in entry } }
        }
        for round in 0..<100 {
            var filter = PortalLogSearch.Filter()
            if Bool.random(using: &generator) { filter.actor = "p-1" }
            if Bool.random(using: &generator) { filter.action = "createBatch" }
            if Bool.random(using: &generator) { filter.object = "b-7" }
            if Bool.random(using: &generator) { filter.isDone = Bool.random(using: &generator) }
            if Bool.random(using: &generator) {
                filter.from = Self.start + Int64.random(in: 0..<15_000, using: &generator)
            }
            if Bool.random(using: &generator) {
                filter.to = Self.start + Int64.random(in: 0..<15_000, using: &generator)
            }
            let isNewest = round.isMultiple(of: 2)
            let most = [50, 100, 10_000].randomElement(using: &generator) ?? 50
            let found = try await Self.all(filter, isNewest, most, database)
            let wanted = entries.filter { entry in
                (filter.actor == nil || filter.actor == entry.actor)
                    && (filter.action == nil || filter.action == entry.action)
                    && (filter.object == nil || filter.object == entry.object)
                    && (filter.isDone == nil || filter.isDone == (entry.outcome == "done"))
                    && entry.time >= filter.from ?? .epoch && entry.time <= filter.to ?? .noExpiry
            }.map(\.position)
            #expect(found == (isNewest ? wanted.reversed() : wanted), "\(filter)")
        }
        // A rare act behind many others: one question looks no further than it may, and says where to go on.
        var rare = PortalLogSearch.Filter()
        rare.actor = entries[3].actor
        rare.action = "rare"
        let first = try await database.read { [rare] in
            try PortalLogSearch($0).find(rare, from: nil, newestFirst: true, limit: 10, looking: 100)
        }
        #expect(first.positions.isEmpty && first.next != nil)
        #expect(try await Self.all(rare, true, 100, database) == [3])
        try database.close()
        withExtendedLifetime(folder) {}
    }

    private static func all(
        _ filter: PortalLogSearch.Filter,
        _ isNewest: Bool,
        _ most: Int,
        _ database: SQLitePortalDatabase
    ) async throws -> [Int] {
        var (found, start): ([Int], Int?) = ([], nil)
        while true {
            let from = start
            let page = try await database.read {
                try PortalLogSearch($0).find(filter, from: from, newestFirst: isNewest, limit: 50, looking: most)
            }
            #expect(page.positions.count <= 50)
            found += page.positions
            guard let next = page.next else { return found }
            start = next
        }
    }

    @Test("what was entered before there were facts is found after they are caught up")
    func catchUp() async throws {
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("portal.sqlite"))
        let entries = (0..<25).map { position in
            PortalLogEntry(
                position: position,
                time: Self.start,
                actorKind: .portal,
                actor: "portal",
                organisation: nil,
                action: "makePackage",
                object: "b-\(position)",
                requestID: "",
                outcome: "done",
                detail: nil
            )
        }
        try await database.write("test") { transaction in
            for entry in entries { try PortalLogTable(transaction).append { _ in entry } }
            try transaction.execute("DELETE FROM portal_log_fact WHERE position >= ?", [.number(4)])
        }
        var rounds = 1
        while try await database.write("test", { try PortalLogSearch($0).catchUp(limit: 10) }) { rounds += 1 }
        #expect(rounds == 3)
        var filter = PortalLogSearch.Filter()
        filter.object = "b-20"
        let found = try await database.read { [filter] in
            try PortalLogSearch($0).find(filter, from: nil, newestFirst: true, limit: 10)
        }
        #expect(found.positions == [20])
        try database.close()
        withExtendedLifetime(folder) {}
    }
}
