internal import TransparencyLog
internal import Vocabulary

/// The hashes of a journal in memory.
struct JournalTree: Sendable {
    private var tree = MerkleTree()

    mutating func append(_ leaf: Digest256) { tree.append(leaf) }
    func root(at size: Int) -> Digest256? { try? tree.root(at: size) }
}
