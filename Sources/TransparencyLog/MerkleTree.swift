public import Vocabulary

/// A log's tree in memory with every complete node, 64 octets a leaf: append, the root at any size so far, and proofs
/// in logarithmic time.
public struct MerkleTree: Sendable {
    /// `levels[height]` holds the hashes of the complete subtrees of 2^height leaves, 32 octets each, in order.
    private var levels: [[UInt8]] = [[]]

    public init() {}

    public init(leaves: some Sequence<Digest256>) {
        for leaf in leaves { append(leaf) }
    }

    /// Number of leaves.
    public var size: Int { levels[0].count / Digest256.size }

    /// Appends a leaf by its hash.
    public mutating func append(_ leaf: Digest256) {
        var hash = leaf
        var height = 0
        levels[0] += hash.bytes
        while (levels[height].count / Digest256.size).isMultiple(of: 2) {
            let count = levels[height].count / Digest256.size
            hash = MerkleHash.node(node(height, count - 2), hash)
            height += 1
            if levels.count == height { levels.append([]) }
            levels[height] += hash.bytes
        }
    }

    /// The root that the log had at `size`. Throws `log.size.out-of-range`.
    public func root(at size: Int) throws -> Digest256 {
        guard (0...self.size).contains(size) else {
            throw Refusal(TransparencyLogError.outOfRange, "size \(size) of \(self.size)")
        }
        return root(of: 0..<size)
    }

    public var root: Digest256 { root(of: 0..<size) }

    /// Throws `log.size.out-of-range`.
    public func inclusion(of index: Int, size: Int) throws -> InclusionProof {
        try requireHeld(size)
        return try ProofBuilder(root: root(of:)).inclusion(of: index, size: size)
    }

    /// Throws `log.size.out-of-range`.
    public func consistency(from first: Int, to second: Int) throws -> ConsistencyProof {
        try requireHeld(second)
        return try ProofBuilder(root: root(of:)).consistency(from: first, to: second)
    }

    private func requireHeld(_ size: Int) throws {
        guard size <= self.size else {
            throw Refusal(TransparencyLogError.outOfRange, "size \(size) of \(self.size)")
        }
    }

    /// `range` starts at a multiple of the largest power of two that it holds, as all ranges of the recursion do.
    private func root(of range: Range<Int>) -> Digest256 {
        guard !range.isEmpty else { return MerkleHash.empty }
        guard range.count.nonzeroBitCount > 1 else {
            let height = range.count.trailingZeroBitCount
            return node(height, range.lowerBound >> height)
        }
        let middle = range.lowerBound + MerkleHash.split(range.count)
        return MerkleHash.node(root(of: range.lowerBound..<middle), root(of: middle..<range.upperBound))
    }

    private func node(_ height: Int, _ index: Int) -> Digest256 {
        let start = index * Digest256.size
        return Digest256(validated: Array(levels[height][start..<start + Digest256.size]))
    }
}
