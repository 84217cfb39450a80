public import PortalProtocol
public import Vocabulary

/// Invitations and the one-time setup code, by the digest of the code.
public struct InvitationTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func insert(_ invitation: InvitationRecord) throws {
        try transaction.execute(
            """
            INSERT INTO invitation
                (id, digest, kind, organisation, organisation_name, roles, officer, product, created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .name(invitation.id), .fixed(invitation.digest), .text(invitation.kind.rawValue),
                .name(invitation.organisation), .optional(invitation.organisationName),
                NameList.write(invitation.roles), .name(invitation.officer), .name(invitation.product),
                .time(invitation.createdAt), .time(invitation.expiresAt),
            ]
        )
    }

    public func find(_ digest: Digest256) throws -> InvitationRecord? {
        try transaction.row("SELECT * FROM invitation WHERE digest = ?", [.fixed(digest)]).map(Self.invitation)
    }

    public func invitation(_ id: InvitationID) throws -> InvitationRecord? {
        try transaction.row("SELECT * FROM invitation WHERE id = ?", [.name(id)]).map(Self.invitation)
    }

    public func invitations(after: String?, limit: Int) throws -> [InvitationRecord] {
        try transaction.rows(
            "SELECT * FROM invitation WHERE id > ? ORDER BY id LIMIT ?",
            [.text(after ?? ""), .number(limit)]
        ).map(Self.invitation)
    }

    /// False where somebody else was first.
    public func use(_ id: InvitationID, at time: Instant) throws -> Bool {
        try transaction.execute(
            "UPDATE invitation SET used_at = ? WHERE id = ? AND used_at IS NULL AND revoked_at IS NULL",
            [.time(time), .name(id)]
        ) == 1
    }

    public func revoke(_ id: InvitationID, at time: Instant) throws {
        try transaction.execute(
            "UPDATE invitation SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            [.time(time), .name(id)]
        )
    }

    /// The one setup code takes the place of any before.
    public func setSetupCode(_ digest: Digest256, until: Instant) throws {
        try transaction.execute("DELETE FROM setup_code")
        try transaction.execute(
            "INSERT INTO setup_code (digest, expires_at) VALUES (?, ?)",
            [.fixed(digest), .time(until)]
        )
    }

    public func hasSetupCode(at time: Instant) throws -> Bool {
        try transaction.row("SELECT expires_at FROM setup_code WHERE expires_at > ?", [.time(time)]) != nil
    }

    public func isSetupCode(_ digest: Digest256, at time: Instant) throws -> Bool {
        try transaction.row(
            "SELECT expires_at FROM setup_code WHERE digest = ? AND expires_at > ?",
            [.fixed(digest), .time(time)]
        ) != nil
    }

    /// Uses it up. False for another or an expired one.
    public func useSetupCode(_ digest: Digest256, at time: Instant) throws -> Bool {
        try transaction.execute(
            "DELETE FROM setup_code WHERE digest = ? AND expires_at > ?",
            [.fixed(digest), .time(time)]
        ) == 1
    }

    private static func invitation(_ row: SQLRow) throws -> InvitationRecord {
        InvitationRecord(
            id: try row.name("id"),
            digest: try row.fixed("digest"),
            kind: try NameList.one(row, "kind", as: InvitationKind.self),
            organisation: try row.optionalName("organisation"),
            organisationName: try row.optional("organisation_name", row.text),
            roles: try NameList.read(row, "roles", as: Role.self),
            officer: try row.optionalName("officer"),
            product: try row.optionalName("product"),
            createdAt: try row.time("created_at"),
            expiresAt: try row.time("expires_at"),
            usedAt: try row.optional("used_at", row.time),
            revokedAt: try row.optional("revoked_at", row.time)
        )
    }
}
