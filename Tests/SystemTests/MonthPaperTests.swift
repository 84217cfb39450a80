import Foundation
import TestSupport
import Testing

@testable import FactoryBox

/// The month on paper: what stands anyway is told apart from what each device adds.
@Suite struct MonthPaperTests {
    @Test("an amount at two moments: what stood before no device pays for")
    func line() {
        let line = CostLine(from: 5_000_000, to: 5_300_000, devices: 100)
        #expect(line.fixed == 5_000_000 && line.each == 3_000)
        #expect(line.total(1_000_000) == 3_005_000_000)
        let none = CostLine(from: 7, to: 9, devices: 0)
        #expect(none.fixed == 7 && none.each == nil && none.total(1_000_000) == nil)
    }

    @Test("CPU: start-up is fixed, also that of a process that comes later, and nothing counts after the end")
    func cpu() {
        var account = CPUAccount()
        account.note(1, of: "portal", 2)
        account.note(1, of: "portal", 3)
        account.note(2, of: "line", 1)
        account.begin()
        account.note(1, of: "portal", 5)
        // Starts while devices are made.
        account.note(3, of: "line", 0.5)
        account.note(3, of: "line", 1.5)
        account.note(2, of: "line", 4)
        account.end(made: 10)
        account.note(1, of: "portal", 100)
        account.note(4, of: "line", 100)
        let lines = account.lines
        #expect(lines["portal"] == CostLine(from: 3, to: 5, devices: 10))
        #expect(lines["line"]?.fixed == 1.5 && lines["line"]?.each == 0.4)
    }

    @Test("a month's words: a large fixed part doesn't grow with the devices")
    func words() {
        let sum = CostMeter.Sum(
            processes: 1,
            cpu: CostLine(from: 36, to: 37, devices: 100),
            memory: 90 << 20,
            before: 60 << 20,
            growth: nil,
            written: 0
        )
        let part = MonthPaper.Part(
            name: "portal",
            cost: sum,
            disk: CostLine(from: Double(512 << 20), to: Double(513 << 20), devices: 1_024),
            traffic: .init(
                up: CostLine(from: Double(2 << 20), to: Double(3 << 20), devices: 1_024),
                down: CostLine(from: Double(64 << 20), to: Double(64 << 20), devices: 1_024)
            )
        )
        let words = MonthPaper.words(part)
        // 36 s and a million times 10 ms; 0.5 GiB and a million KiB.
        #expect(words.contains("CPU 36.0 s fixed + 10.0 ms a device: 2.8 h a month, 0.04 cores at peak"))
        #expect(words.contains("memory 60 MiB fixed, 90 at the fullest"))
        #expect(words.contains("disk 512.0 MiB fixed + 1.00 KiB a device: 1.5 GiB after the month"))
        #expect(words.contains("2.00 MiB up fixed + 1.00 KiB a device: 0.03 Mbit/s at peak"))
        #expect(words.contains("64.00 MiB down fixed + 0.00 KiB a device: 0.00 Mbit/s at peak"))
    }

    @Test("a database counts by its pages, whatever its write-ahead log has grown to")
    func writeAheadLog() async throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/some.sqlite"
        // The same pages are written a hundred times, and nothing brings them from the log into the file.
        let rows = (1...100).map { "UPDATE t SET b = randomblob(20000), n = \($0);" }.joined()
        let words = """
            .dbconfig no_ckpt_on_close on
            PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (n, b); INSERT INTO t VALUES (0, '');
            \(rows)
            """
        try await shell(file, words)
        let log = try #require(FileManager.default.attributesOfItem(atPath: file + "-wal")[.size] as? Int)
        let before = await DiskSize.ofFolders([folder.path])
        #expect(log > 1_000_000 && before > 20_000 && before < 60_000)
        try await shell(file, "PRAGMA wal_checkpoint(TRUNCATE);")
        let size = try #require(FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
        #expect(before == size)
        #expect(await DiskSize.ofFiles([file]) == size)
    }

    @Test("files that are no databases count by their octets, nested ones too; what is not there by none")
    func others() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/deep", withIntermediateDirectories: true)
        try Data(repeating: 1, count: 1_000).write(to: URL(fileURLWithPath: folder.path + "/deep/a"))
        try Data().write(to: URL(fileURLWithPath: folder.path + "/empty"))
        #expect(await DiskSize.ofFolders([folder.path]) == 1_000)
        #expect(await DiskSize.ofFiles([folder.path + "/none"]) == 0)
    }

    private func shell(_ file: String, _ words: String) async throws {
        let finished = try await runProgram(
            URL(fileURLWithPath: "/usr/bin/sqlite3"),
            ["-batch", file],
            environment: ["PATH": "/usr/bin:/bin"],
            input: words
        )
        #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished.errors)")
    }
}
