import Crypto
import Foundation
import TestSupport
import Testing
import TransparencyLog
import Vocabulary

/// RFC 6962's definition word by word, for one list of leaves; what was hashed once is remembered.
private final class Naive {
    private var known: [Range<Int>: Digest256] = [:]

    func root(_ leaves: ArraySlice<Digest256>) -> Digest256 {
        guard leaves.count > 1 else { return leaves.first ?? MerkleHash.empty }
        if let root = known[leaves.indices] { return root }
        let (left, right) = halves(leaves)
        let new = MerkleHash.node(root(left), root(right))
        known[leaves.indices] = new
        return new
    }

    func path(_ index: Int, _ leaves: ArraySlice<Digest256>) -> [Digest256] {
        guard leaves.count > 1 else { return [] }
        let (left, right) = halves(leaves)
        return index < left.count
            ? path(index, left) + [root(right)] : path(index - left.count, right) + [root(left)]
    }

    func proof(_ first: Int, _ leaves: ArraySlice<Digest256>, _ whole: Bool) -> [Digest256] {
        if first == leaves.count { return whole ? [] : [root(leaves)] }
        let (left, right) = halves(leaves)
        return first <= left.count
            ? proof(first, left, whole) + [root(right)] : proof(first - left.count, right, false) + [root(left)]
    }

    private func halves(_ leaves: ArraySlice<Digest256>) -> (ArraySlice<Digest256>, ArraySlice<Digest256>) {
        var power = 1
        while power * 2 < leaves.count { power *= 2 }
        let middle = leaves.startIndex + power
        return (leaves[..<middle], leaves[middle...])
    }
}

/// The eight leaves of the reference implementation of RFC 6962 and the roots of all their prefixes.
private let referenceLeaves: [[UInt8]] = [
    [], [0], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
    Array(0x50...0x57), Array(0x60...0x6f),
]
private let referenceRoots = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

private func leaves(_ count: Int) -> [Digest256] {
    (0..<count).map { MerkleHash.leaf([UInt8($0 & 255), UInt8($0 >> 8)]) }
}

private func refused(_ body: () throws -> Void) -> Bool {
    do { try body() } catch { return error is Refusal }
    return false
}

