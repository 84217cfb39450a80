import TestSupport
import Testing
import TransparencyLog
import Vocabulary

/// Keeps what a store would keep, and counts what is read.
private final class Shelf: TileSource {
    var levels: [Int: [Digest256]] = [:]
    var read = 0

    func hashes(level: Int, _ range: Range<Int>) throws -> [Digest256] {
        #expect(range.count <= TileLevel.width)
        read += range.count
        let held = levels[level] ?? []
        return range.upperBound <= held.count ? Array(held[range]) : []
    }
}

@Suite struct TiledTreeTests {
    private func shelf(_ count: Int) -> (Shelf, MerkleTree, CompactRange) {
        let shelf = Shelf()
        var (tree, frontier) = (MerkleTree(), CompactRange())
        for number in 0..<count {
            let leaf = MerkleHash.leaf((0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) })
            tree.append(leaf)
            frontier.append(leaf) { subtree in
                guard let level = TileLevel.of(subtree) else { return }
                #expect(shelf.levels[level, default: []].count == subtree.index)
                shelf.levels[level, default: []].append(subtree.hash)
            }
        }
        return (shelf, tree, frontier)
    }

    @Test("roots, proofs and frontiers are those of the tree in memory")
    func agreesWithTheTree() throws {
        let seed = Seed.take("TransparencyLogTests.TiledTreeTests")
        var random = SeededGenerator(seed: seed)
        let count = 2_000
        let (shelf, tree, frontier) = shelf(count)
        let tiled = TiledTree(size: count, source: shelf)
        #expect(try tiled.frontier(at: count) == frontier, "seed \(seed)")
        for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, 1_999, 2_000] {
            #expect(try tiled.root(at: size) == tree.root(at: size), "size \(size)")
            #expect(try tiled.frontier(at: size).root == tree.root(at: size), "size \(size)")
        }
        for _ in 0..<100 {
            let size = Int.random(in: 1...count, using: &random)
            let index = Int.random(in: 0..<size, using: &random)
            #expect(try tiled.inclusion(of: index, size: size) == tree.inclusion(of: index, size: size), "seed \(seed)")
            #expect(
                try tiled.consistency(from: index, to: size) == tree.consistency(from: index, to: size),
                "seed \(seed)"
            )
        }
    }

    @Test("a proof from a large log reads few hashes")
    func readsFew() throws {
        let count = 200_000
        let (shelf, tree, _) = shelf(count)
        let tiled = TiledTree(size: count, source: shelf)
        for index in [0, 65_535, 65_536, 131_071, 199_999] {
            shelf.read = 0
            let proof = try tiled.inclusion(of: index, size: count)
            #expect(shelf.read <= 3 * TileLevel.width)
            #expect(try proof == tree.inclusion(of: index, size: count))
        }
    }

    @Test("what the log never had, and hashes that storage lost, are refused")
    func refusals() throws {
        let (shelf, _, _) = shelf(300)
        let tiled = TiledTree(size: 300, source: shelf)
        #expect(throws: Refusal.self) { try tiled.root(at: 301) }
        #expect(throws: Refusal.self) { try tiled.root(at: -1) }
        #expect(throws: Refusal.self) { try tiled.inclusion(of: 300, size: 300) }
        #expect(throws: Refusal.self) { try tiled.frontier(at: 301) }
        shelf.levels[1] = []
        #expect(throws: Refusal.self) { try tiled.root(at: 300) }
    }
}
