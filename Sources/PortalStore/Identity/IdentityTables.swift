public import PortalProtocol
public import Vocabulary

/// Organisations and people.
public struct PeopleTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func insert(_ organisation: OrganisationRecord) throws {
        try transaction.execute(
            "INSERT INTO organisation (id, name, kind, created_at) VALUES (?, ?, ?, ?)",
            [
                .name(organisation.id), .text(organisation.name), .text(organisation.kind.rawValue),
                .time(organisation.createdAt),
            ]
        )
    }

    public func organisation(_ id: OrganisationID) throws -> OrganisationRecord? {
        try transaction.row("SELECT * FROM organisation WHERE id = ?", [.name(id)]).map(Self.organisation)
    }

    /// In the order of ids, after `after`.
    public func organisations(after: String?, limit: Int) throws -> [OrganisationRecord] {
        try transaction.rows(
            "SELECT * FROM organisation WHERE id > ? ORDER BY id LIMIT ?",
            [.text(after ?? ""), .number(limit)]
        ).map(Self.organisation)
    }

    /// True once the OEM is there, which ends the portal's first start.
    public func hasOEM() throws -> Bool {
        try transaction.row("SELECT id FROM organisation WHERE kind = ? LIMIT 1", [.text("oem")]) != nil
    }

    public func insert(_ person: PersonRecord) throws {
        try transaction.execute(
            """
            INSERT INTO person (id, organisation, name, email, roles, officer, active, version, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .name(person.id), .name(person.organisation), .text(person.name), .text(person.email),
                NameList.write(person.roles), .name(person.officer), .flag(person.isActive), .number(person.version),
                .time(person.createdAt),
            ]
        )
    }

    public func update(_ person: PersonRecord) throws {
        try transaction.execute(
            "UPDATE person SET name = ?, roles = ?, officer = ?, active = ?, version = ? WHERE id = ?",
            [
                .text(person.name), NameList.write(person.roles), .name(person.officer), .flag(person.isActive),
                .number(person.version), .name(person.id),
            ]
        )
    }

    public func person(_ id: PersonID) throws -> PersonRecord? {
        try transaction.row(
            "SELECT p.*, o.kind FROM person p JOIN organisation o ON o.id = p.organisation WHERE p.id = ?",
            [.name(id)]
        ).map(Self.person)
    }

    public func person(officer: OfficerName) throws -> PersonRecord? {
        try transaction.row(
            "SELECT p.*, o.kind FROM person p JOIN organisation o ON o.id = p.organisation WHERE p.officer = ?",
            [.name(officer)]
        ).map(Self.person)
    }

    /// In the order of ids, after `after`; of one organisation or of all.
    public func people(of organisation: OrganisationID?, after: String?, limit: Int) throws -> [PersonRecord] {
        try transaction.rows(
            """
            SELECT p.*, o.kind FROM person p JOIN organisation o ON o.id = p.organisation
            WHERE p.id > ? AND (? = '' OR p.organisation = ?) ORDER BY p.id LIMIT ?
            """,
            [.text(after ?? ""), .text(organisation?.text ?? ""), .text(organisation?.text ?? ""), .number(limit)]
        ).map(Self.person)
    }

    /// Active administrators of the OEM.
    public func administrators() throws -> Int {
        try transaction.rows(
            """
            SELECT p.roles FROM person p JOIN organisation o ON o.id = p.organisation
            WHERE o.kind = 'oem' AND p.active = 1
            """
        ).filter { try NameList.read($0, "roles", as: Role.self).contains(.oemAdmin) }.count
    }

    private static func organisation(_ row: SQLRow) throws -> OrganisationRecord {
        OrganisationRecord(
            id: try row.name("id"),
            name: try row.text("name"),
            kind: try NameList.one(row, "kind", as: OrganisationKind.self),
            createdAt: try row.time("created_at")
        )
    }

    static func person(_ row: SQLRow) throws -> PersonRecord {
        PersonRecord(
            id: try row.name("id"),
            organisation: try row.name("organisation"),
            kind: try NameList.one(row, "kind", as: OrganisationKind.self),
            name: try row.text("name"),
            email: try row.text("email"),
            roles: try NameList.read(row, "roles", as: Role.self),
            officer: try row.optionalName("officer"),
            isActive: try row.flag("active"),
            version: try row.number("version"),
            createdAt: try row.time("created_at")
        )
    }
}

/// API tokens, by their digest.
public struct TokenTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func insert(_ token: TokenRecord) throws {
        try transaction.execute(
            """
            INSERT INTO token (id, digest, person, name, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .name(token.id), .fixed(token.digest), .name(token.person), .text(token.name),
                NameList.write(token.scopes), .time(token.createdAt), .time(token.expiresAt),
            ]
        )
    }

    /// A token with its person.
    public func find(_ digest: Digest256) throws -> (token: TokenRecord, person: PersonRecord)? {
        guard let token = try transaction.row("SELECT * FROM token WHERE digest = ?", [.fixed(digest)]).map(Self.token),
            let person = try PeopleTable(transaction).person(token.person)
        else { return nil }
        return (token, person)
    }

    public func token(_ id: TokenID) throws -> TokenRecord? {
        try transaction.row("SELECT * FROM token WHERE id = ?", [.name(id)]).map(Self.token)
    }

    public func tokens(of person: PersonID, after: String?, limit: Int) throws -> [TokenRecord] {
        try transaction.rows(
            "SELECT * FROM token WHERE person = ? AND id > ? ORDER BY id LIMIT ?",
            [.name(person), .text(after ?? ""), .number(limit)]
        ).map(Self.token)
    }

    public func revoke(_ id: TokenID, at time: Instant) throws {
        try transaction.execute(
            "UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            [.time(time), .name(id)]
        )
    }

    public func noteUse(_ id: TokenID, at time: Instant) throws {
        try transaction.execute("UPDATE token SET last_used_at = ? WHERE id = ?", [.time(time), .name(id)])
    }

    private static func token(_ row: SQLRow) throws -> TokenRecord {
        TokenRecord(
            id: try row.name("id"),
            digest: try row.fixed("digest"),
            person: try row.name("person"),
            name: try row.text("name"),
            scopes: try NameList.read(row, "scopes", as: TokenScope.self),
            createdAt: try row.time("created_at"),
            expiresAt: try row.time("expires_at"),
            lastUsedAt: try row.optional("last_used_at", row.time),
            revokedAt: try row.optional("revoked_at", row.time)
        )
    }
}
