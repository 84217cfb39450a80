public import TransparencyLog
public import Vocabulary

/// What a log's tree becomes by new entries.
public struct LogGrowth: Sendable {
    /// Entries before.
    public let first: Int
    public let root: Digest256
    /// Complete subtrees of 256, 65,536 … leaves that the new entries close: what is stored beside the leaves.
    let subtrees: [(level: Int, subtree: CompactRange.Subtree)]

    /// - Parameter frontier: before the new entries.
    public init(of frontier: CompactRange, by leaves: some Sequence<Digest256>) {
        var frontier = frontier
        var subtrees: [(level: Int, subtree: CompactRange.Subtree)] = []
        first = frontier.size
        for leaf in leaves {
            frontier.append(leaf) { subtree in
                if let level = TileLevel.of(subtree), level > 0 { subtrees.append((level, subtree)) }
            }
        }
        root = frontier.root
        self.subtrees = subtrees
    }
}
