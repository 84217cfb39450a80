public import Vocabulary

/// Shows that an entry is in a log (RFC 9162 section 2.1.3).
public struct InclusionProof: Hashable, Sendable, Codable {
    /// Position of the entry, the first is 0.
    public let leafIndex: Int
    public let treeSize: Int
    /// From the leaf's sibling upwards.
    public let hashes: [Digest256]

    public init(leafIndex: Int, treeSize: Int, hashes: [Digest256]) {
        self.leafIndex = leafIndex
        self.treeSize = treeSize
        self.hashes = hashes
    }

    /// Throws `log.proof.malformed` or `log.inclusion.wrong`. Section 2.1.3.2; the number of hashes is exact.
    public func verify(leaf: Digest256, root: Digest256) throws {
        let malformed = Refusal(
            TransparencyLogError.malformedProof,
            "entry \(leafIndex) of \(treeSize), \(hashes.count) hashes"
        )
        guard leafIndex >= 0, leafIndex < treeSize else { throw malformed }
        var (position, last) = (leafIndex, treeSize - 1)
        var hash = leaf
        for sibling in hashes {
            guard last > 0 else { throw malformed }
            if position & 1 == 1 || position == last {
                hash = MerkleHash.node(sibling, hash)
                while position & 1 == 0 && position != 0 { (position, last) = (position >> 1, last >> 1) }
            } else {
                hash = MerkleHash.node(hash, sibling)
            }
            (position, last) = (position >> 1, last >> 1)
        }
        guard last == 0 else { throw malformed }
        guard hash == root else {
            throw Refusal(TransparencyLogError.inclusionWrong, "entry \(leafIndex) of \(treeSize)")
        }
    }
}

/// Shows that a log only grew: the older is a prefix of the newer (RFC 9162 section 2.1.4).
public struct ConsistencyProof: Hashable, Sendable, Codable {
    public let firstSize: Int
    public let secondSize: Int
    public let hashes: [Digest256]

    public init(firstSize: Int, secondSize: Int, hashes: [Digest256]) {
        self.firstSize = firstSize
        self.secondSize = secondSize
        self.hashes = hashes
    }

    /// Throws `log.proof.malformed` or `log.consistency.wrong`. Section 2.1.4.2; the number of hashes is exact.
    ///
    /// From an empty log or to the same size the proof is empty, and the roots are compared.
    public func verify(firstRoot: Digest256, secondRoot: Digest256) throws {
        guard firstSize >= 0, firstSize <= secondSize else { throw malformed }
        if firstSize == 0 || firstSize == secondSize {
            guard hashes.isEmpty else { throw malformed }
            let rootsFit =
                (firstSize > 0 || firstRoot == MerkleHash.empty) && (firstSize < secondSize || firstRoot == secondRoot)
            guard rootsFit else { throw wrong }
            return
        }
        // A first size that is a power of two is itself the first node, which the proof leaves out.
        let path = firstSize.nonzeroBitCount == 1 ? [firstRoot] + hashes : hashes
        let trailing = (~(firstSize - 1)).trailingZeroBitCount
        var (position, last) = ((firstSize - 1) >> trailing, (secondSize - 1) >> trailing)
        guard let start = path.first else { throw malformed }
        var (first, second) = (start, start)
        for sibling in path.dropFirst() {
            guard last > 0 else { throw malformed }
            if position & 1 == 1 || position == last {
                first = MerkleHash.node(sibling, first)
                second = MerkleHash.node(sibling, second)
                while position & 1 == 0 && position != 0 { (position, last) = (position >> 1, last >> 1) }
            } else {
                second = MerkleHash.node(second, sibling)
            }
            (position, last) = (position >> 1, last >> 1)
        }
        guard last == 0 else { throw malformed }
        guard first == firstRoot, second == secondRoot else { throw wrong }
    }

    private var malformed: Refusal {
        Refusal(
            TransparencyLogError.malformedProof,
            "from \(firstSize) to \(secondSize), \(hashes.count) hashes"
        )
    }

    private var wrong: Refusal {
        Refusal(TransparencyLogError.consistencyWrong, "from \(firstSize) to \(secondSize)")
    }
}
