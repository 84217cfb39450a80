public import PortalProtocol
public import Vocabulary

/// What people sign in with.
public struct AccountTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func account(of person: PersonID) throws -> AccountRecord? {
        try transaction.row("SELECT * FROM account WHERE person = ?", [.name(person)]).map(Self.account)
    }

    public func account(login: String) throws -> AccountRecord? {
        try transaction.row("SELECT * FROM account WHERE login = ?", [.text(login)]).map(Self.account)
    }

    /// False where the login belongs to another person. What was there of the same person is replaced.
    public func put(_ account: AccountRecord) throws -> Bool {
        if let holder = try self.account(login: account.login), holder.person != account.person { return false }
        try transaction.execute("DELETE FROM account WHERE person = ?", [.name(account.person)])
        try transaction.execute(
            """
            INSERT INTO account
                (person, login, password, password_set_at, authenticator, authenticator_since, last_step, pending,
                pending_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .name(account.person), .text(account.login), .text(account.password), .time(account.passwordSetAt),
                .optional(account.authenticator), .time(account.authenticatorSince), .integer(account.lastStep),
                .optional(account.pending), .time(account.pendingAt),
            ]
        )
        return true
    }

    /// Takes a time step that is later than every one before. False where it, or a later one, was taken already.
    public func take(step: Int64, of person: PersonID) throws -> Bool {
        try transaction.execute(
            "UPDATE account SET last_step = ? WHERE person = ? AND last_step < ?",
            [.integer(step), .name(person), .integer(step)]
        ) == 1
    }

    // MARK: Recovery codes

    /// Digests of new codes in the place of all that were there.
    public func replaceRecoveryCodes(of person: PersonID, with digests: [Digest256]) throws {
        try transaction.execute("DELETE FROM recovery_code WHERE person = ?", [.name(person)])
        for digest in digests {
            try transaction.execute(
                "INSERT INTO recovery_code (person, digest) VALUES (?, ?)",
                [.name(person), .fixed(digest)]
            )
        }
    }

    public func unusedRecoveryCodes(of person: PersonID) throws -> Int {
        try transaction.rows(
            "SELECT digest FROM recovery_code WHERE person = ? AND used_at IS NULL",
            [.name(person)]
        ).count
    }

    public func hasRecoveryCode(_ digest: Digest256, of person: PersonID) throws -> Bool {
        try transaction.row(
            "SELECT digest FROM recovery_code WHERE person = ? AND digest = ? AND used_at IS NULL",
            [.name(person), .fixed(digest)]
        ) != nil
    }

    /// False for one that is unknown or used.
    public func useRecoveryCode(_ digest: Digest256, of person: PersonID, at time: Instant) throws -> Bool {
        try transaction.execute(
            "UPDATE recovery_code SET used_at = ? WHERE person = ? AND digest = ? AND used_at IS NULL",
            [.time(time), .name(person), .fixed(digest)]
        ) == 1
    }

    // MARK: Browsers that are known

    public func knows(_ device: Digest256, of person: PersonID, since: Instant) throws -> Bool {
        try transaction.row(
            "SELECT used_at FROM known_device WHERE person = ? AND digest = ? AND used_at > ?",
            [.name(person), .fixed(device), .time(since)]
        ) != nil
    }

    /// Knows it from now on, and forgets what is beyond `most`.
    public func know(_ device: Digest256, of person: PersonID, most: Int, at time: Instant) throws {
        try transaction.execute(
            """
            INSERT INTO known_device (person, digest, used_at) VALUES (?, ?, ?)
            ON CONFLICT (person, digest) DO UPDATE SET used_at = excluded.used_at
            """,
            [.name(person), .fixed(device), .time(time)]
        )
        let rows = try transaction.rows(
            "SELECT digest FROM known_device WHERE person = ? ORDER BY used_at DESC, digest LIMIT ?",
            [.name(person), .number(most + 16)]
        )
        for row in rows.dropFirst(most) {
            try transaction.execute(
                "DELETE FROM known_device WHERE person = ? AND digest = ?",
                [.name(person), .blob(row.blob("digest"))]
            )
        }
    }

    public func forgetDevices(of person: PersonID) throws {
        try transaction.execute("DELETE FROM known_device WHERE person = ?", [.name(person)])
    }

    // MARK: Reset links

    /// The one link of a person takes the place of any before.
    public func setReset(_ digest: Digest256, of person: PersonID, until: Instant) throws {
        try transaction.execute("DELETE FROM reset_code WHERE person = ?", [.name(person)])
        try transaction.execute(
            "INSERT INTO reset_code (digest, person, expires_at) VALUES (?, ?, ?)",
            [.fixed(digest), .name(person), .time(until)]
        )
    }

    public func reset(_ digest: Digest256, at time: Instant) throws -> PersonID? {
        try transaction.row(
            "SELECT person FROM reset_code WHERE digest = ? AND expires_at > ?",
            [.fixed(digest), .time(time)]
        ).map { try $0.name("person") }
    }

    /// Uses it up. Nil for an unknown or an expired one.
    public func useReset(_ digest: Digest256, at time: Instant) throws -> PersonID? {
        guard let person = try reset(digest, at: time) else { return nil }
        try transaction.execute("DELETE FROM reset_code WHERE digest = ?", [.fixed(digest)])
        return person
    }

    private static func account(_ row: SQLRow) throws -> AccountRecord {
        AccountRecord(
            person: try row.name("person"),
            login: try row.text("login"),
            password: try row.text("password"),
            passwordSetAt: try row.time("password_set_at"),
            authenticator: try row.optional("authenticator", row.blob),
            authenticatorSince: try row.optional("authenticator_since", row.time),
            lastStep: try row.integer("last_step"),
            pending: try row.optional("pending", row.blob),
            pendingAt: try row.optional("pending_at", row.time)
        )
    }
}
