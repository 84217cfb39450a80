public import Vocabulary

/// Makes proofs from the roots of ranges of leaves, wherever those come from.
///
/// With `init(leaf:)` nothing but leaf hashes is needed: each proof reads every leaf once, in order within each range,
/// and keeps 64 hashes at most. `MerkleTree` and `TiledTree` give ranges from stored nodes instead.
public struct ProofBuilder {
    private let root: (Range<Int>) throws -> Digest256

    /// - Parameter root: the root over a range whose start and length occur in RFC 9162's recursion.
    public init(root: @escaping (Range<Int>) throws -> Digest256) { self.root = root }

    /// - Parameter leaf: the hash of the leaf at a position; asked for every leaf below the tree's size.
    public init(leaf: @escaping (Int) throws -> Digest256) {
        root = { range in try CompactRange.root(of: range, leaf: leaf) }
    }

    /// RFC 9162 section 2.1.3.1. Throws `log.size.out-of-range`, and what `leaf` throws.
    public func inclusion(of index: Int, size: Int) throws -> InclusionProof {
        guard index >= 0, index < size else {
            throw Refusal(TransparencyLogError.outOfRange, "entry \(index) of \(size)")
        }
        var hashes: [Digest256] = []
        var range = 0..<size
        while range.count > 1 {
            let middle = range.lowerBound + MerkleHash.split(range.count)
            let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
            hashes.append(try root(index < middle ? right : left))
            range = index < middle ? left : right
        }
        return InclusionProof(leafIndex: index, treeSize: size, hashes: hashes.reversed())
    }

    /// RFC 9162 section 2.1.4.1. Throws `log.size.out-of-range`, and what `leaf` throws.
    public func consistency(from first: Int, to second: Int) throws -> ConsistencyProof {
        guard first >= 0, first <= second else {
            throw Refusal(TransparencyLogError.outOfRange, "from \(first) to \(second)")
        }
        guard first > 0 else { return ConsistencyProof(firstSize: first, secondSize: second, hashes: []) }
        var hashes: [Digest256] = []
        var range = 0..<second
        while range.upperBound != first {
            let middle = range.lowerBound + MerkleHash.split(range.count)
            let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
            hashes.append(try root(first <= middle ? right : left))
            range = first <= middle ? left : right
        }
        // The verifier knows the first root already when the older log is one whole subtree.
        if range.lowerBound > 0 { hashes.append(try root(range)) }
        return ConsistencyProof(firstSize: first, secondSize: second, hashes: hashes.reversed())
    }
}
