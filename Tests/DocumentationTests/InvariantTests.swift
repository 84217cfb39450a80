import Foundation
import TestSupport
import Testing

/// What the documents promise of the tests.
@Suite("Invariants and skipped tests")
struct InvariantTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test("each invariant of docs/architecture.md is named by a test")
    func named() throws {
        let document = try String(contentsOf: Self.root.appendingPathComponent("docs/architecture.md"), encoding: .utf8)
        let invariants = document.matches(of: /- \*\*(I\d+)\*\*\s/).map { String($0.output.1) }
        #expect(invariants == (1...10).map { "I\($0)" })
        let tests = Self.root.appendingPathComponent("Tests")
        var named: Set<String> = []
        let files = try #require(FileManager.default.enumerator(atPath: tests.path))
        for case let file as String in files where file.hasSuffix(".swift") && !file.hasSuffix("InvariantTests.swift") {
            let text = try String(contentsOf: tests.appendingPathComponent(file), encoding: .utf8)
            for match in text.matches(of: /\bI\d+\b/) { named.insert(String(match.output)) }
        }
        #expect(Set(invariants).subtracting(named).isEmpty, "\(Set(invariants).subtracting(named))")
    }

    private func skips(_ log: String, _ environment: String...) throws -> Subprocess.Result {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let file = try folder.write("log", Array(log.utf8))
        let script = Self.root.appendingPathComponent("scripts/skips").path
        return try Subprocess.run(
            "/usr/bin/env",
            ["-u", "OBIS_NO_SKIPS", "-u", "OBIS_MAY_SKIP"] + environment + [script, file]
        )
    }

    @Test("skipped tests are listed with their reasons, and refused where they could run")
    func skipped() throws {
        let plain = "✔ Test skippedEntries() passed after 0.1 seconds.\n◇ Test run started.\n"
        let none = try skips(plain, "OBIS_NO_SKIPS=1")
        #expect(none.status == 0 && none.output.isEmpty, "\(none.output)")

        let tool =
            plain + "➜ Suite ImgtoolTests skipped: \"imgtool is not installed\"\n"
            + "➜ Test acceptsWhatTheBuilderMakes() skipped: \"imgtool is not installed\"\n"
        for environment in [["OBIS_NO_SKIPS=0"], ["OBIS_NO_SKIPS=1"]] {
            let result = try skips(tool, environment[0])
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("  acceptsWhatTheBuilderMakes() skipped: \"imgtool is not installed\"\n"))
        }
        let forbidden = tool + "➜ Test \"I6: no key\" skipped: \"the kernel forbids reading a child's memory here\"\n"
        #expect(try skips(forbidden).status == 0)
        let refused = try skips(forbidden, "OBIS_NO_SKIPS=1")
        #expect(refused.status == 1)
        #expect(refused.output.components(separatedBy: "I6: no key").count == 3, "\(refused.output)")
        let silent = try skips(plain + "➜ Test quiet() skipped\n", "OBIS_NO_SKIPS=1")
        #expect(silent.status == 1, "without a reason")
        let vectors = plain + "➜ Test path() skipped: \"no conformance vectors: set OBIS_VECTORS to their folder\"\n"
        #expect(try skips(vectors, "OBIS_NO_SKIPS=1").status == 1)
        #expect(try skips(vectors, "OBIS_NO_SKIPS=1", "OBIS_MAY_SKIP=no conformance vectors").status == 0)
    }
}
