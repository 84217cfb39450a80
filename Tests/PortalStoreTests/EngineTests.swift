import Durability
import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import PortalStore

/// A portal database in a folder of its own, both gone at the end.
func withDatabase(
    seam: FaultSeam = .none,
    migrations: [PortalMigration] = PortalSchema.migrations,
    _ body: (SQLitePortalDatabase) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("portal.sqlite")
    let database = try SQLitePortalDatabase.open(path: path, seam: seam, migrations: migrations)
    try await body(database)
    // A test may have closed it already.
    try? database.close()
    withExtendedLifetime(folder) {}
}

func count(_ database: any PortalDatabase, _ sql: SQLText) async throws -> Int {
    try await database.read { try $0.rows(sql).count }
}

func expect(_ database: any PortalDatabase, _ sql: SQLText, _ wanted: Int) async throws {
    let found = try await count(database, sql)
    #expect(found == wanted, "\(sql)")
}

func refusal<Value>(_ body: () async throws -> Value) async -> String {
    do { _ = try await body() } catch { return (error as? Refusal)?.code ?? "\(error)" }
    return "no error"
}

private let tables = [
    PortalMigration(
        "first",
        [
            """
            CREATE TABLE parent (id TEXT NOT NULL PRIMARY KEY, amount BIGINT NOT NULL CHECK (amount >= 0),
                body BLOB, note TEXT)
            """
        ]
    ),
    PortalMigration(
        "second",
        ["CREATE TABLE child (id TEXT NOT NULL PRIMARY KEY, parent TEXT NOT NULL REFERENCES parent (id))"]
    ),
]

private let insert: SQLText = "INSERT INTO parent (id, amount, body, note) VALUES (?, ?, ?, ?)"

@Suite struct EngineTests {
    @Test func valuesComeBackAsTheyWent() async throws {
        try await withDatabase(migrations: tables) { database in
            let body: [UInt8] = [0, 255, 7]
            try await database.write("test") {
                try $0.execute(insert, ["a", .integer(.max), .blob(body), nil])
                try $0.execute(insert, ["b", 0, .blob([]), "'; DROP TABLE parent --"])
            }
            let rows = try await database.read {
                try $0.rows("SELECT id, amount, body, note FROM parent ORDER BY id")
            }
            #expect(try rows.map { try $0.text("id") } == ["a", "b"])
            #expect(try rows[0].integer("amount") == .max)
            #expect(try rows[0].blob("body") == body)
            #expect(try rows[0].optional("note", rows[0].text) == nil)
            #expect(try rows[1].text("note") == "'; DROP TABLE parent --")
            #expect(try rows[1].blob("body") == [])
            #expect(await refusal { _ = try rows[0].text("amount") } == "portal.store.type")
            #expect(await refusal { _ = try rows[0].text("note") } == "portal.store.type")
            #expect(await refusal { _ = try rows[0].text("missing") } == "portal.store.type")
            #expect(await refusal { _ = try rows[0].fixed("body", as: Digest256.self) } == "value.hex.malformed")
        }
    }

