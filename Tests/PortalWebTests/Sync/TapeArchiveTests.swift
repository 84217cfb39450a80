import Foundation
import Testing
import Vocabulary

@testable import PortalWeb

@Suite("Archives")
struct TapeArchiveTests {
    @Test("tar unpacks what was packed, into the folders that the names say")
    func unpacks() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("obis-tar-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files: [(name: String, content: [UInt8])] = [
            ("approval-lamp-1.0.0.json", Array("{}".utf8)),
            ("previous/approval-lamp-1.json", [UInt8](repeating: 7, count: 512)),
            ("role-keys.json", [UInt8](repeating: 9, count: 513)),
        ]
        let archive = folder.appendingPathComponent("sign.tar")
        try Data(TapeArchive.bytes(of: files, time: Instant(seconds: 1_795_000_000))).write(to: archive)
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "-xf", archive.path, "-C", folder.path]
        try tar.run()
        tar.waitUntilExit()
        #expect(tar.terminationStatus == 0)
        for file in files {
            #expect(
                try [UInt8](Data(contentsOf: folder.appendingPathComponent(file.name))) == file.content,
                "\(file.name)"
            )
        }
    }
}
