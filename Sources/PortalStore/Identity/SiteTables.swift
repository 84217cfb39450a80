public import PortalProtocol
public import Statements
public import Vocabulary

public struct FactoryRecord: Sendable, Hashable {
    public let id: FactoryID
    public let organisation: OrganisationID
    public let name: String
    /// ISO 3166-1 alpha-2.
    public let country: String
    /// IANA time zone name.
    public let timeZone: String
    public let createdAt: Instant

    public init(
        id: FactoryID,
        organisation: OrganisationID,
        name: String,
        country: String,
        timeZone: String,
        createdAt: Instant
    ) {
        (self.id, self.organisation, self.name) = (id, organisation, name)
        (self.country, self.timeZone, self.createdAt) = (country, timeZone, createdAt)
    }
}

public struct SiteCertificateRecord: Sendable, Hashable {
    /// SHA-256 of the certificate's key point.
    public let keyDigest: Digest256
    public let factory: FactoryID
    public let service: StationName
    /// DER.
    public let certificate: [UInt8]
    public let issuedAt: Instant
    public let notAfter: Instant
    public let revokedAt: Instant?

    public init(
        keyDigest: Digest256,
        factory: FactoryID,
        service: StationName,
        certificate: [UInt8],
        issuedAt: Instant,
        notAfter: Instant,
        revokedAt: Instant? = nil
    ) {
        (self.keyDigest, self.factory, self.service) = (keyDigest, factory, service)
        (self.certificate, self.issuedAt) = (certificate, issuedAt)
        (self.notAfter, self.revokedAt) = (notAfter, revokedAt)
    }
}

