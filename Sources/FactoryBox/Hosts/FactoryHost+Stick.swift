import Foundation
import Vocabulary

/// A stick between factory and portal.
extension FactoryHost {
    private var stick: String { get throws { try world.folder(name, "stick") } }

    /// Unpacks what the portal gave out, as anybody unpacks an archive, and waits until the inbox took all of it.
    func unpack(_ archive: [UInt8]) async throws {
        let folder = try world.folder(name, "stick", UUID().uuidString)
        try Files.write(archive, to: folder + ".tar")
        let unpacked = try await runProgram(
            URL(fileURLWithPath: "/bin/tar"),
            ["-xf", folder + ".tar", "-C", folder],
            environment: world.environment
        )
        guard unpacked.status == 0 else {
            throw Refusal(FactoryBoxError.programFailed, "tar: \(unpacked.errors.prefix(200))")
        }
        // By a move, so that nobody looks at half a file.
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try FileManager.default.moveItem(atPath: folder + "/" + file, toPath: inbox + "/" + file)
        }
        try await inboxIsEmpty()
    }

    /// Has the Factory Service write what the portal lacks; returns the file.
    func bundle() async throws -> String {
        let folder = try stick
        let said = try await run(["bundle", "--out", folder]).output
        guard let file = said.split(separator: ":").first else {
            throw Refusal(FactoryBoxError.unexpected, "bundle: \(said.prefix(200))")
        }
        return folder + "/" + file
    }
}
