import Foundation
import GRDB
import Glibc
import Testing
import Vocabulary

@testable import Durability

@Suite struct FaultSeamTests {
    @Test func actsAtTheNamedPassAndOnlyOnce() throws {
        let seam = try FaultSeam(plan: "a:2:error,b:1:error-after")
        var effects = 0
        func step(_ point: String) -> String { code { try seam.around(point) { effects += 1 } } }
        #expect(step("a") == "no error" && effects == 1)
        #expect(step("a") == "store.fault.injected" && effects == 1)
        #expect(step("a") == "no error" && effects == 2)
        #expect(step("b") == "store.fault.injected" && effects == 3)
        #expect(step("b") == "no error" && step("c") == "no error")
        #expect(code { try FaultSeam.none.pass("a") } == "no error")
    }

    @Test(arguments: [
        "", "a", "a:1", "a:0:kill", "a:-1:kill", "a:x:kill", ":1:kill", "a:1:explode", "a:1:kill,", "a:1:kill,a:2:kill",
    ])
    func malformedPlansAreRefused(plan: String) {
        #expect(code { _ = try FaultSeam(plan: plan) } == "store.fault.malformed")
    }

    /// A child process commits numbers one after the other, notes each acknowledged one, and is killed on the way.
    private static func commitUntilKilled(_ folder: String, _ plan: String) async throws {
        let database = try DurableDatabase.open(
            path: folder + "/test.sqlite",
            role: testRole,
            migrations: testSchema
        )
        let committer = GroupCommitter<Int, Int>(
            queue: database.queue,
            seam: try FaultSeam(plan: plan),
            fatal: { _ in exit(3) },
            apply: { database, items in
                for item in items {
                    try database.execute(sql: "INSERT INTO entry (position, body) VALUES (?, x'00')", arguments: [item])
                }
                return items
            }
        )
        let notes = open(folder + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        for number in 1...100 {
            let acknowledged = Array("\(try await committer.submit(number))\n".utf8)
            _ = acknowledged.withUnsafeBytes { write(notes, $0.baseAddress, $0.count) }
        }
    }

    /// Nothing acknowledged may be missing; what was committed but not acknowledged may be there.
    private func check(_ folder: TestFolder, acknowledged: Int, stored: Int) throws {
        let notes = try String(contentsOfFile: folder.path + "/acknowledged", encoding: .utf8)
        #expect(notes.split(separator: "\n").compactMap { Int($0) } == Array(1...acknowledged))
        let database = try DurableDatabase.open(path: folder.database, role: testRole, migrations: testSchema)
        let positions = try database.queue.read { try Int.fetchAll($0, sql: "SELECT position FROM entry ORDER BY 1") }
        #expect(positions == Array(1...stored))
        try database.close()
    }

    @Test func killBeforeCommitLosesOnlyWhatWasNotAcknowledged() async throws {
        let folder = try TestFolder()
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try await Self.commitUntilKilled(path, "journal.commit:5:kill")
        }
        try check(folder, acknowledged: 4, stored: 4)
    }

    @Test func killAfterCommitKeepsWhatWasNotYetAcknowledged() async throws {
        let folder = try TestFolder()
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try await Self.commitUntilKilled(path, "journal.commit:5:kill-after")
        }
        try check(folder, acknowledged: 4, stored: 5)
    }

    @Test func killBeforeReplyKeepsWhatWasNotYetAcknowledged() async throws {
        let folder = try TestFolder()
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try await Self.commitUntilKilled(path, "journal.reply:7:kill")
        }
        try check(folder, acknowledged: 6, stored: 7)
    }

    @Test func environmentArmsIt() async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            setenv("OBIS_FAULT", "here:1:kill", 1)
            try FaultSeam.fromEnvironment().pass("here")
        }
        await #expect(processExitsWith: .success) {
            unsetenv("OBIS_FAULT")
            try FaultSeam.fromEnvironment().pass("here")
            exit(0)
        }
    }
}
