public import PortalProtocol
public import Vocabulary

/// What a stored file is for.
public enum StoredFileKind: String, Sendable, Hashable, CaseIterable {
    case firmware
    case declaration
}

/// Who has which file. The octets stand once on the disk; an organisation knows of those alone that it has sent itself.
public struct FileTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// Size of the file, nil where the organisation has none of this digest. `owner` nil: any organisation's.
    public func size(_ kind: StoredFileKind, _ digest: Digest256, owner: OrganisationID?) throws -> Int? {
        let row =
            if let owner {
                try transaction.row(
                    "SELECT size FROM stored_file WHERE kind = ? AND digest = ? AND organisation = ?",
                    [.text(kind.rawValue), .fixed(digest), .name(owner)]
                )
            } else {
                try transaction.row(
                    "SELECT size FROM stored_file WHERE kind = ? AND digest = ? LIMIT 1",
                    [.text(kind.rawValue), .fixed(digest)]
                )
            }
        return try row?.number("size")
    }

    /// Notes the file; one that is noted already stays as it is.
    public func insert(
        _ kind: StoredFileKind,
        _ digest: Digest256,
        size: Int,
        by person: PersonID,
        of owner: OrganisationID,
        at time: Instant
    ) throws {
        try transaction.execute(
            """
            INSERT INTO stored_file (kind, digest, organisation, size, person, stored_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (kind, digest, organisation) DO NOTHING
            """,
            [
                .text(kind.rawValue), .fixed(digest), .name(owner), .number(size), .name(person), .time(time),
            ]
        )
    }
}
