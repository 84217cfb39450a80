import Foundation
import TestSupport
import Testing

/// What is the same of all programs, as a person meets it.
@Suite struct CommandLineTests {
    private struct Output {
        let status: Int32
        let out: String
        let error: String
    }

    private static let programs = [
        "edgehsmd", "obis", "obis-demo", "obis-factory", "obis-portal", "obis-station", "obis-verify",
    ]

    private func run(_ program: String, _ arguments: [String]) throws -> Output {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProgram.path(program))
        process.arguments = arguments
        let (out, error) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (out, error)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let texts = [out, error].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
        process.waitUntilExit()
        return Output(status: process.terminationStatus, out: texts[0], error: texts[1])
    }

    @Test(
        "without a subcommand, or with a wrong one, usage goes to standard error and the status is 2",
        arguments: programs
    )
    func wrongUsage(_ program: String) throws {
        let none = try run(program, [])
        #expect(none.status == 2 && none.out.isEmpty && none.error.contains("USAGE: \(program)"), "\(none)")
        for arguments in [["fly"], ["--fly"]] {
            let wrong = try run(program, arguments)
            #expect(wrong.status == 2 && wrong.out.isEmpty && wrong.error.hasPrefix("Error: "), "\(wrong)")
        }
    }

    @Test("help and version are no errors and go to standard output", arguments: programs)
    func asked(_ program: String) throws {
        let help = try run(program, ["--help"])
        #expect(help.status == 0 && help.error.isEmpty && help.out.contains("USAGE: \(program)"))
        let version = try run(program, ["--version"])
        #expect(version.status == 0 && version.error.isEmpty && version.out == "\(program) 1.0.0\n")
    }

    @Test("a group of commands without one of them is wrong usage too")
    func group() throws {
        let none = try run("edgehsmd", ["operator"])
        #expect(none.status == 2 && none.out.isEmpty && none.error.contains("USAGE: edgehsmd operator"))
    }

    @Test("edgehsmd names its operator socket where no daemon answers; wrong usage within a command is 2")
    func noDaemon() throws {
        let role = ["operator", "enrol-station", "--name", "a", "--role", "king", "--fingerprint", "00"]
        #expect(try run("edgehsmd", role).status == 2)
        let absent = try run("edgehsmd", ["operator", "status", "--config", "/absent.json"])
        #expect(absent.status == 1 && absent.out.isEmpty && absent.error.hasPrefix("config.file.unreadable: "))
    }
}
