import Foundation
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import Governance

/// A machine: its folder, its SoftHSM2 store, and the program.
struct CommandLineMachine {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "obis-cli-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/tokens", withIntermediateDirectories: true)
        let configuration =
            "directories.tokendir = \(folder)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder + "/softhsm2.conf"))
    }

    func obis(_ arguments: String...) throws -> Subprocess.Result { try run(arguments) }

    func run(_ arguments: [String]) throws -> Subprocess.Result {
        try Subprocess.run(
            "/usr/bin/env",
            ["-C", folder, "SOFTHSM2_CONF=\(folder)/softhsm2.conf", BuiltProgram.path("obis")] + arguments
        )
    }

    /// Runs a command that must succeed and returns its JSON.
    @discardableResult
    func done(_ arguments: String..., place: SourceLocation = #_sourceLocation) throws -> [String: Any] {
        let result = try Subprocess.run(
            "/usr/bin/env",
            ["-C", folder, "SOFTHSM2_CONF=\(folder)/softhsm2.conf", BuiltProgram.path("obis")] + arguments + [
                "--json"
            ]
        )
        try #require(result.status == 0, "\(arguments): \(result.output)", sourceLocation: place)
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        return object as? [String: Any] ?? ["list": object]
    }

    func write(_ name: String, _ object: Any) throws {
        try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    func folder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }

    /// A token file with PINs in files; `parts` people hold the user PIN.
    func token(_ name: String, parts: Int = 1) throws -> [String: Any] {
        let files = (0..<parts).map { "\(name)-\($0).pin" }
        for file in files {
            try SoftHSMFixture.writePIN("\(UInt64.random(in: 1_000_000...9_999_999))", to: "\(folder)/\(file)")
        }
        try SoftHSMFixture.writePIN("\(UInt64.random(in: 1_000_000...9_999_999))", to: "\(folder)/\(name).so")
        let reference: [String: Any] = [
            "module": SoftHSMFixture.modulePath, "label": name, "pinFiles": files, "officerPINFile": "\(name).so",
        ]
        try write("\(name).token.json", reference)
        return reference
    }

    /// Both officers approve with the digits of the id, as scripts do.
    func approve(_ file: String, by officers: [String] = ["ada", "ben"]) throws {
        let id = try Envelope(parsing: StateFile.read("\(folder)/\(file)", limit: Envelope.largest)).statementID
        for name in officers {
            try done(
                "approve",
                file,
                "--token",
                "\(name).token.json",
                "--role-keys",
                "state/role-keys",
                "--memory",
                "memory-\(name)",
                "--confirm",
                String(id.hex.prefix(8))
            )
        }
    }
}
