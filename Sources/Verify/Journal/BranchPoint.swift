public import Statements
public import Vocabulary

/// Where an EdgeHSM whose newest entries were lost went on: a `restart` at a place where another log of the same box
/// already holds something else.
///
/// The box is honest about it: its secure element remembered a prefix, and that prefix is in the log that is held. The
/// tail behind it was written, but never anchored. Anything else that differs is a fork; so is an epoch that the log
/// held has begun too, for no box serves anything in an epoch that its secure element does not know: there are two.
public struct BranchPoint: Sendable, Hashable {
    /// Entries that both logs share.
    public let size: Int
    /// The epoch that begins there.
    public let epoch: UInt64
    /// What the secure element remembered.
    public let anchoredSize: Int
    public let anchoredRoot: Digest256

    /// Nil unless `entry` can begin a branch of a log that is held.
    ///
    /// - Parameters:
    ///   - entry: the first entry that differs from the one held at its place.
    ///   - position: that place.
    ///   - before: the entry held before it.
    ///   - heldSize: entries held, more than `position`.
    ///   - heldEpoch: the epoch of the last of them.
    ///   - root: the root that the log held had at a size up to `position`.
    public init?(
        _ entry: JournalEntry,
        at position: Int,
        after before: JournalEntry,
        heldSize: Int,
        heldEpoch: UInt64,
        root: (Int) throws -> Digest256?
    ) rethrows {
        guard let restart = entry.event.body as? Restart, entry.sequence == position, position < heldSize,
            before.sequence == position - 1, entry.epoch > max(before.epoch, heldEpoch),
            (1...max(1, position)).contains(restart.anchoredSize),
            try root(restart.anchoredSize) == restart.anchoredRoot
        else { return nil }
        size = position
        epoch = entry.epoch
        anchoredSize = restart.anchoredSize
        anchoredRoot = restart.anchoredRoot
    }
}
