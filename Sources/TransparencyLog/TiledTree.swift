public import Vocabulary

/// Where the hashes of a stored log are read from.
public protocol TileSource {
    /// Hashes of the complete subtrees of 256^`level` leaves (level 0: the leaves themselves) at these positions, in
    /// order. Asked for 256 at most, and only for subtrees that are complete.
    func hashes(level: Int, _ range: Range<Int>) throws -> [Digest256]
}

/// A log whose hashes lie in storage: leaves, and the roots of every 256 and every 65,536 of them.
///
/// A root at any size, an inclusion or a consistency proof reads some hundred hashes in a few ranges, at 10^6 leaves as
/// at 10^3, and holds none of them.
public struct TiledTree<Source: TileSource> {
    /// Number of leaves that `source` holds.
    public let size: Int
    private let source: Source

    public init(size: Int, source: Source) {
        self.size = size
        self.source = source
    }

    /// The root that the log had at `size`. Throws `log.size.out-of-range`, and what the source throws.
    public func root(at size: Int) throws -> Digest256 {
        guard size >= 0 else { throw Refusal(TransparencyLogError.outOfRange, "size \(size)") }
        try requireHeld(size)
        return try root(of: 0..<size)
    }

    /// Throws `log.size.out-of-range`, and what the source throws.
    public func inclusion(of index: Int, size: Int) throws -> InclusionProof {
        try requireHeld(size)
        return try ProofBuilder(root: root(of:)).inclusion(of: index, size: size)
    }

    /// Throws `log.size.out-of-range`, and what the source throws.
    public func consistency(from first: Int, to second: Int) throws -> ConsistencyProof {
        try requireHeld(second)
        return try ProofBuilder(root: root(of:)).consistency(from: first, to: second)
    }

    /// The frontier at `size`, so that a log can be continued from there.
    public func frontier(at size: Int) throws -> CompactRange {
        try requireHeld(size)
        var hashes: [Digest256] = []
        var start = 0
        for height in stride(from: Int.bitWidth - 2, through: 0, by: -1) where size & (1 << height) != 0 {
            hashes.append(try root(of: start..<start + (1 << height)))
            start += 1 << height
        }
        return try CompactRange(size: size, hashes: hashes)
    }

    private func requireHeld(_ size: Int) throws {
        guard size <= self.size else {
            throw Refusal(TransparencyLogError.outOfRange, "size \(size) of \(self.size)")
        }
    }

    /// `range` starts at a multiple of the largest power of two that it holds, as all ranges of the recursion do.
    private func root(of range: Range<Int>) throws -> Digest256 {
        guard !range.isEmpty else { return MerkleHash.empty }
        guard range.count.nonzeroBitCount > 1 else { return try subtree(range) }
        let middle = range.lowerBound + MerkleHash.split(range.count)
        return MerkleHash.node(try root(of: range.lowerBound..<middle), try root(of: middle..<range.upperBound))
    }

    /// The root of one complete subtree, from the largest stored ones below it.
    private func subtree(_ range: Range<Int>) throws -> Digest256 {
        let height = range.count.trailingZeroBitCount
        let level = min(height / TileLevel.heights, TileLevel.highest)
        let stored = range.lowerBound >> (level * TileLevel.heights)..<range.upperBound >> (level * TileLevel.heights)
        var frontier = CompactRange()
        for start in stride(from: stored.lowerBound, to: stored.upperBound, by: TileLevel.width) {
            let part = start..<min(start + TileLevel.width, stored.upperBound)
            let hashes = try source.hashes(level: level, part)
            guard hashes.count == part.count else {
                throw Refusal(TransparencyLogError.outOfRange, "\(hashes.count) hashes stored of \(part.count)")
            }
            for hash in hashes { frontier.append(hash) }
        }
        return frontier.root
    }
}

/// Which subtrees' roots a stored log keeps beside its leaves.
public enum TileLevel {
    /// Subtrees of one level that make one of the next.
    public static let width = 256
    /// The highest level: subtrees of 65,536 leaves.
    public static let highest = 2
    static let heights = 8

    /// The level of a subtree that is to be stored; nil for all others. Level 0 are the leaves.
    public static func of(_ subtree: CompactRange.Subtree) -> Int? {
        let (level, rest) = subtree.height.quotientAndRemainder(dividingBy: heights)
        return rest == 0 && level <= highest ? level : nil
    }
}
