import Vocabulary

/// A whole journal as a file: its entries from the first one on, and the checkpoint that vouches for them.
///
/// JSON `{"checkpoint": Envelope, "entries": [base64, …]}` and nothing beside. Proves itself: the entries' Merkle root is the checkpoint's.
public struct JournalExport: Codable, Sendable, Hashable {
    /// Largest file read, in octets.
    public static let largest = 512 * 1024 * 1024

    /// A `Checkpoint` of exactly these entries.
    public let checkpoint: Envelope
    /// Exact octets of each entry.
    public let entries: [Octets]

    public init(checkpoint: Envelope, entries: [Octets]) {
        self.checkpoint = checkpoint
        self.entries = entries
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case checkpoint
        case entries
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        checkpoint = try container.decode(Envelope.self, forKey: .checkpoint)
        entries = try container.decode([Octets].self, forKey: .entries)
        try decoder.requireOnly(CodingKeys.self)
    }

    /// Throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(JournalExport.self, from: bytes)
    }

    public func serialized() throws -> [UInt8] { try StatementCoding.encode(self) }
}
