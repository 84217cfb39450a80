import Foundation
import Vocabulary

/// A machine with a token store of its own: SoftHSM2 under a folder that nobody else is told of.
struct TokenHost: Sendable {
    static let module = "/usr/lib/softhsm/libsofthsm2.so"

    let world: World
    let name: String
    let directory: String

    init(_ world: World, _ name: String) throws {
        self.world = world
        self.name = name
        directory = try world.folder(name)
        _ = try world.folder(name, "tokens")
        let configuration = """
            directories.tokendir = \(directory)/tokens
            objectstore.backend = file
            log.level = ERROR
            slots.removable = false

            """
        try Files.write(configuration, to: directory + "/softhsm2.conf")
    }

    func path(_ part: String) -> String { "\(directory)/\(part)" }

    var environment: [String: String] {
        world.environment.merging(["SOFTHSM2_CONF": path("softhsm2.conf")]) { $1 }
    }

    /// A fresh PIN in a file that its owner alone reads.
    func makePIN(_ file: String) throws {
        var generator = SystemRandomNumberGenerator()
        let pin = (0..<20).map { _ in String(Int.random(in: 0...9, using: &generator)) }.joined()
        try Files.write(pin + "\n", to: path(file))
    }

    /// The file by which programs name the token, with its PINs in files beside it. Returns its path.
    func makeTokenFile(_ label: String, pinFiles: [String], officerPINFile: String) throws -> String {
        for file in pinFiles + [officerPINFile] where !FileManager.default.fileExists(atPath: path(file)) {
            try makePIN(file)
        }
        let file = path(label + ".token.json")
        try Files.writeJSON(reference(label, pinFiles: pinFiles, officerPINFile: officerPINFile), to: file)
        return file
    }

    func reference(_ label: String, pinFiles: [String], officerPINFile: String) -> TokenFile {
        TokenFile(
            module: Self.module,
            label: label,
            pinFile: pinFiles.count == 1 ? path(pinFiles[0]) : nil,
            pinFiles: pinFiles.count > 1 ? pinFiles.map(path) : nil,
            officerPINFile: path(officerPINFile)
        )
    }

    @discardableResult
    func run(_ program: String, _ arguments: [String], expecting: Int32 = 0) async throws -> Finished {
        try await world.run(program, arguments, environment: environment, expecting: expecting)
    }

    func service(_ program: String, _ arguments: [String], extra: [String: String] = [:]) throws -> Service {
        try Service(
            name,
            world.programs.path(program),
            arguments,
            environment: environment.merging(extra) { $1 },
            log: world.log(name)
        )
    }
}

/// A token as `obis` reads it.
struct TokenFile: Codable, Sendable {
    let module: String
    let label: String
    let pinFile: String?
    let pinFiles: [String]?
    let officerPINFile: String?
}
