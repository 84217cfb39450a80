import Foundation
import Testing

/// The programs as a person types them.
@Suite struct CommandLineTests {
    struct Output {
        let code: Int32
        let out: String
        let error: String
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func run(_ program: String, _ arguments: [String]) throws -> Output {
        let process = Process()
        process.executableURL = Self.root.appending(path: ".build/debug/" + program)
        process.arguments = arguments
        let (out, error) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = error
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let texts = [out, error].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
        process.waitUntilExit()
        return Output(code: process.terminationStatus, out: texts[0], error: texts[1])
    }

    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "obis-cli-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test(arguments: [
        ("obis-station", ["--help"]), ("obis-station", ["run", "--help"]), ("obis-factory", ["--help"]),
        ("obis-factory", ["status", "--help"]),
    ])
    func helpIsNoError(_ program: String, _ arguments: [String]) throws {
        let output = try run(program, arguments)
        #expect(output.code == 0 && output.out.contains("USAGE"))
    }

    @Test(arguments: [
        ("obis-station", ["run"]), ("obis-station", ["fly"]),
        ("obis-station", ["run", "--config", "/c", "--work-order", "b", "--quantity", "0"]),
        ("obis-station", ["run", "--config", "/c", "--work-order", "b", "--quantity", "1", "--sites", "17"]),
        ("obis-station", ["run", "--config", "/c", "--work-order", "b", "--quantity", "x"]),
        ("obis-station", ["rework", "--config", "/c", "--work-order", "b", "--chip", "/s", "--permissions", "zz"]),
        ("obis-station", ["request-certificate", "--name", "a/b", "--key", "/tmp/k", "--request", "/tmp/r"]),
        ("obis-factory", ["load"]), ("obis-factory", ["close", "--config", "/c", "abc"]), ("obis-factory", ["run"]),
    ])
    func wrongUsageIsTwo(_ program: String, _ arguments: [String]) throws {
        let output = try run(program, arguments)
        #expect(output.code == 2 && output.out.isEmpty && !output.error.isEmpty)
    }

    @Test func aRefusalIsPrintedWithCodeAndRemedy() throws {
        let path = try folder() + "/station.json"
        try #"{"name":"a","colour":"red"}"#.write(toFile: path, atomically: true, encoding: .utf8)
        let arguments = ["run", "--config", path, "--work-order", "b", "--quantity", "1"]
        let output = try run("obis-station", arguments)
        #expect(output.code == 3 && output.error.hasPrefix("config."))
        let absent = try run("obis-factory", ["status", "--config", "/absent.json"])
        #expect(absent.code == 1 && absent.error.hasPrefix("config.file.unreadable"))
    }

    @Test func aCertificateRequestIsReadByOpenSSL() throws {
        let folder = try folder()
        let files = (key: folder + "/k.pem", request: folder + "/r.der")
        let arguments = ["request-certificate", "--name", "station-1", "--key", files.key, "--request", files.request]
        let made = try run("obis-station", arguments)
        #expect(made.code == 0 && made.out.hasPrefix("fingerprint "))
        #expect(!made.out.contains("PRIVATE"))
        let check = Process()
        check.executableURL = URL(filePath: "/usr/bin/openssl")
        check.arguments = ["req", "-inform", "DER", "-in", files.request, "-noout", "-verify"]
        check.standardError = FileHandle.nullDevice
        check.standardOutput = FileHandle.nullDevice
        try check.run()
        check.waitUntilExit()
        #expect(check.terminationStatus == 0)
        #expect(try run("obis-station", arguments).code == 3, "a key is never replaced")
    }
}
