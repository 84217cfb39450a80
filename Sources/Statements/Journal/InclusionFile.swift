public import Vocabulary

/// One entry of a journal with the proof that it stands there, as a file that is verified without a network.
///
/// JSON with sorted keys: `{"format": "obis-inclusion-v1", "checkpoint": ENVELOPE, "entry": BASE64, "index": N,
/// "hashes": [HEX, …], "enrolment": ENVELOPE, "roleKeys": [ENVELOPE, …]}`. The last two may be missing; then whoever
/// verifies must know the EdgeHSM's identity key.
public struct InclusionFile: Codable, Sendable, Hashable {
    public static let format = "obis-inclusion-v1"
    /// Largest file read, in octets.
    public static let largest = 2 * 1024 * 1024
    public static let mostRoleKeys = 64

    public let format: String
    /// A `Checkpoint` whose tree holds the entry.
    public let checkpoint: Envelope
    /// Exact octets of the entry.
    public let entry: Octets
    /// Position of the entry.
    public let index: Int
    /// Inclusion path of RFC 9162 section 2.1.3.1, from the leaf's sibling upwards.
    public let hashes: [Digest256]
    /// The `EdgeHSMEnrolment` that registered the checkpoint's signer.
    public let enrolment: Envelope?
    /// RoleKeys whose officers signed the enrolment, each the successor of the one before; the first hangs on the root
    /// authority.
    public let roleKeys: [Envelope]?

    public init(
        checkpoint: Envelope,
        entry: Octets,
        index: Int,
        hashes: [Digest256],
        enrolment: Envelope? = nil,
        roleKeys: [Envelope]? = nil
    ) {
        self.format = Self.format
        self.checkpoint = checkpoint
        self.entry = entry
        self.index = index
        self.hashes = hashes
        self.enrolment = enrolment
        self.roleKeys = roleKeys
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case format
        case checkpoint
        case entry
        case index
        case hashes
        case enrolment
        case roleKeys
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        format = try container.decode(String.self, forKey: .format)
        checkpoint = try container.decode(Envelope.self, forKey: .checkpoint)
        entry = try container.decode(Octets.self, forKey: .entry)
        index = try container.decode(Int.self, forKey: .index)
        hashes = try container.decode([Digest256].self, forKey: .hashes)
        enrolment = try container.decodeIfPresent(Envelope.self, forKey: .enrolment)
        roleKeys = try container.decodeIfPresent([Envelope].self, forKey: .roleKeys)
        try decoder.requireOnly(CodingKeys.self)
    }

    /// Throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(InclusionFile.self, from: bytes)
        try require(format == Self.format, "format \(format.prefix(40))")
        try require(index >= 0 && hashes.count <= Int.bitWidth, "index \(index), \(hashes.count) hashes")
        try require((roleKeys?.count ?? 0) <= Self.mostRoleKeys, "\(roleKeys?.count ?? 0) RoleKeys")
        try require(entry.bytes.count <= JournalEntry.largest, "entry of \(entry.bytes.count) octets")
    }

    public func serialized() throws -> [UInt8] { try StatementCoding.encode(self) }
}