@Suite struct MerkleTests {
    @Test func rootsOfTheReferenceLeaves() throws {
        var frontier = CompactRange()
        var tree = MerkleTree()
        #expect(frontier.root.hex == referenceRoots[0] && tree.root.hex == referenceRoots[0])
        for (index, leaf) in referenceLeaves.enumerated() {
            frontier.append(MerkleHash.leaf(leaf))
            tree.append(MerkleHash.leaf(leaf))
            #expect(frontier.root.hex == referenceRoots[index + 1])
            #expect(tree.root.hex == referenceRoots[index + 1])
        }
        for size in 0...8 { #expect(try tree.root(at: size).hex == referenceRoots[size]) }
    }

    @Test func proofsOfTheReferenceLeaves() throws {
        // The published proofs of the reference implementation: inclusion of 5 in 8, consistency of 6 and 8.
        let tree = MerkleTree(leaves: referenceLeaves.map { MerkleHash.leaf($0) })
        #expect(
            try tree.inclusion(of: 5, size: 8).hashes.map(\.hex) == [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        )
        #expect(
            try tree.consistency(from: 6, to: 8).hashes.map(\.hex) == [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        )
    }

    @Test func everySizeTo130EqualsTheDefinition() async throws {
        let all = leaves(130)
        let naive = Naive()
        let tree = MerkleTree(leaves: all)
        let lean = ProofBuilder(leaf: { all[$0] })
        for size in 0...130 {
            await Task.yield()
            let root = naive.root(all[..<size])
            #expect(try tree.root(at: size) == root)
            #expect(CompactRange.root(of: 0..<size, leaf: { all[$0] }) == root)
            for index in 0..<size {
                let proof = try tree.inclusion(of: index, size: size)
                if proof.hashes != naive.path(index, all[..<size]) { Issue.record("entry \(index) of \(size)") }
                try proof.verify(leaf: all[index], root: root)
            }
            for first in 0...size {
                let proof = try tree.consistency(from: first, to: size)
                if first > 0, proof.hashes != naive.proof(first, all[..<size], true) {
                    Issue.record("from \(first) to \(size)")
                }
                try proof.verify(firstRoot: naive.root(all[..<first]), secondRoot: root)
            }
            if size > 0 {
                #expect(try lean.inclusion(of: size / 3, size: size) == tree.inclusion(of: size / 3, size: size))
                #expect(try lean.consistency(from: size / 2, to: size) == tree.consistency(from: size / 2, to: size))
            }
        }
    }

    @Test func brokenInclusionProofsAreRefused() throws {
        let all = leaves(70)
        let tree = MerkleTree(leaves: all)
        for size in [1, 2, 3, 7, 8, 33, 64, 65, 70] {
            let root = try tree.root(at: size)
            for index in 0..<size {
                let right = try tree.inclusion(of: index, size: size)
                func accepts(_ hashes: [Digest256], _ index: Int, _ size: Int) -> Bool {
                    !refused {
                        try InclusionProof(leafIndex: index, treeSize: size, hashes: hashes)
                            .verify(leaf: all[right.leafIndex], root: root)
                    }
                }
                #expect(accepts(right.hashes, index, size))
                for position in right.hashes.indices {
                    #expect(!accepts(flipped(right.hashes, position), index, size))
                    #expect(!accepts(without(right.hashes, position), index, size))
                }
                #expect(!accepts(right.hashes + [root], index, size))
                #expect(!accepts(right.hashes, index + 1, size))
                #expect(!accepts(right.hashes, index - 1, size))
                #expect(!accepts(right.hashes, -1, size) && !accepts(right.hashes, size, size))
                let other = all[(index + 1) % 70]
                #expect(refused { try right.verify(leaf: other, root: root) })
            }
        }
    }

    @Test func brokenConsistencyProofsAreRefused() throws {
        let all = leaves(70)
        let tree = MerkleTree(leaves: all)
        let wrong = MerkleHash.leaf([9, 9, 9])
        for second in [1, 2, 3, 7, 8, 33, 64, 65, 70] {
            for first in 0...second {
                let (old, new) = (try tree.root(at: first), try tree.root(at: second))
                let right = try tree.consistency(from: first, to: second)
                func accepts(_ hashes: [Digest256], _ first: Int, _ second: Int) -> Bool {
                    !refused {
                        try ConsistencyProof(firstSize: first, secondSize: second, hashes: hashes)
                            .verify(firstRoot: old, secondRoot: new)
                    }
                }
                #expect(accepts(right.hashes, first, second))
                for position in right.hashes.indices {
                    #expect(!accepts(flipped(right.hashes, position), first, second))
                    #expect(!accepts(without(right.hashes, position), first, second))
                }
                #expect(!accepts(right.hashes + [wrong], first, second))
                #expect(!accepts(right.hashes, second + 1, second) && !accepts(right.hashes, -1, second))
                #expect(refused { try right.verify(firstRoot: wrong, secondRoot: new) })
                // Nothing is known of what follows an empty log, so any newer root is consistent with it.
                if first > 0 { #expect(refused { try right.verify(firstRoot: old, secondRoot: wrong) }) }
            }
        }
    }

    @Test func changedHistoryIsInconsistent() throws {
        let seed = Seed.take("TransparencyLogTests.MerkleTests")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let second = Int.random(in: 2...300, using: &random)
            let first = Int.random(in: 1..<second, using: &random)
            var all = leaves(second)
            let honest = MerkleTree(leaves: all)
            all[Int.random(in: 0..<first, using: &random)] = MerkleHash.leaf([7])
            let forged = MerkleTree(leaves: all)
            let proof = try forged.consistency(from: first, to: second)
            #expect(
                refused { try proof.verify(firstRoot: honest.root(at: first), secondRoot: forged.root) },
                "seed \(seed), \(first) to \(second)"
            )
        }
    }

