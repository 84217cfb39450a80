import Crypto
import Foundation
import ServiceSupport
import StationService
import Testing
import Vocabulary

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
        ("obis-station", []), ("obis-factory", []),
    ])
    func wrongUsageIsTwo(_ program: String, _ arguments: [String]) throws {
        let output = try run(program, arguments)
        #expect(output.code == 2 && output.out.isEmpty && !output.error.isEmpty)
    }

    @Test func aRefusalIsPrintedWithCodeAndRemedy() throws {
        let path = try folder() + "/station.json"
        try #"{"name":"a","colour":"red"}"#.write(toFile: path, atomically: true, encoding: .utf8)
        let absent = try run("obis-factory", ["status", "--config", "/absent.json"])
        #expect(absent.code == 1 && absent.error.hasPrefix("config.file.unreadable"))
        for (path, code) in [(path, "config.value.invalid"), ("/absent.json", "config.file.unreadable")] {
            let chip = ["--config", path, "--work-order", "b", "--chip", "/s"]
            for arguments in [
                ["run", "--config", path, "--work-order", "b", "--quantity", "1"], ["rework"] + chip,
                ["reprovision"] + chip, ["rotate"] + chip, ["status", "--config", path],
            ] {
                let output = try run("obis-station", arguments)
                #expect(output.code == 2 && output.error.hasPrefix(code), "\(arguments)")
            }
        }
    }

    private struct Refused: Decodable {
        let type: String
        let refused: Refusal
    }

    /// A station whose configuration is good and whose line is not there.
    private func lonelyStation(usage: String = "digitalSignature,keyCertSign") throws -> String {
        let folder = try folder()
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=station-1",
            "-days", "2", "-addext", "keyUsage=critical,\(usage)", "-keyout", folder + "/k.pem", "-out",
            folder + "/c.pem",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder + "/k.pem")
        let configuration = StationConfiguration(
            name: StationName(validated: "station-1"),
            tls: .init(certificates: folder + "/c.pem", key: folder + "/k.pem", authorities: folder + "/c.pem"),
            edgeHSM: .init(
                id: EdgeHSMID(validated: "edge-1"),
                host: "127.0.0.1",
                port: 1,
                identityKey: P256Point(validated: Array(P256.Signing.PrivateKey().publicKey.x963Representation))
            ),
            factory: .init(name: StationName(validated: "factory-1"), host: "127.0.0.1", port: 1),
            chips: [folder + "/chip"],
            state: folder + "/state",
            labels: folder + "/labels",
            attempts: 1,
            profile: .lab
        )
        try JSONEncoder().encode(configuration).write(to: URL(filePath: folder + "/station.json"))
        return folder + "/station.json"
    }

    @Test func aLineThatIsNotThereIsOneJSONObjectThatNamesIt() throws {
        let config = try lonelyStation()
        let common = ["--config", config, "--work-order", "b"]
        for arguments in [
            ["run", "--quantity", "1"] + common, ["rework", "--chip", "/s"] + common,
            ["rotate", "--chip", "/s"] + common,
        ] {
            let output = try run("obis-station", arguments + ["--json"])
            #expect(output.code == 3 && output.error.isEmpty, "\(output)")
            let told = try JSONDecoder().decode(Refused.self, from: Data(output.out.utf8))
            #expect(told.type == "refused" && told.refused.code == "net.connect.failed" && !told.refused.remedy.isEmpty)
            #expect(
                told.refused.detail
                    == "Factory Service factory-1 at 127.0.0.1:1: connection refused, nothing listens there"
            )
            let words = try run("obis-station", arguments)
            #expect(words.code == 3 && words.out.isEmpty && words.error.hasPrefix("net.connect.failed: "))
        }
        let status = try run("obis-station", ["status", "--config", config, "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(status.out.utf8)) as? [String: Any]
        #expect(status.code == 3 && status.error.isEmpty && object?["refusal"] != nil && object?["waiting"] != nil)
    }

    @Test func aLineWithoutScannersBeginsNothing() throws {
        let config = try lonelyStation()
        let text = try String(contentsOf: URL(filePath: config), encoding: .utf8)
        try #require(text.contains(#""profile":"lab""#))
        try text.replacing(#""profile":"lab""#, with: #""profile":"production""#)
            .write(to: URL(filePath: config), atomically: true, encoding: .utf8)
        let output = try run("obis-station", ["run", "--quantity", "1", "--config", config, "--work-order", "b"])
        #expect(output.code == 2 && output.error.hasPrefix("station.scanner.missing: "), "\(output)")
    }

    @Test func aCertificateThatTLSDoesNotTakeIsARefusalOfTheConfiguration() throws {
        let config = try lonelyStation(usage: "keyCertSign")
        let output = try run("obis-station", ["status", "--config", config])
        #expect(output.code == 2 && output.error.hasPrefix("tls.file.malformed: "), "\(output)")
        #expect(output.error.contains("CN=station-1"))
    }

    @Test func aServiceThatIsNotThereIsOneJSONObjectThatNamesItsSocket() throws {
        let folder = try folder()
        let absent = try run("obis-factory", ["status", "--json", "--config", folder + "/absent.json"])
        #expect(absent.code == 1 && absent.error.isEmpty)
        let told = try JSONDecoder().decode(Refused.self, from: Data(absent.out.utf8))
        #expect(told.refused.code == "config.file.unreadable" && told.refused.detail.contains("absent.json"))
        let point = Hex.encode(Array(P256.Signing.PrivateKey().publicKey.x963Representation))
        let configuration = """
            {"name":"factory-1","listen":{"host":"127.0.0.1","port":0},"socket":"\(folder)/s","state":"\(folder)/state",\
            "inbox":"\(folder)/inbox","tls":{"certificates":"/c","key":"/k","authorities":"/a"},\
            "edgeHSM":{"id":"edge-1","host":"127.0.0.1","port":1,"identityKey":"\(point)"}}
            """
        try configuration.write(toFile: folder + "/factory.json", atomically: true, encoding: .utf8)
        let lonely = try run("obis-factory", ["status", "--json", "--config", folder + "/factory.json"])
        #expect(lonely.code == 1 && lonely.error.isEmpty)
        let refused = try JSONDecoder().decode(Refused.self, from: Data(lonely.out.utf8)).refused
        #expect(refused.code == "net.connect.failed")
        #expect(refused.detail == "the Factory Service's socket at \(folder)/s: there is no such socket")
    }

    @Test(arguments: ["obis-station", "obis-factory"])
    func theVersionIsTold(_ program: String) throws {
        let output = try run(program, ["--version"])
        #expect(output.code == 0 && output.out == "\(program) 1.0.0\n")
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