    @Test func whatIsBrokenHasItsOwnCode() async throws {
        try await withDatabase(migrations: tables) { database in
            try await database.write("test") { try $0.execute(insert, ["a", 1, nil, nil]) }
            func attempt(_ sql: SQLText, _ arguments: [SQLValue]) async -> String {
                await refusal { try await database.write("test") { try $0.execute(sql, arguments) } }
            }
            #expect(await attempt(insert, ["a", 1, nil, nil]) == "portal.store.conflict")
            #expect(await attempt(insert, ["b", -1, nil, nil]) == "portal.store.rejected")
            #expect(await attempt(insert, ["b", nil, nil, nil]) == "portal.store.rejected")
            #expect(
                await attempt("INSERT INTO child (id, parent) VALUES (?, ?)", ["c", "z"]) == "portal.store.reference"
            )
            #expect(await attempt("SELECT nonsense", []) == "portal.store.failed")
            #expect(await attempt(insert, ["b"]) == "portal.store.failed")
            #expect(await attempt("PRAGMA synchronous = OFF", []) == "portal.store.statement")
        }
    }

    @Test func aThrowKeepsNothingAndSoDoesACaughtFailure() async throws {
        try await withDatabase(migrations: tables) { database in
            #expect(
                await refusal {
                    try await database.write("test") {
                        try $0.execute(insert, ["a", 1, nil, nil])
                        throw Refusal(PortalStoreError.ended, "on purpose")
                    }
                } == "portal.store.ended"
            )
            #expect(
                await refusal {
                    try await database.write("test") {
                        try $0.execute(insert, ["b", 1, nil, nil])
                        _ = try? $0.execute(insert, ["b", 1, nil, nil])
                    }
                } == "portal.store.conflict"
            )
            try await expect(database, "SELECT id FROM parent", 0)
            let code = await refusal { try await database.read { try $0.execute(insert, ["a", 1, nil, nil]) } }
            #expect(code == "portal.store.failed")
        }
    }

    @Test func aReadGoesOnWhileAWriteIsOpen() async throws {
        try await withDatabase(migrations: tables) { database in
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            let gate = DispatchSemaphore(value: 0)
            async let writing: Void = database.write("test") {
                try $0.execute(insert, ["a", 1, nil, nil])
                start.yield()
                gate.wait()
            }
            for await _ in started { break }
            let during = try await count(database, "SELECT id FROM parent")
            gate.signal()
            try await writing
            #expect(during == 0)
            try await expect(database, "SELECT id FROM parent", 1)
        }
    }

    @Test(arguments: ["error", "error-after"]) func aFaultBeforeTheCommitKeepsNothing(_ action: String) async throws {
        let seam = try FaultSeam(plan: "portal.test.before-commit:1:\(action)")
        try await withDatabase(seam: seam, migrations: tables) { database in
            let code = await refusal {
                try await database.write("test") { try $0.execute(insert, ["a", 1, nil, nil]) }
            }
            #expect(code == "store.fault.injected")
            try await expect(database, "SELECT id FROM parent", 0)
        }
    }

    @Test func whatIsCommittedIsThereAfterOpeningAgainAndOneProcessHasTheFile() async throws {
        let seam = try FaultSeam(plan: "portal.test.after-commit:1:error")
        try await withDatabase(seam: seam, migrations: [tables[0]]) { database in
            let path = database.path
            let code = await refusal {
                try await database.write("test") { try $0.execute(insert, ["a", 1, nil, nil]) }
            }
            #expect(code == "store.fault.injected")
            #expect(await refusal { _ = try SQLitePortalDatabase.open(path: path) } == "store.file.in-use")
            try database.close()
            let again = try SQLitePortalDatabase.open(path: path, migrations: tables)
            try await expect(again, "SELECT id FROM parent", 1)
            try await expect(again, "SELECT id FROM child", 0)
            try again.close()
        }
    }

    @Test func aFullDiskIsSaidBeforeItIsFull() async throws {
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("x"), reserve: .max, migrations: tables)
        #expect(
            await refusal { try await database.write("test") { try $0.execute(insert, ["a", 1, nil, nil]) } }
                == "store.disk.low"
        )
    }

    @Test func concurrentWritesTakeTurns() async throws {
        try await withDatabase(migrations: tables) { database in
            try await database.write("test") { try $0.execute(insert, ["sum", 0, nil, nil]) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        try await database.write("test") { transaction in
                            let row = try transaction.row("SELECT amount FROM parent WHERE id = ?", ["sum"])
                            let amount = try #require(row).integer("amount")
                            try transaction.execute(
                                "UPDATE parent SET amount = ? WHERE id = ?",
                                [.integer(amount + 1), "sum"]
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
            let row = try await database.read { try $0.row("SELECT amount FROM parent WHERE id = ?", ["sum"]) }
            #expect(try row?.integer("amount") == 64)
        }
    }
}
