import PortalCore
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import PortalStore

/// Sums in pages: however many batches there are, each is told once, in its order.
@Suite("Pages of roll-ups")
struct RollUpPageTests {
    private func fill(_ database: SQLitePortalDatabase, rows: Int, ofBatch: Int) async throws {
        try await database.write("fill") { transaction in
            var values: [SQLValue] = []
            for number in 0..<rows {
                values += [
                    .number(20_000 + number % 7), .integer(1), .fixed(Digest256.of("\(number / ofBatch)".utf8)),
                    .text("edge-\(number % 5)"), .text("site-\(number % 3)"),
                    .text(number % 11 == 0 ? "" : "lamp-\(number % 4)"), .text("batch-\(number / ofBatch)"),
                ]
                values += Array(repeating: .integer(1), count: 10)
            }
            try RowInsert(
                """
                journal_rollups (day, log, batch, edge, factory, product, name, issued, completed, failed, burned, \
                unlocked, reprovisioned, reissued, rotated, returned, quarantined)
                """,
                columns: 17,
                then: "ON CONFLICT (day, log, batch) DO NOTHING"
            ).run(values, in: transaction)
        }
    }

    @Test("pages of every dimension together are the whole", arguments: RollUps.Dimension.allCases)
    func pages(dimension: RollUps.Dimension) async throws {
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("portal.sqlite"))
        try await fill(database, rows: 300, ofBatch: 2)
        let filter = RollUps.Filter(days: 20_000...20_010)
        let whole = try await database.read { try RollUps($0).sums(by: dimension, filter) }
        #expect(whole.reduce(0) { $0 + $1.counts.issued } == 300)
        for limit in [1, 2, 3, 200] {
            var (found, start): ([RollUps.Row], [String]?) = ([], nil)
            while true {
                let after = start
                let page = try await database.read {
                    try RollUps($0).sums(by: dimension, filter, after: after, limit: limit)
                }
                #expect(page.count <= limit)
                found += page
                guard page.count == limit, let last = page.last else { break }
                #expect(last.key.count == dimension.keyCount)
                start = last.key
            }
            #expect(found == whole, "\(limit) at a time")
        }
        try database.close()
        withExtendedLifetime(folder) {}
    }

    @Test("more batches than an answer has rows are told in pages, none refused")
    func many() async throws {
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("portal.sqlite"))
        let batches = SQLRow.mostRows + 100
        try await fill(database, rows: batches, ofBatch: 1)
        let filter = RollUps.Filter(days: 20_000...20_010)
        let first = try await database.read { try RollUps($0).sums(by: .batch, filter, limit: 30_000) }
        let start = first.last?.key
        let second = try await database.read {
            try RollUps($0).sums(by: .batch, filter, after: start, limit: 30_000)
        }
        #expect(Set((first + second).map(\.key)).count == batches && second.count == batches - 30_000)
        try database.close()
        withExtendedLifetime(folder) {}
    }

    @Test("a key of another dimension is refused")
    func keys() async throws {
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("portal.sqlite"))
        for (dimension, key) in [(RollUps.Dimension.day, ["lamp"]), (.batch, ["ab", ""]), (.factory, [])] {
            await #expect(throws: Refusal.self) {
                try await database.read {
                    try RollUps($0).sums(by: dimension, .init(days: 0...1), after: key, limit: 1)
                }
            }
        }
        try database.close()
        withExtendedLifetime(folder) {}
    }
}
