public import Vocabulary

/// A log's tree whose complete nodes are kept elsewhere, in a table: append, roots and proofs in logarithmic time.
///
/// Node (height, index) is the root over leaves index·2^height ..< (index + 1)·2^height.
public struct StoredTree {
    public typealias Node = (height: Int, index: Int, hash: Digest256)

    private let node: (_ height: Int, _ index: Int) throws -> Digest256

    /// - Parameter node: a complete node that was returned by `nodes(appending:at:)` before.
    public init(node: @escaping (_ height: Int, _ index: Int) throws -> Digest256) { self.node = node }

    /// The nodes that are complete with one more leaf at `size`: to be kept.
    public func nodes(appending leaf: Digest256, at size: Int) throws -> [Node] {
        var nodes: [Node] = [(0, size, leaf)]
        var (height, index, hash) = (0, size, leaf)
        while index & 1 == 1 {
            hash = MerkleHash.node(try node(height, index - 1), hash)
            (height, index) = (height + 1, index >> 1)
            nodes.append((height, index, hash))
        }
        return nodes
    }

    public func root(at size: Int) throws -> Digest256 { try root(of: 0..<max(0, size)) }

    /// Throws `log.size.out-of-range`. `size`: at most what is kept.
    public func inclusion(of index: Int, size: Int) throws -> InclusionProof {
        try ProofBuilder(root: root(of:)).inclusion(of: index, size: size)
    }

    /// Throws `log.size.out-of-range`. `second`: at most what is kept.
    public func consistency(from first: Int, to second: Int) throws -> ConsistencyProof {
        try ProofBuilder(root: root(of:)).consistency(from: first, to: second)
    }

    private func root(of range: Range<Int>) throws -> Digest256 {
        guard !range.isEmpty else { return MerkleHash.empty }
        guard range.count.nonzeroBitCount > 1 else {
            let height = range.count.trailingZeroBitCount
            return try node(height, range.lowerBound >> height)
        }
        let middle = range.lowerBound + MerkleHash.split(range.count)
        return MerkleHash.node(try root(of: range.lowerBound..<middle), try root(of: middle..<range.upperBound))
    }
}