/// Factories, their joining codes and certificates, and the workspaces of ODMs.
public struct FactoryTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// False where one of this id is there.
    public func insert(_ factory: FactoryRecord) throws -> Bool {
        try transaction.execute(
            """
            INSERT INTO factory (id, organisation, name, country, time_zone, created_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """,
            [
                .name(factory.id), .name(factory.organisation), .text(factory.name), .text(factory.country),
                .text(factory.timeZone), .time(factory.createdAt),
            ]
        ) == 1
    }

    public func factory(_ id: FactoryID) throws -> FactoryRecord? {
        try transaction.row("SELECT * FROM factory WHERE id = ?", [.name(id)]).map(Self.factory)
    }

    /// In the order of ids, of one organisation or of all.
    public func factories(of organisation: OrganisationID?, after: String?, limit: Int) throws -> [FactoryRecord] {
        try transaction.rows(
            "SELECT * FROM factory WHERE id > ? AND (? = '' OR organisation = ?) ORDER BY id LIMIT ?",
            [.text(after ?? ""), .text(organisation?.text ?? ""), .text(organisation?.text ?? ""), .number(limit)]
        ).map(Self.factory)
    }

    /// The ids of all factories of an organisation, in their order: what an ODM sees is cut to these, so none may be missing.
    public func everyFactory(of organisation: OrganisationID) throws -> [FactoryID] {
        let page = 1_000
        var all: [FactoryID] = []
        repeat {
            let next = try factories(of: organisation, after: all.last?.text, limit: page).map(\.id)
            all += next
            if next.count < page { return all }
        } while true
    }

    public func insertJoiningCode(_ digest: Digest256, for factory: FactoryID, until: Instant) throws {
        try transaction.execute(
            "INSERT INTO joining_code (digest, factory, expires_at) VALUES (?, ?, ?)",
            [.fixed(digest), .name(factory), .time(until)]
        )
    }

    /// The factory of an open joining code.
    public func joiningCode(_ digest: Digest256, at time: Instant) throws -> FactoryID? {
        try transaction.row(
            "SELECT factory FROM joining_code WHERE digest = ? AND used_at IS NULL AND expires_at > ?",
            [.fixed(digest), .time(time)]
        )?.name("factory")
    }

    /// False where it was used or has expired.
    public func useJoiningCode(_ digest: Digest256, at time: Instant) throws -> Bool {
        try transaction.execute(
            "UPDATE joining_code SET used_at = ? WHERE digest = ? AND used_at IS NULL AND expires_at > ?",
            [.time(time), .fixed(digest), .time(time)]
        ) == 1
    }

    /// Registers a certificate; a later one of the same key takes the place of the one before, unless that was revoked.
    /// False where the key is another factory's or was revoked.
    public func insert(_ certificate: SiteCertificateRecord) throws -> Bool {
        try transaction.execute(
            """
            INSERT INTO site_certificate (key_digest, factory, service, certificate, issued_at, not_after)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (key_digest) DO UPDATE SET certificate = excluded.certificate, issued_at = excluded.issued_at,
                not_after = excluded.not_after, service = excluded.service
            WHERE site_certificate.factory = excluded.factory AND site_certificate.revoked_at IS NULL
            """,
            [
                .fixed(certificate.keyDigest), .name(certificate.factory), .name(certificate.service),
                .blob(certificate.certificate), .time(certificate.issuedAt), .time(certificate.notAfter),
            ]
        ) == 1
    }

    public func certificate(_ keyDigest: Digest256) throws -> SiteCertificateRecord? {
        try transaction.row("SELECT * FROM site_certificate WHERE key_digest = ?", [.fixed(keyDigest)])
            .map(Self.certificate)
    }

    /// Newest first, before `before`.
    public func certificates(
        of factory: FactoryID,
        before: (issuedAt: Instant, key: Digest256)?,
        limit: Int
    ) throws -> [SiteCertificateRecord] {
        let start = before?.issuedAt ?? Instant(seconds: .max)
        return try transaction.rows(
            """
            SELECT * FROM site_certificate
            WHERE factory = ? AND (issued_at < ? OR (issued_at = ? AND key_digest < ?))
            ORDER BY issued_at DESC, key_digest DESC LIMIT ?
            """,
            [.name(factory), .time(start), .time(start), .fixed(before?.key ?? .zero), .number(limit)]
        ).map(Self.certificate)
    }

    public func revokeCertificate(_ keyDigest: Digest256, at time: Instant) throws {
        try transaction.execute(
            "UPDATE site_certificate SET revoked_at = ? WHERE key_digest = ? AND revoked_at IS NULL",
            [.time(time), .fixed(keyDigest)]
        )
    }

    /// False where the ODM has the workspace already.
    public func insertWorkspace(_ product: ProductName, _ organisation: OrganisationID, at time: Instant) throws -> Bool
    {
        try transaction.execute(
            """
            INSERT INTO workspace (product, organisation, created_at) VALUES (?, ?, ?)
            ON CONFLICT (product, organisation) DO NOTHING
            """,
            [.name(product), .name(organisation), .time(time)]
        ) == 1
    }

    public func hasProduct(_ product: ProductName) throws -> Bool {
        try transaction.row("SELECT name FROM product WHERE name = ?", [.name(product)]) != nil
    }

    public func hasWorkspace(_ product: ProductName, _ organisation: OrganisationID) throws -> Bool {
        try transaction.row(
            "SELECT product FROM workspace WHERE product = ? AND organisation = ?",
            [.name(product), .name(organisation)]
        ) != nil
    }

    /// Since when an ODM has a workspace of the product; nil where it has none.
    public func workspaceSince(_ product: ProductName, _ organisation: OrganisationID) throws -> Instant? {
        try transaction.row(
            "SELECT created_at FROM workspace WHERE product = ? AND organisation = ?",
            [.name(product), .name(organisation)]
        )?.time("created_at")
    }

    /// The ODMs of a product, after `after`.
    public func workspaces(
        of product: ProductName,
        after: String?,
        limit: Int
    ) throws -> [(organisation: OrganisationID, since: Instant)] {
        try transaction.rows(
            """
            SELECT organisation, created_at FROM workspace WHERE product = ? AND organisation > ?
            ORDER BY organisation LIMIT ?
            """,
            [.name(product), .text(after ?? ""), .number(limit)]
        ).map { (try $0.name("organisation"), try $0.time("created_at")) }
    }

    private static func factory(_ row: SQLRow) throws -> FactoryRecord {
        FactoryRecord(
            id: try row.name("id"),
            organisation: try row.name("organisation"),
            name: try row.text("name"),
            country: try row.text("country"),
            timeZone: try row.text("time_zone"),
            createdAt: try row.time("created_at")
        )
    }

    private static func certificate(_ row: SQLRow) throws -> SiteCertificateRecord {
        SiteCertificateRecord(
            keyDigest: try row.fixed("key_digest"),
            factory: try row.name("factory"),
            service: try row.name("service"),
            certificate: try row.blob("certificate"),
            issuedAt: try row.time("issued_at"),
            notAfter: try row.time("not_after"),
            revokedAt: try row.optional("revoked_at", row.time)
        )
    }
}

