import Compression
import Foundation
import TestSupport
import Testing

/// Judged by the gzip program.
@Suite struct GzipTests {
    @Test("what gzip unpacks is what was packed, the same at each time, and smaller or nothing")
    func roundTrip() throws {
        let seed = Seed.take("CompressionTests.GzipTests")
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let texts: [[UInt8]] = [
            [UInt8](repeating: 0x61, count: 100), Array(String(repeating: ".a{color:red}\n", count: 9_000).utf8),
            generator.bytes(70_000) + [UInt8](repeating: 7, count: 200_000),
        ]
        for text in texts {
            let packed = try #require(Gzip.compressed(text))
            #expect(packed.count < text.count && packed == Gzip.compressed(text), "seed \(seed)")
            let file = folder.path + "/packed.gz"
            try Data(packed).write(to: URL(fileURLWithPath: file))
            let result = try Subprocess.run("/bin/sh", ["-c", "gzip -dc \(file) > \(folder.path)/text"])
            #expect(result.status == 0, "\(result.output)")
            #expect(try Array(Data(contentsOf: URL(fileURLWithPath: folder.path + "/text"))) == text, "seed \(seed)")
        }
        for text in [[], [1], generator.bytes(5_000)] { #expect(Gzip.compressed(text) == nil) }
    }
}
