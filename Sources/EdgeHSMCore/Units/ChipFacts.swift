public import Vocabulary

/// What the daemon's tables know of the chip and key of a command, read in the same writer turn as the decision. So the
/// state holds no unit, and a million units cost no memory.
public struct ChipFacts: Sendable, Equatable {
    /// The unit of highest generation for (authorization, chip UID).
    public var newest: UnitRecord?
    /// A live unit (`UnitRecord.isLive`) of the same chip UID under another authorization.
    public var liveElsewhere: UnitRecord?
    /// The unit that was ever certified for the command's device key, by `Issued` or `Rotated`; nil: never seen.
    public var keyOwner: Digest256?

    public init(newest: UnitRecord? = nil, liveElsewhere: UnitRecord? = nil, keyOwner: Digest256? = nil) {
        self.newest = newest
        self.liveElsewhere = liveElsewhere
        self.keyOwner = keyOwner
    }
}
