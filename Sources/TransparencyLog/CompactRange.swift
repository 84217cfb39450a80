public import Vocabulary

/// The frontier of a log: roots of its perfect subtrees, largest first. Enough to append and to know the root, in
/// 64 hashes at most for any size.
public struct CompactRange: Hashable, Sendable, Codable {
    /// Number of leaves.
    public private(set) var size: Int
    /// One hash for each bit that is set in `size`, highest bit first.
    public private(set) var hashes: [Digest256]

    public init() {
        size = 0
        hashes = []
    }

    /// A stored frontier. Throws `log.range.malformed` unless there is one hash for each set bit of `size`.
    public init(size: Int, hashes: [Digest256]) throws {
        guard size >= 0, hashes.count == size.nonzeroBitCount else {
            throw Refusal(TransparencyLogError.malformedRange, "\(hashes.count) hashes for size \(size)")
        }
        self.size = size
        self.hashes = hashes
    }

    private enum CodingKeys: CodingKey {
        case size
        case hashes
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            size: container.decode(Int.self, forKey: .size),
            hashes: container.decode([Digest256].self, forKey: .hashes)
        )
    }

    /// Appends a leaf by its hash.
    public mutating func append(_ leaf: Digest256) { append(leaf) { _ in } }

    /// Appends a leaf by its hash and tells which complete subtrees it closed, smallest first: those of one leaf up.
    public mutating func append(_ leaf: Digest256, closing: (Subtree) -> Void) {
        var hash = leaf
        closing(Subtree(height: 0, index: size, hash: leaf))
        // Each trailing one bit of the old size is a subtree of the same height as what is carried.
        for height in 0..<(~size).trailingZeroBitCount {
            hash = MerkleHash.node(hashes.removeLast(), hash)
            closing(Subtree(height: height + 1, index: size >> (height + 1), hash: hash))
        }
        hashes.append(hash)
        size += 1
    }

    /// A complete subtree: leaves `index << height` and the 2^`height` - 1 that follow.
    public struct Subtree: Hashable, Sendable {
        public let height: Int
        public let index: Int
        public let hash: Digest256
    }

    /// The root over all leaves; `MerkleHash.empty` for none.
    public var root: Digest256 {
        guard var root = hashes.last else { return MerkleHash.empty }
        for hash in hashes.dropLast().reversed() { root = MerkleHash.node(hash, root) }
        return root
    }

    /// The root over leaves `range` of a sequence, read once from first to last.
    public static func root(of range: Range<Int>, leaf: (Int) throws -> Digest256) rethrows -> Digest256 {
        var frontier = CompactRange()
        for index in range { frontier.append(try leaf(index)) }
        return frontier.root
    }
}
