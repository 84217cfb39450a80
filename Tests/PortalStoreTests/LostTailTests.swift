import PortalProtocol
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import PortalStore

/// What a journal said in a tail that its EdgeHSM lost, and what it may go on filling.
@Suite struct LostTailTests {
    private func settled(_ batch: BatchRecord, _ database: any PortalDatabase) async throws -> Int? {
        try await database.write("test") { try BatchTable($0).settle(batch.authorization.product) }
        let record = try await database.read { try BatchTable($0).batch(batch.id) }
        return record.flatMap { $0.isSettled ? $0.credited : nil }
    }

    private func stage(_ stage: JournalLog.Stage, log: Int64, _ database: any PortalDatabase) async throws {
        try await database.write("test") { transaction in
            guard var row = try JournalLogs(transaction).log(log) else { return }
            row.stage = stage
            try JournalLogs(transaction).put(row)
        }
    }

    @Test("a tombstone or a closing in a lost tail gives nothing back, also where it did before")
    func credit() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            let batches = try (0..<3).map { try fixture.batch("b\($0)", first: $0 * 100) }
            try await database.write("test") { transaction in
                for batch in batches { try BatchTable(transaction).insert(batch) }
            }
            let (void, closed, both) = (batches[0], batches[1], batches[2])
            try await fixture.void(void.statement, database)
            try await fixture.journal(closed.statement, issued: 10, returned: 90, isClosed: true, database)
            try await fixture.journal(both.statement, issued: 10, returned: 90, isClosed: true, database)
            #expect(try await settled(void, database) == 100)
            #expect(try await settled(closed, database) == 90)
            // The EdgeHSM goes on from an older disk, which knows of the last one alone.
            try await fixture.journal(both.statement, log: 2, issued: 10, returned: 90, isClosed: true, database)
            try await stage(.superseded, log: 1, database)
            let edge = fixture.edge
            try await database.write("test") { try BatchTable($0).unsettle(edge) }
            #expect(try await settled(void, database) == nil)
            #expect(try await settled(closed, database) == nil)
            #expect(try await settled(both, database) == 90)
            #expect(try await database.read { try BatchTable($0).standing(fixture.product) }[edge] == 210)
            // It says so again, in the journal that counts.
            try await fixture.void(void.statement, log: 2, database)
            #expect(try await settled(void, database) == 100)
        }
    }

    @Test("a batch loaded in a lost tail alone is offered again, and given back once it can't be loaded any more")
    func loadedInTheTail() async throws {
        try await withDatabase { database in
            let fixture = try await BatchFixture(database)
            let (unused, used) = (try fixture.batch("b0", first: 0), try fixture.batch("b1", first: 100))
            try await database.write("test") { transaction in
                for batch in [unused, used] {
                    try BatchTable(transaction).insert(batch)
                    let content = Array(batch.id.text.utf8)
                    let package = PackageRecord(
                        statement: batch.statement,
                        digest: Digest256.of(content),
                        size: content.count,
                        madeAt: fixture.time
                    )
                    try PackageTable(transaction).insert(package, content: content)
                }
            }
            try await fixture.journal(unused.statement, issued: 0, returned: 0, isClosed: false, database)
            try await fixture.journal(used.statement, issued: 3, returned: 0, isClosed: false, database)
            let edge = fixture.edge
            func offered() async throws -> Set<Digest256> {
                Set(try await database.read { try PackageTable($0).waiting(for: edge) }.map(\.statement))
            }
            #expect(try await offered().isEmpty)
            try await stage(.superseded, log: 1, database)
            #expect(try await offered() == [unused.statement, used.statement])
            // Closed instead: a tombstone in the journal that counts. What was made of a batch is not undone by it.
            for batch in [unused, used] { try await fixture.void(batch.statement, log: 2, database) }
            #expect(try await offered().isEmpty)
            #expect(try await settled(unused, database) == 100)
            #expect(try await settled(used, database) == nil)
        }
    }

    @Test("a factory's events are kept as many as it may keep, the newest of them")
    func events() async throws {
        try await withDatabase { database in
            let factories = [try FactoryID("site-1"), try FactoryID("site-2")]
            try await database.write("test") { transaction in
                for number in 1...50 {
                    for factory in factories {
                        try transaction.execute(
                            "INSERT INTO site_event (source, number, factory, line, received_at) VALUES (?, ?, ?, ?, ?)",
                            [
                                .blob(Array(factory.text.utf8)), .number(number), .name(factory), .text("{}"),
                                .number(number / 2),
                            ]
                        )
                    }
                }
            }
            func forget(before: Int64, keeping most: Int) async throws -> Int {
                try await database.write("test") {
                    try SiteEventTable($0).forget(of: factories[0], before: Instant(seconds: before), keeping: most)
                }
            }
            #expect(try await forget(before: 0, keeping: 50) == 0)
            // Those of one second go together.
            #expect(try await forget(before: 0, keeping: 40) == 11)
            #expect(try await forget(before: 20, keeping: 40) == 28)
            let left = try await database.read { transaction in
                try factories.map { try SiteEventTable(transaction).count(of: $0) }
            }
            #expect(left == [11, 50])
        }
    }
}
