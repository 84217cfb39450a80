public import PortalProtocol
public import Vocabulary

/// Sessions, by the digest of their cookie.
public struct SessionTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// Also removes those that ended a month ago.
    public func insert(_ session: SessionRecord) throws {
        try transaction.execute("DELETE FROM session WHERE expires_at < ?", [.time(session.createdAt + -30 * 86_400)])
        try transaction.execute(
            """
            INSERT INTO session
                (id, digest, person, complete, created_at, seen_at, verified_at, expires_at, address, agent)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .name(session.id), .fixed(session.digest), .name(session.person), .flag(session.isComplete),
                .time(session.createdAt), .time(session.seenAt), .time(session.verifiedAt), .time(session.expiresAt),
                .text(session.address), .optional(session.agent),
            ]
        )
    }

    /// A session with its person, alive or not.
    public func find(_ digest: Digest256) throws -> (session: SessionRecord, person: PersonRecord)? {
        let row = try transaction.row("SELECT * FROM session WHERE digest = ?", [.fixed(digest)])
        guard let session = try row.map(Self.session),
            let person = try PeopleTable(transaction).person(session.person)
        else { return nil }
        return (session, person)
    }

    public func session(_ id: SessionID) throws -> SessionRecord? {
        try transaction.row("SELECT * FROM session WHERE id = ?", [.name(id)]).map(Self.session)
    }

    /// Those that are alive: neither revoked nor at their end, and used after `seenAfter`; in the order of ids, after `after`.
    public func open(
        of person: PersonID,
        seenAfter: Instant,
        after: String?,
        limit: Int,
        at now: Instant
    ) throws -> [SessionRecord] {
        try transaction.rows(
            """
            SELECT * FROM session
            WHERE person = ? AND id > ? AND revoked_at IS NULL AND expires_at > ? AND seen_at > ?
            ORDER BY id LIMIT ?
            """,
            [.name(person), .text(after ?? ""), .time(now), .time(seenAfter), .number(limit)]
        ).map(Self.session)
    }

    /// Gives the session a new cookie; the one from before is good for nothing. False where it was revoked meanwhile.
    public func renew(_ id: SessionID, digest: Digest256, isComplete: Bool, verifiedAt: Instant) throws -> Bool {
        try transaction.execute(
            "UPDATE session SET digest = ?, complete = ?, verified_at = ? WHERE id = ? AND revoked_at IS NULL",
            [.fixed(digest), .flag(isComplete), .time(verifiedAt), .name(id)]
        ) == 1
    }

    public func noteUse(_ id: SessionID, at time: Instant) throws {
        try transaction.execute("UPDATE session SET seen_at = ? WHERE id = ?", [.time(time), .name(id)])
    }

    public func revoke(_ id: SessionID, at time: Instant) throws {
        try transaction.execute(
            "UPDATE session SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            [.time(time), .name(id)]
        )
    }

    /// Returns how many there were.
    @discardableResult
    public func revokeAll(of person: PersonID, but kept: SessionID? = nil, at time: Instant) throws -> Int {
        try transaction.execute(
            "UPDATE session SET revoked_at = ? WHERE person = ? AND id <> ? AND revoked_at IS NULL",
            [.time(time), .name(person), .text(kept?.text ?? "")]
        )
    }

    /// Leaves the newest `most` of a person's sessions that are alive, as `open` has them.
    public func limit(_ person: PersonID, to most: Int, seenAfter: Instant, at time: Instant) throws {
        let rows = try transaction.rows(
            """
            SELECT id FROM session WHERE person = ? AND revoked_at IS NULL AND expires_at > ? AND seen_at > ?
            ORDER BY created_at DESC, id LIMIT ?
            """,
            [.name(person), .time(time), .time(seenAfter), .number(most + 64)]
        )
        for row in rows.dropFirst(most) { try revoke(row.name("id"), at: time) }
    }

    private static func session(_ row: SQLRow) throws -> SessionRecord {
        SessionRecord(
            id: try row.name("id"),
            digest: try row.fixed("digest"),
            person: try row.name("person"),
            isComplete: try row.flag("complete"),
            createdAt: try row.time("created_at"),
            seenAt: try row.time("seen_at"),
            verifiedAt: try row.time("verified_at"),
            expiresAt: try row.time("expires_at"),
            address: try row.text("address"),
            agent: try row.optional("agent", row.text),
            revokedAt: try row.optional("revoked_at", row.time)
        )
    }
}
