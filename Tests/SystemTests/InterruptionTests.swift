import FactoryBox
import Foundation
import Glibc
import TestSupport
import Testing

extension SystemTests {
    /// A process of the demo, as its list and the kernel name it.
    private struct Listed: Hashable {
        let process: Int32
        let start: String
        var isRunning: Bool { Self.start(of: process) == start }

        /// Field 22 of /proc/PID/stat; a zombie has ended.
        static func start(of process: Int32) -> String? {
            guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            return fields.count > 19 && fields[0] != "Z" ? String(fields[19]) : nil
        }

        /// As the kernel names it to everybody; /proc/PID/exe of a process that forbids inspection is root's alone.
        var program: String? {
            (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8))?
                .trimmingCharacters(in: .newlines)
        }
    }

    private static func listed(in folder: String) -> Set<Listed> {
        let text = (try? String(contentsOfFile: folder + "/pids", encoding: .utf8)) ?? ""
        return Set(
            text.split(separator: "\n").compactMap { line in
                let fields = line.split(separator: " ")
                return fields.count == 2 ? Int32(fields[0]).map { Listed(process: $0, start: String(fields[1])) } : nil
            }
        )
    }

    /// The demo, started as a person starts it, up to the moment in which portal, EdgeHSM and Factory Service run.
    private static func demo(in folder: String) async throws -> (Process, Set<Listed>) {
        let demo = Process()
        demo.executableURL = URL(fileURLWithPath: BuiltProgram.path("obis-demo"))
        demo.arguments = ["run", "--directory", folder, "--once"]
        demo.standardInput = FileHandle.nullDevice
        demo.standardOutput = FileHandle.nullDevice
        demo.standardError = FileHandle.nullDevice
        try demo.run()
        let wanted: Set<String> = ["obis-portal", "edgehsmd", "obis-factory"]
        let deadline = ContinuousClock.now + .seconds(300)
        while demo.isRunning, ContinuousClock.now < deadline {
            let running = listed(in: folder).filter(\.isRunning)
            let names = running.compactMap(\.program)
            if wanted.isSubset(of: names) { return (demo, running) }
            try await Task.sleep(for: .milliseconds(20))
        }
        kill(demo.processIdentifier, SIGKILL)
        throw Missed()
    }

    private struct Missed: Error {}

    private static func ended(_ demo: Process) async throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(60)
        while demo.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
        try #require(!demo.isRunning)
        return demo.terminationReason == .uncaughtSignal ? 128 + demo.terminationStatus : demo.terminationStatus
    }

    private static func sockets(of folder: String) throws -> String {
        try String(contentsOfFile: folder + "/sockets", encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    private static func clean(_ folder: String) throws {
        let result = try Subprocess.run(BuiltProgram.path("obis-demo"), ["clean", "--directory", folder])
        #expect(result.status == 0, "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    /// Ctrl-C while the services run: all end with the demo, and `clean` removes the rest.
    @Test func anInterruptionLeavesNoProcess() async throws {
        try await withTemporaryFolder { folder in
            let (demo, running) = try await Self.demo(in: folder)
            #expect(running.count >= 3)
            kill(demo.processIdentifier, SIGINT)
            let status = try await Self.ended(demo)
            #expect(status == 128 + SIGINT)
            let left = Self.listed(in: folder).union(running).filter(\.isRunning)
            #expect(left.isEmpty, "\(left.compactMap(\.program))")
            let sockets = try Self.sockets(of: folder)
            #expect(!FileManager.default.fileExists(atPath: sockets))
            try Self.clean(folder)
        }
    }

    /// A demo that is killed can end nobody: `clean` does.
    @Test func cleanEndsWhatAKilledDemoLeft() async throws {
        try await withTemporaryFolder { folder in
            let (demo, running) = try await Self.demo(in: folder)
            let sockets = try Self.sockets(of: folder)
            kill(demo.processIdentifier, SIGKILL)
            let status = try await Self.ended(demo)
            #expect(status == 128 + SIGKILL)
            let orphans = running.filter(\.isRunning)
            #expect(!orphans.isEmpty, "the processes of the demo outlive it")
            try Self.clean(folder)
            // Orphans are buried by whoever adopted them, a moment later.
            let deadline = ContinuousClock.now + .seconds(10)
            while running.contains(where: \.isRunning), ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
            let left = running.filter(\.isRunning)
            #expect(left.isEmpty, "\(left.compactMap(\.program))")
            #expect(!FileManager.default.fileExists(atPath: sockets))
        }
    }
}
