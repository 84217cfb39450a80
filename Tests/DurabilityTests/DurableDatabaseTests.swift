import Foundation
import GRDB
import Testing
import Vocabulary

@testable import Durability

let testRole = DatabaseRole(mark: "TEST")
let testSchema = [
    Migration(sql: "CREATE TABLE entry (position INTEGER PRIMARY KEY, body BLOB NOT NULL)"),
    Migration(sql: "CREATE TABLE child (id INTEGER PRIMARY KEY, entry INTEGER NOT NULL REFERENCES entry)"),
]

/// A folder of its own for one test, removed at the end.
final class TestFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "obis-durability-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/test.sqlite" }
}

func code(_ body: () throws -> Void) -> String {
    do { try body() } catch { return (error as? Refusal)?.code ?? "\(error)" }
    return "no error"
}

@Suite struct DurableDatabaseTests {
    private func pragma(_ database: DurableDatabase, _ name: String) throws -> String? {
        try database.queue.read { try String.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    @Test func settingsAreWhatDurabilityNeeds() throws {
        let folder = try TestFolder()
        let database = try DurableDatabase.open(path: folder.database, role: testRole, migrations: testSchema)
        #expect(try pragma(database, "synchronous") == "2")
        #expect(try pragma(database, "journal_mode") == "wal")
        #expect(try pragma(database, "foreign_keys") == "1")
        #expect(try pragma(database, "trusted_schema") == "0")
        #expect(try pragma(database, "user_version") == "2")
        #expect(try pragma(database, "application_id") == String(0x5445_5354))
        #expect(
            throws: DatabaseError.self,
            performing: {
                try database.queue.write { try $0.execute(sql: "INSERT INTO child (entry) VALUES (7)") }
            }
        )
        // Writing must not have changed it.
        #expect(try pragma(database, "synchronous") == "2")
    }

    @Test func filesAreTheOwnersAlone() throws {
        let folder = try TestFolder()
        let database = try DurableDatabase.open(path: folder.database, role: testRole, migrations: testSchema)
        func modes() throws -> Set<Int> {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names.contains("test.sqlite") && names.contains("test.sqlite-wal"))
            return Set(
                try names.map {
                    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + $0)
                    return try #require(attributes[.posixPermissions] as? Int)
                }
            )
        }
        #expect(try modes() == [0o600])
        try database.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.database)
        let again = try DurableDatabase.open(path: folder.database, role: testRole, migrations: testSchema)
        #expect(try modes() == [0o600])
        try again.close()
    }

    @Test func oneProcessHoldsIt() throws {
        let folder = try TestFolder()
        let first = try DurableDatabase.open(path: folder.database, role: testRole, migrations: testSchema)
        func second() throws {
            _ = try DurableDatabase.open(path: folder.database, role: testRole, migrations: testSchema)
        }
        #expect(code(second) == "store.file.in-use")
        try first.close()
        #expect(code(second) == "no error")
    }

    @Test func schemaGrowsStepByStepAndNewerFilesAreRefused() throws {
        let folder = try TestFolder()
        func open(_ migrations: some Sequence<Migration>) throws -> DurableDatabase {
            try DurableDatabase.open(path: folder.database, role: testRole, migrations: Array(migrations))
        }
        let first = try open(testSchema.prefix(1))
        try first.queue.write { try $0.execute(sql: "INSERT INTO entry (body) VALUES (x'01')") }
        try first.close()

        let failing = testSchema + [Migration { try $0.execute(sql: "CREATE TABLE late (id); SELECT nothing") }]
        #expect(code { _ = try open(failing) } == "store.migration.failed")
        let second = try open(testSchema)
        #expect(try pragma(second, "user_version") == "2")
        let tables = try second.queue.read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema ORDER BY name")
        }
        #expect(tables == ["child", "entry"])
        #expect(try second.queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM entry") } == 1)
        try second.close()

        #expect(code { _ = try open(testSchema.prefix(1)) } == "store.file.newer")
        try open(testSchema).close()
    }

    @Test func foreignAndDamagedFilesAreRefused() throws {
        let folder = try TestFolder()
        func open() throws {
            try DurableDatabase.open(path: folder.database, role: testRole, migrations: testSchema).close()
        }
        let other = DatabaseRole(mark: "OTHR")
        try DurableDatabase.open(path: folder.database, role: other, migrations: testSchema).close()
        #expect(code(open) == "store.file.foreign")

        // A database without an application id that holds somebody's tables.
        try FileManager.default.removeItem(atPath: folder.database)
        let plain = try DatabaseQueue(path: folder.database)
        try plain.write { try $0.execute(sql: "CREATE TABLE theirs (id)") }
        try plain.close()
        #expect(code(open) == "store.file.foreign")

        try Data(repeating: 65, count: 5_000).write(to: URL(fileURLWithPath: folder.database))
        #expect(code(open) == "store.file.damaged")

        try FileManager.default.removeItem(atPath: folder.database)
        let database = try DurableDatabase.open(path: folder.database, role: testRole, migrations: testSchema)
        try database.queue.write { connection in
            for _ in 0..<200 {
                try connection.execute(sql: "INSERT INTO entry (body) VALUES (randomblob(300))")
            }
        }
        try database.close()
        let file = try #require(FileHandle(forUpdatingAtPath: folder.database))
        try file.seek(toOffset: 3 * 4_096)
        try file.write(contentsOf: Data(repeating: 0xee, count: 8_192))
        try file.close()
        #expect(code(open) == "store.file.damaged")
    }

    @Test func missingFoldersAndLinksAreRefused() throws {
        let folder = try TestFolder()
        func open(_ path: String) -> String {
            code { _ = try DurableDatabase.open(path: path, role: testRole, migrations: testSchema) }
        }
        #expect(open(folder.path + "/none/test.sqlite") == "store.file.unusable")
        try FileManager.default.createSymbolicLink(
            atPath: folder.database,
            withDestinationPath: folder.path + "/elsewhere"
        )
        #expect(open(folder.database) == "store.file.unusable")
    }

    @Test func diskReserve() throws {
        let free = try FileSystem.freeSpace(at: NSTemporaryDirectory())
        #expect(free > 0)
        try FileSystem.requireReserve(1, at: NSTemporaryDirectory())
        #expect(code { try FileSystem.requireReserve(.max, at: NSTemporaryDirectory()) } == "store.disk.low")
        #expect(code { try FileSystem.requireReserve(1, at: "/none") } == "store.file.unusable")
    }
}
