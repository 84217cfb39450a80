/// The journal of one EdgeHSM as a file: a signed checkpoint and every entry that it covers, in order.
public struct JournalExport: Codable, Sendable, Hashable {
    /// A `Checkpoint`.
    public let checkpoint: Envelope
    /// Exact octets of entries 0 to the checkpoint's size.
    public let entries: [Octets]

    public init(checkpoint: Envelope, entries: [Octets]) {
        self.checkpoint = checkpoint
        self.entries = entries
    }
}
