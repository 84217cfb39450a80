public import PortalProtocol
public import Statements
public import Vocabulary

/// One product version as it is kept. What it is made of never changes; `revision` counts the steps it took.
public struct VersionRecord: Sendable, Hashable {
    public let product: ProductName
    public let version: VersionName
    /// The ODM that made it.
    public let organisation: OrganisationID
    public var state: VersionState
    public var revision: Int
    public let manifest: [UInt8]
    public let manifestDigest: Digest256
    public let firmware: Digest256
    public let declaration: Digest256
    public let provesProduct: Bool
    public let created: VersionAct
    public var submitted: VersionAct?
    public var rejected: VersionAct?
    /// With the signatures that have come so far.
    public var approval: Envelope?
    /// Of the approval.
    public var sequence: Int?
    public var lockedAt: Instant?

    /// Its approval is a link of the product's chain: locked, or given up after an officer had signed it.
    var isChained: Bool { lockedAt != nil || (state == .rejected && approval?.signatures.isEmpty == false) }

    public init(
        product: ProductName,
        version: VersionName,
        organisation: OrganisationID,
        manifest: [UInt8],
        firmware: Digest256,
        declaration: Digest256,
        provesProduct: Bool,
        created: VersionAct
    ) {
        self.product = product
        self.version = version
        self.organisation = organisation
        self.state = .draft
        self.revision = 1
        self.manifest = manifest
        self.manifestDigest = Digest256.of(manifest)
        self.firmware = firmware
        self.declaration = declaration
        self.provesProduct = provesProduct
        self.created = created
    }

    init(_ row: SQLRow) throws {
        product = try row.name("product")
        version = try row.name("name")
        organisation = try row.name("organisation")
        let stored = try row.text("state")
        guard let state = VersionState(rawValue: stored) else {
            throw Refusal(PortalStoreError.type, "version state \(stored.prefix(40))")
        }
        self.state = state
        revision = try row.number("revision")
        manifest = try row.blob("manifest")
        manifestDigest = try row.fixed("manifest_digest")
        firmware = try row.fixed("firmware")
        declaration = try row.fixed("declaration")
        provesProduct = try row.flag("proves_product")
        created = VersionAct(person: try row.name("author"), at: try row.time("created_at"))
        submitted = try row.optionalName("submitter", as: PersonID.self).map {
            VersionAct(person: $0, at: try row.time("submitted_at"))
        }
        rejected = try row.optionalName("rejecter", as: PersonID.self).map {
            VersionAct(person: $0, at: try row.time("rejected_at"), reason: try Remark(row.text("reason")))
        }
        approval = try row.optional("approval", row.blob).map { try Envelope(parsing: $0) }
        sequence = try row.optional("sequence", row.number)
        lockedAt = try row.optional("locked_at", row.time)
    }
}

/// The table of product versions, each with its approval.
public struct VersionTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func version(_ product: ProductName, _ version: VersionName) throws -> VersionRecord? {
        try transaction.row(
            "SELECT * FROM product_version WHERE product = ? AND name = ?",
            [.name(product), .name(version)]
        ).map(VersionRecord.init)
    }

    /// Versions after `start` by name, `limit` at most.
    ///
    /// - Parameter odm: whose own and all locked ones alone; nil for all.
    public func page(
        _ product: ProductName,
        seenBy odm: OrganisationID? = nil,
        after start: String?,
        limit: Int
    ) throws -> [VersionRecord] {
        try transaction.rows(
            """
            SELECT * FROM product_version WHERE product = ? AND name > ?
            AND (? = '' OR organisation = ? OR locked_at IS NOT NULL) ORDER BY name LIMIT ?
            """,
            [
                .name(product), .text(start ?? ""), .text(odm?.text ?? ""), .text(odm?.text ?? ""), .number(limit),
            ]
        ).map(VersionRecord.init)
    }

    /// The version whose approval has the highest sequence of those that are locked.
    public func lastLocked(_ product: ProductName) throws -> VersionRecord? {
        try transaction.row(
            """
            SELECT * FROM product_version WHERE product = ? AND locked_at IS NOT NULL
            ORDER BY sequence DESC LIMIT 1
            """,
            [.name(product)]
        ).map(VersionRecord.init)
    }

    /// Versions whose approvals are links of the product's chain, by sequence: locked ones, and rejected ones that an
    /// officer had signed. Such a signature is out in the world, and its officer signs no other of that sequence, so the
    /// next approval follows it, and its figures bind until EdgeHSMs release them.
    public func chain(_ product: ProductName, after sequence: Int, limit: Int) throws -> [VersionRecord] {
        try transaction.rows(
            """
            SELECT * FROM product_version WHERE product = ? AND chained = 1 AND sequence > ? ORDER BY sequence LIMIT ?
            """,
            [.name(product), .number(sequence), .number(limit)]
        ).map(VersionRecord.init)
    }

    /// The last of them.
    public func chainEnd(_ product: ProductName) throws -> VersionRecord? {
        try transaction.row(
            """
            SELECT * FROM product_version WHERE product = ? AND chained = 1 ORDER BY sequence DESC LIMIT 1
            """,
            [.name(product)]
        ).map(VersionRecord.init)
    }

    /// Versions that wait for officers' signatures.
    public func submitted(_ product: ProductName) throws -> [VersionRecord] {
        try transaction.rows(
            "SELECT * FROM product_version WHERE product = ? AND state = ? ORDER BY name LIMIT 1000",
            [.name(product), .text(VersionState.submitted.rawValue)]
        ).map(VersionRecord.init)
    }

    /// The locked version under this approval.
    public func approved(by statement: Digest256) throws -> VersionRecord? {
        try transaction.row(
            "SELECT * FROM product_version WHERE approval_statement = ? AND locked_at IS NOT NULL",
            [.fixed(statement)]
        ).map(VersionRecord.init)
    }

    /// False where the product has a version of this name.
    public func insert(_ record: VersionRecord) throws -> Bool {
        try transaction.execute(
            """
            INSERT INTO product_version (product, name, organisation, state, revision, manifest, manifest_digest,
            firmware, declaration, proves_product, author, created_at, chained)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
            ON CONFLICT (product, name) DO NOTHING
            """,
            [
                .name(record.product), .name(record.version), .name(record.organisation),
                .text(record.state.rawValue), .number(record.revision), .blob(record.manifest),
                .fixed(record.manifestDigest), .fixed(record.firmware), .fixed(record.declaration),
                .flag(record.provesProduct), .name(record.created.person), .time(record.created.at),
            ]
        ) == 1
    }

    /// State and what belongs to it, one revision further.
    public func update(_ record: VersionRecord) throws {
        try transaction.execute(
            """
            UPDATE product_version SET state = ?, revision = ?, submitter = ?, submitted_at = ?, rejecter = ?,
            rejected_at = ?, reason = ?, approval = ?, approval_statement = ?, sequence = ?, locked_at = ?, chained = ?
            WHERE product = ? AND name = ?
            """,
            [
                .text(record.state.rawValue), .number(record.revision + 1), .name(record.submitted?.person),
                .time(record.submitted?.at), .name(record.rejected?.person), .time(record.rejected?.at),
                .optional(record.rejected?.reason?.text), .optional(try record.approval?.serialized()),
                .fixed(record.approval?.statementID), .number(record.sequence), .time(record.lockedAt),
                .flag(record.isChained), .name(record.product), .name(record.version),
            ]
        )
    }
}
