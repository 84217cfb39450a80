import Vocabulary

/// First line of a portal's log as a file: what the portal's key says of the lines that follow, each the exact octets of
/// one entry, in order (`docs/formats/portal-api.md`).
///
/// JSON with sorted keys: `{"format": "obis-audit-export-v1", "checkpoint": ENVELOPE, "roleKeys": [ENVELOPE, …]}`.
public struct AuditExportHead: Codable, Sendable, Hashable {
    public static let format = "obis-audit-export-v1"
    /// Octets of the line.
    public static let largest = 2 * 1024 * 1024
    /// Octets of one entry.
    public static let largestEntry = 16 * 1024
    public static let mostRoleKeys = 64

    public let format: String
    /// A `PortalCheckpoint` of all entries that follow.
    public let checkpoint: Envelope
    /// Each the successor of the one before, the first signed by the root authority; the last names the checkpoint's
    /// signer. Empty where the portal had none.
    public let roleKeys: [Envelope]

    public init(checkpoint: Envelope, roleKeys: [Envelope]) {
        (format, self.checkpoint, self.roleKeys) = (Self.format, checkpoint, roleKeys)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case format
        case checkpoint
        case roleKeys
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        format = try container.decode(String.self, forKey: .format)
        checkpoint = try container.decode(Envelope.self, forKey: .checkpoint)
        roleKeys = try container.decode([Envelope].self, forKey: .roleKeys)
        try decoder.requireOnly(CodingKeys.self)
    }

    /// Throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(AuditExportHead.self, from: bytes)
        try require(format == Self.format, "format \(format.prefix(40))")
        try require(roleKeys.count <= Self.mostRoleKeys, "\(roleKeys.count) RoleKeys")
    }

    public func serialized() throws -> [UInt8] { try StatementCoding.encode(self) }
}
