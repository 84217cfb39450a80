import Foundation
import Testing

@testable import FactoryBox

/// The searcher itself: what it must find, and what it must not take for a secret.
@Suite struct SearchTests {
    private static func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }

    private static func found(_ search: PatternSearch, in bytes: [UInt8]) -> Set<Int> {
        bytes.withUnsafeBytes { search.find(in: $0) }
    }

    /// However a secret stands between other octets, one of its patterns sees it; with one bit turned none does.
    @Test(arguments: [16, 20, 32]) func everyFormIsFound(size: Int) {
        for _ in 0..<40 {
            let secret = Self.random(size)
            let search = PatternSearch(ScanPattern.all(of: "secret", secret))
            let (before, after) = (Self.random(Int.random(in: 0...40)), Self.random(Int.random(in: 1...40)))
            func text(_ bytes: [UInt8]) -> [[UInt8]] {
                let whole = before + bytes + after
                let hex = whole.map { String(format: "%02x", $0) }.joined()
                let base64 = Data(whole).base64EncodedString()
                let safe = base64.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                return [whole, whole.reversed()] + [hex, hex.uppercased(), base64, safe].map { Array($0.utf8) }
            }
            for form in text(secret) { #expect(!Self.found(search, in: form).isEmpty) }
            var other = secret
            // The outermost bits share a character of base64 with what stands beside.
            other[Int.random(in: 1..<(size - 1))] ^= 1 << UInt8.random(in: 0..<8)
            for form in text(other) { #expect(Self.found(search, in: form).isEmpty) }
        }
    }

    /// Files and mappings are read in pieces of 8 MiB: a secret on the border is in neither piece alone.
    @Test func bordersOfPiecesHideNothing() throws {
        let secret = Self.random(16)
        let reader = ScanReader(PatternSearch(ScanPattern.all(of: "secret", secret)))
        defer { reader.release() }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("obis-search-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for start in [8 * 1_048_576 - 16, 8 * 1_048_576 - 15, 8 * 1_048_576 - 1, 8 * 1_048_576] {
            var bytes = [UInt8](repeating: 0, count: 9 * 1_048_576)
            bytes.replaceSubrange(start..<(start + 16), with: secret)
            try Data(bytes).write(to: folder.appendingPathComponent("file"))
            let reading = try reader.files(under: folder.path)
            #expect(reading.bytes == bytes.count)
            #expect(reading.found.count == 1, "secret at \(start)")
        }
    }

    /// All of this process's memory is looked at: the newest of its mappings too.
    @Test func ownMemoryIsSeen() throws {
        let secret = Self.random(24)
        let search = PatternSearch(ScanPattern.all(of: "secret", secret))
        let reader = ScanReader(search)
        defer { reader.release() }
        let area = mmap(nil, 4_096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        let mapping = try #require(area)
        defer { munmap(mapping, 4_096) }
        // Reversed, so that no other copy of it can be what is found.
        mapping.copyMemory(from: Array(secret.reversed()), byteCount: secret.count)
        let reading = try reader.memory(of: getpid())
        #expect(reading.found.contains { search.patterns[$0].encoding == .reversed })
    }

    /// The same seed draws the same rounds, and a dozen rounds reach every party.
    @Test func killsAreRepeatable() {
        var (first, second) = (KillPlan(seed: 7), KillPlan(seed: 7))
        let points = (0..<12).map { _ in first.next() }
        #expect(points.map(\.description) == (0..<12).map { _ in second.next().description })
        #expect(Set(points.map(\.party)) == Set(KillParty.allCases))
    }
}