/// What root and officers have signed: RoleKeys, orders, enrolments, as envelopes.
public struct GovernanceTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// All versions in order.
    public func roleKeys() throws -> [Envelope] {
        try transaction.rows("SELECT envelope FROM role_keys ORDER BY version LIMIT 10000")
            .map { try Envelope(parsing: $0.blob("envelope")) }
    }

    public func newestRoleKeys() throws -> Envelope? {
        try transaction.row("SELECT envelope FROM role_keys ORDER BY version DESC LIMIT 1", [])
            .map { try Envelope(parsing: $0.blob("envelope")) }
    }

    public func insertRoleKeys(_ version: Int, _ envelope: Envelope) throws {
        try transaction.execute(
            "INSERT INTO role_keys (version, digest, envelope) VALUES (?, ?, ?)",
            [.number(version), .fixed(envelope.statementID), .blob(try envelope.serialized())]
        )
    }

    /// From number `first` on, in the order in which they came.
    public func orders(from first: Int, limit: Int) throws -> [(number: Int, envelope: Envelope)] {
        try transaction.rows(
            "SELECT number, envelope FROM officer_order WHERE number >= ? ORDER BY number LIMIT ?",
            [.number(first), .number(limit)]
        ).map { (try $0.number("number"), try Envelope(parsing: $0.blob("envelope"))) }
    }

    /// Every order, in the order in which they came: what takes something out of force must never fall out of a page.
    public func everyOrder() throws -> [(number: Int, envelope: Envelope)] {
        let page = 1_000
        var all: [(number: Int, envelope: Envelope)] = []
        repeat {
            let next = try orders(from: (all.last?.number ?? 0) + 1, limit: page)
            all += next
            if next.count < page { return all }
        } while true
    }

    /// Its number; nil where the same order is there already.
    public func insertOrder(_ envelope: Envelope, at time: Instant) throws -> Int? {
        let last = try transaction.row("SELECT number FROM officer_order ORDER BY number DESC LIMIT 1", [])
        let number = try last.map { try $0.number("number") + 1 } ?? 1
        let count = try transaction.execute(
            "INSERT INTO officer_order (number, digest, envelope, loaded_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [.number(number), .fixed(envelope.statementID), .blob(try envelope.serialized()), .time(time)]
        )
        return count == 1 ? number : nil
    }

    /// Keeps with a stored order the signatures of `signers` that it lacks: present officers sign what others signed who
    /// have retired since (decision 0033). Its number; nil where nothing is new, or no such order is there.
    public func addSignatures(of signers: [Digest256], in envelope: Envelope) throws -> Int? {
        let found = try transaction.row(
            "SELECT number, envelope FROM officer_order WHERE digest = ?",
            [.fixed(envelope.statementID)]
        )
        guard let found else { return nil }
        let stored = try Envelope(parsing: found.blob("envelope"))
        let known = Set(stored.signatures.map(\.keyID))
        let new = envelope.signatures.filter { signers.contains($0.keyID) && !known.contains($0.keyID) }
        guard !new.isEmpty else { return nil }
        let joined = Envelope(
            payloadType: stored.payloadType,
            payload: stored.payload,
            signatures: (stored.signatures + new).suffix(Envelope.mostSignatures)
        )
        let number = try found.number("number")
        _ = try transaction.execute(
            "UPDATE officer_order SET envelope = ? WHERE number = ?",
            [.blob(try joined.serialized()), .number(number)]
        )
        return number
    }

    public func edge(_ id: EdgeHSMID) throws -> (factory: FactoryID, envelope: Envelope, enrolledAt: Instant)? {
        try transaction.row("SELECT * FROM edge WHERE id = ?", [.name(id)]).map {
            (try $0.name("factory"), try Envelope(parsing: $0.blob("envelope")), try $0.time("enrolled_at"))
        }
    }

    /// The enrolment's octets as they are stored.
    public func enrolment(_ id: EdgeHSMID) throws -> (factory: FactoryID, octets: [UInt8])? {
        try transaction.row("SELECT factory, envelope FROM edge WHERE id = ?", [.name(id)]).map {
            (try $0.name("factory"), try $0.blob("envelope"))
        }
    }

    public func insertEdge(_ id: EdgeHSMID, _ factory: FactoryID, _ envelope: Envelope, at time: Instant) throws {
        try transaction.execute(
            "INSERT INTO edge (id, factory, digest, envelope, enrolled_at) VALUES (?, ?, ?, ?, ?)",
            [
                .name(id), .name(factory), .fixed(envelope.statementID), .blob(try envelope.serialized()), .time(time),
            ]
        )
    }

    /// All of them, in the order of ids.
    public func everyEdge() throws -> [(id: EdgeHSMID, factory: FactoryID, enrolledAt: Instant)] {
        let page = 1_000
        var all: [(id: EdgeHSMID, factory: FactoryID, enrolledAt: Instant)] = []
        repeat {
            let next = try edges(of: nil, after: all.last?.id.text, limit: page)
            all += next
            if next.count < page { return all }
        } while true
    }

    /// In the order of ids; of one organisation's factories or of all.
    public func edges(
        of organisation: OrganisationID?,
        after: String?,
        limit: Int
    ) throws -> [(id: EdgeHSMID, factory: FactoryID, enrolledAt: Instant)] {
        try transaction.rows(
            """
            SELECT e.id, e.factory, e.enrolled_at FROM edge e JOIN factory f ON f.id = e.factory
            WHERE e.id > ? AND (? = '' OR f.organisation = ?) ORDER BY e.id LIMIT ?
            """,
            [.text(after ?? ""), .text(organisation?.text ?? ""), .text(organisation?.text ?? ""), .number(limit)]
        ).map { (try $0.name("id"), try $0.name("factory"), try $0.time("enrolled_at")) }
    }
}
