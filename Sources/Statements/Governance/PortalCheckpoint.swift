public import Vocabulary

/// The portal's word on its own log of acts: so many entries, this root. Signed by the portal key; whoever keeps one can
/// show later that nothing before it was changed or left out.
public struct PortalCheckpoint: Statement {
    public static let payloadType = "application/vnd.obis.portal-checkpoint.v1+json"

    public let size: Int
    /// Merkle root (RFC 9162) over the entries.
    public let root: Digest256
    public let time: Instant

    public init(size: Int, root: Digest256, time: Instant) {
        self.size = size
        self.root = root
        self.time = time
    }

    public func validate() throws { try require(size >= 0, "size") }
}
