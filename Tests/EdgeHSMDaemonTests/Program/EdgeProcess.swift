import EdgeHSMDaemon
import Foundation
import KeyCustody
import LineProtocol
import OEMWorld
import ServiceSupport
import Statements
import TestSupport
import Vocabulary

/// The real program on the token and folder of an `EngineWorld`.
final class EdgeProcess {
    private let process: Process
    private let log: String
    let port: Int

    var isRunning: Bool { process.isRunning }
    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    struct DidNotServe: Error { let output: String }

    /// Starts `edgehsmd run` and returns when it serves.
    init(_ world: EngineWorld, faults: String? = nil) async throws {
        let configuration = world.folder.path("edgehsmd.json")
        try Data(StatementCoding.encode(try Self.configuration(world))).write(to: URL(fileURLWithPath: configuration))
        log = world.folder.path("edgehsmd-\(UInt32.random(in: 0...UInt32.max)).log")
        try Data().write(to: URL(fileURLWithPath: log))
        process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProgram.path("edgehsmd"))
        process.arguments = ["run", "--config", configuration]
        var environment = ProcessInfo.processInfo.environment
        environment["SOFTHSM2_CONF"] = try SoftHSMFixture.shared().configurationPath
        environment["OBIS_FAULT"] = faults
        process.environment = environment
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        var found: Int?
        for _ in 0..<1_500 where found == nil && process.isRunning {
            try await Task.sleep(for: .milliseconds(20))
            found = Self.port(in: (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
        }
        guard let found else {
            process.terminate()
            throw DidNotServe(output: (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
        }
        port = found
    }

    /// A command that ends by itself; returns what it printed.
    static func run(_ arguments: [String], _ world: EngineWorld) async throws -> String {
        // The command may speak to a server of this process: waiting for it must not hold a thread of that server.
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try runBlocking(arguments, world) }) }
        }
    }

    private static func runBlocking(_ arguments: [String], _ world: EngineWorld) throws -> String {
        let configuration = world.folder.path("command.json")
        try Data(StatementCoding.encode(try Self.configuration(world))).write(to: URL(fileURLWithPath: configuration))
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: BuiltProgram.path("edgehsmd"))
        process.arguments = arguments + ["--config", configuration]
        var environment = ProcessInfo.processInfo.environment
        environment["SOFTHSM2_CONF"] = try SoftHSMFixture.shared().configurationPath
        process.environment = environment
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: printed, as: UTF8.self)
    }

    private static func port(in log: String) -> Int? {
        guard let line = log.split(separator: "\n").first(where: { $0.contains("\"message\":\"serving\"") }),
            let start = line.range(of: "\"port\":\"")
        else { return nil }
        return Int(line[start.upperBound...].prefix { $0.isNumber })
    }

    private static func configuration(_ world: EngineWorld) throws -> EdgeConfiguration {
        var configuration = world.configuration
        let label = world.token.information.label
        configuration.token = .init(
            module: SoftHSMFixture.modulePath,
            label: label,
            pinFile: try SoftHSMFixture.shared().directory + "/\(label).pin",
            sessions: 2
        )
        configuration.metricsFile = world.folder.path("metrics")
        return configuration
    }

    var identifier: pid_t { process.processIdentifier }

    func signal(_ number: Int32) { kill(identifier, number) }

    /// The exit status; negative for the signal that ended it.
    func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}
