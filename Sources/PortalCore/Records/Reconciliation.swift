public import Statements
internal import Vocabulary

/// Where the units of one batch are: granted = issued + burned + returned + remaining + unaccounted.
public struct Reconciliation: Sendable, Hashable, Codable {
    /// Signed for.
    public let granted: Int
    /// In ingested entries.
    public let issued: Int
    public let burned: Int
    public let returned: Int
    /// In the newest checkpoint, less what entries after it used; 0 when it has no account of the batch.
    public let remaining: Int
    public let isLoaded: Bool
    public let isClosed: Bool

    /// What neither entries nor checkpoint explain: all of a batch that was not loaded yet. Below zero: the EdgeHSM
    /// says more than was granted.
    public var unaccounted: Int { granted - issued - burned - returned - remaining }

    /// - Parameters:
    ///   - granted: quantity of the authorization.
    ///   - counted: the account that the ingested entries give; nil before one says that it is loaded.
    ///   - stated: the account in the newest checkpoint.
    ///   - isBehind: the checkpoint covers fewer entries than are ingested, as while a backlog comes in: what the later
    ///     ones used was still remaining in it.
    ///   - isVoid: a tombstone was journaled, so it never can be loaded.
    public init(
        granted: Int,
        counted: Checkpoint.Account?,
        stated: Checkpoint.Account?,
        isBehind: Bool = false,
        isClosed: Bool,
        isVoid: Bool
    ) {
        self.granted = granted
        issued = counted?.issued ?? 0
        burned = counted?.burned ?? 0
        returned = isVoid && counted == nil ? granted : counted?.returned ?? 0
        let later = isBehind ? max((counted?.used ?? 0) - (stated?.used ?? 0), 0) : 0
        remaining = (stated?.remaining ?? 0) - min(later, max(stated?.remaining ?? 0, 0))
        isLoaded = counted != nil
        self.isClosed = isClosed || (isVoid && counted == nil)
    }
}

extension Checkpoint.Account {
    fileprivate var used: Int { issued + burned + returned }
}