    @Test func proofsOfALargeLogFromLeafHashesAlone() throws {
        let size = 100_003
        func leaf(_ index: Int) -> Digest256 {
            Digest256(validated: (0..<4).flatMap { withUnsafeBytes(of: (index &* 31 &+ $0).bigEndian, Array.init) })
        }
        var frontier = CompactRange()
        var oldRoot = MerkleHash.empty
        for index in 0..<size {
            if index == 65_537 { oldRoot = frontier.root }
            frontier.append(leaf(index))
        }
        let builder = ProofBuilder(leaf: leaf)
        try builder.inclusion(of: 77_777, size: size).verify(leaf: leaf(77_777), root: frontier.root)
        try builder.consistency(from: 65_537, to: size).verify(firstRoot: oldRoot, secondRoot: frontier.root)
    }

    @Test func storedFrontierGoesOnWhereItStopped() throws {
        let all = leaves(40)
        for size in 0...40 {
            var frontier = CompactRange()
            for leaf in all[..<size] { frontier.append(leaf) }
            var read = try JSONDecoder().decode(CompactRange.self, from: JSONEncoder().encode(frontier))
            #expect(read == frontier)
            for leaf in all[size...] { read.append(leaf) }
            #expect(read.root == MerkleTree(leaves: all).root)
            #expect(refused { _ = try CompactRange(size: size, hashes: frontier.hashes + [.zero]) })
        }
        #expect(refused { _ = try CompactRange(size: -1, hashes: []) })
    }

    @Test func proofsTravelAsJSON() throws {
        let tree = MerkleTree(leaves: leaves(5))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let proof = try tree.inclusion(of: 4, size: 5)
        let text = String(decoding: try encoder.encode(proof), as: UTF8.self)
        #expect(text == #"{"hashes":["\#(proof.hashes[0])"],"leafIndex":4,"treeSize":5}"#)
        #expect(try JSONDecoder().decode(InclusionProof.self, from: Data(text.utf8)) == proof)
        let consistency = try tree.consistency(from: 3, to: 5)
        let read = try JSONDecoder().decode(ConsistencyProof.self, from: encoder.encode(consistency))
        #expect(read == consistency)
    }

    /// Each refusal's code says what is wrong: the proof, the history, the stored frontier or the question.
    @Test func everyCodeIsReached() throws {
        func code(_ body: () throws -> Void) -> String? {
            do { try body() } catch { return (error as? Refusal)?.code }
            return nil
        }
        let all = leaves(7)
        let tree = MerkleTree(leaves: all)
        let (inclusion, consistency) = (try tree.inclusion(of: 2, size: 7), try tree.consistency(from: 3, to: 7))
        let met = [
            code { try InclusionProof(leafIndex: 2, treeSize: 7, hashes: []).verify(leaf: all[2], root: tree.root) },
            code { try inclusion.verify(leaf: all[3], root: tree.root) },
            code { try consistency.verify(firstRoot: tree.root(at: 3), secondRoot: tree.root(at: 6)) },
            code { _ = try CompactRange(size: 7, hashes: [tree.root]) }, code { _ = try tree.root(at: 8) },
        ]
        #expect(met == TransparencyLogError.allCases.map(\.rawValue))
    }

    @Test func sizesThatTheLogNeverHadAreRefused() {
        let tree = MerkleTree(leaves: leaves(5))
        #expect(refused { _ = try tree.root(at: 6) } && refused { _ = try tree.root(at: -1) })
        #expect(
            refused { _ = try tree.inclusion(of: 5, size: 5) } && refused { _ = try tree.inclusion(of: 0, size: 6) }
        )
        #expect(refused { _ = try tree.consistency(from: 4, to: 3) })
        #expect(
            refused { _ = try tree.consistency(from: 1, to: 6) }
                && refused { _ = try tree.consistency(from: -1, to: 3) }
        )
    }

    private func flipped(_ hashes: [Digest256], _ position: Int) -> [Digest256] {
        var (changed, bytes) = (hashes, hashes[position].bytes)
        bytes[Int.random(in: 0..<32)] ^= 1 << UInt8.random(in: 0...7)
        changed[position] = Digest256(validated: bytes)
        return changed
    }

    private func without(_ hashes: [Digest256], _ position: Int) -> [Digest256] {
        var changed = hashes
        changed.remove(at: position)
        return changed
    }
}
