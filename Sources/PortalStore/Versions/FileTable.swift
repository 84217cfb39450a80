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

    /// What the organisation keeps that no version of its is made from.
    public func unused(by owner: OrganisationID) throws -> (files: Int, octets: Int) {
        let row = try transaction.row(
            """
            SELECT count(*) AS files, CAST(coalesce(sum(f.size), 0) AS BIGINT) AS octets FROM stored_file f
            WHERE f.organisation = ? AND NOT EXISTS (
                SELECT 1 FROM product_version v
                WHERE v.organisation = f.organisation AND (v.firmware = f.digest OR v.declaration = f.digest))
            """,
            [.name(owner)]
        )
        return (try row?.number("files") ?? 0, try row?.number("octets") ?? 0)
    }

    /// Forgets files stored before `time` that no version is made from, the oldest first; what they were.
    public func forgetUnused(
        before time: Instant,
        limit: Int
    ) throws -> [(kind: StoredFileKind, digest: Digest256, owner: OrganisationID)] {
        let found = try transaction.rows(
            """
            SELECT f.kind, f.digest, f.organisation FROM stored_file f
            WHERE f.stored_at < ? AND NOT EXISTS (
                SELECT 1 FROM product_version v
                WHERE v.organisation = f.organisation AND (v.firmware = f.digest OR v.declaration = f.digest))
            ORDER BY f.stored_at, f.digest LIMIT ?
            """,
            [.time(time), .number(limit)]
        ).map { row in
            guard let kind = try StoredFileKind(rawValue: row.text("kind")) else {
                throw Refusal(PortalStoreError.type, "kind of a stored file")
            }
            return (
                kind: kind, digest: try row.fixed("digest", as: Digest256.self),
                owner: try row.name("organisation", as: OrganisationID.self)
            )
        }
        for file in found {
            try transaction.execute(
                "DELETE FROM stored_file WHERE kind = ? AND digest = ? AND organisation = ?",
                [.text(file.kind.rawValue), .fixed(file.digest), .name(file.owner)]
            )
        }
        return found
    }

    /// Somebody has the file, or a version is made from it.
    public func isNeeded(_ digest: Digest256) throws -> Bool {
        if try transaction.row("SELECT kind FROM stored_file WHERE digest = ? LIMIT 1", [.fixed(digest)]) != nil {
            return true
        }
        return try transaction.row(
            "SELECT name FROM product_version WHERE firmware = ? OR declaration = ? LIMIT 1",
            [.fixed(digest), .fixed(digest)]
        ) != nil
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
