public import PortalProtocol
public import Statements
public import Vocabulary

/// Keys for a product, asked of an EdgeHSM, and its answer.
public struct PreparationRecord: Sendable, Hashable {
    public let edgeHSM: EdgeHSMID
    public let product: ProductName
    public let askedBy: PersonID
    public let askedAt: Instant
    /// The signed `ProductPreparation`, once it came.
    public let envelope: Envelope?
    public let receivedAt: Instant?

    init(_ row: SQLRow) throws {
        edgeHSM = try row.name("edge")
        product = try row.name("product")
        askedBy = try row.name("asked_by")
        askedAt = try row.time("asked_at")
        envelope = try row.optional("envelope", row.blob).map { try Envelope(parsing: $0) }
        receivedAt = try row.optional("received_at", row.time)
    }
}

/// The OEM's certificates for an EdgeHSM's keys of a product.
public struct ProductCertificateRecord: Sendable, Hashable {
    public let edgeHSM: EdgeHSMID
    public let product: ProductName
    /// `ProductCertificates` as it came, JSON.
    public let content: [UInt8]
    public let uploadedBy: PersonID
    public let uploadedAt: Instant
    public let revision: Int
    /// When the journal's word that they are in the EdgeHSM was taken in.
    public let installedAt: Instant?

    init(_ row: SQLRow) throws {
        edgeHSM = try row.name("edge")
        product = try row.name("product")
        content = try row.blob("content")
        uploadedBy = try row.name("uploaded_by")
        uploadedAt = try row.time("uploaded_at")
        revision = try row.number("revision")
        installedAt = try row.optional("installed_at", row.time)
    }
}

/// Which certificates of a product an EdgeHSM has, for comparison.
public struct InstalledCertificates: Sendable, Hashable {
    /// SHA-256 over PAA, PAI, debug root and debug intermediate, each after its length as u32.
    public let digest: Digest256

    public init(_ certificates: ProductCertificates) {
        self.init(certificates.paa, certificates.pai, certificates.debugRoot, certificates.debugIntermediate)
    }

    public init(_ body: CertificatesInstalled) {
        self.init(body.paa, body.pai, body.debugRoot, body.debugIntermediate)
    }

    private init(_ parts: Octets...) {
        digest = Digest256.of(
            parts.flatMap { part in withUnsafeBytes(of: UInt32(part.bytes.count).bigEndian) { Array($0) } + part.bytes }
        )
    }
}

/// What EdgeHSMs were asked to prepare, and the certificates for it. Whoever writes here has verified what it writes.
public struct PreparationTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// False where it was asked before.
    public func ask(_ product: ProductName, of edge: EdgeHSMID, by person: PersonID, at time: Instant) throws -> Bool {
        try transaction.execute(
            """
            INSERT INTO preparation (edge, product, asked_by, asked_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (edge, product) DO NOTHING
            """,
            [.name(edge), .name(product), .name(person), .time(time)]
        ) == 1
    }

    /// The EdgeHSM's answer. False where none was asked, or an answer is there: its keys are made once.
    public func receive(
        _ preparation: Envelope,
        of product: ProductName,
        from edge: EdgeHSMID,
        at time: Instant
    ) throws -> Bool {
        try transaction.execute(
            """
            UPDATE preparation SET envelope = ?, received_at = ? WHERE edge = ? AND product = ? AND envelope IS NULL
            """,
            [.blob(preparation.serialized()), .time(time), .name(edge), .name(product)]
        ) == 1
    }

    public func preparation(_ product: ProductName, of edge: EdgeHSMID) throws -> PreparationRecord? {
        try transaction.row("SELECT * FROM preparation WHERE edge = ? AND product = ?", [.name(edge), .name(product)])
            .map(PreparationRecord.init)
    }

    /// By product, 1,000 at most.
    public func preparations(of edge: EdgeHSMID) throws -> [PreparationRecord] {
        try transaction.rows("SELECT * FROM preparation WHERE edge = ? ORDER BY product LIMIT 1000", [.name(edge)])
            .map(PreparationRecord.init)
    }

    /// By product, after `after`.
    public func page(of edge: EdgeHSMID, after: String?, limit: Int) throws -> [PreparationRecord] {
        try transaction.rows(
            "SELECT * FROM preparation WHERE edge = ? AND product > ? ORDER BY product LIMIT ?",
            [.name(edge), .text(after ?? ""), .number(limit)]
        ).map(PreparationRecord.init)
    }

    /// Others than those that are there must be installed anew, unless the journal says that they are already.
    public func set(
        _ certificates: ProductCertificates,
        for edge: EdgeHSMID,
        by person: PersonID,
        at time: Instant
    ) throws {
        let product = certificates.product
        try transaction.execute(
            """
            INSERT INTO product_certificate (edge, product, content, uploaded_by, uploaded_at, revision)
            VALUES (?, ?, ?, ?, ?, 1)
            ON CONFLICT (edge, product) DO UPDATE SET content = excluded.content, uploaded_by = excluded.uploaded_by,
                uploaded_at = excluded.uploaded_at, installed_at = NULL, revision = product_certificate.revision + 1
            WHERE product_certificate.content <> excluded.content
            """,
            [
                .name(edge), .name(product), .blob(try StatementCoding.encode(certificates)), .name(person),
                .time(time),
            ]
        )
        let known = try transaction.row(
            "SELECT digest, installed_at FROM installed_certificate WHERE edge = ? AND product = ?",
            [.name(edge), .name(product)]
        )
        guard let known, try known.fixed("digest") == InstalledCertificates(certificates).digest else { return }
        try noteInstalled(product, on: edge, at: known.time("installed_at"))
    }

    /// The EdgeHSM lost a tail: what its journal said of preparations and certificates is read again, from what it kept.
    public func forgetJournaled(of edge: EdgeHSMID) throws {
        try transaction.execute(
            "UPDATE preparation SET envelope = NULL, received_at = NULL WHERE edge = ?",
            [.name(edge)]
        )
        try transaction.execute("UPDATE product_certificate SET installed_at = NULL WHERE edge = ?", [.name(edge)])
        try transaction.execute("DELETE FROM installed_certificate WHERE edge = ?", [.name(edge)])
    }

    /// Certificates for keys that were made in the lost tail fit nothing any more: the product is prepared anew.
    public func dropUnprepared(of edge: EdgeHSMID) throws {
        try transaction.execute(
            """
            DELETE FROM product_certificate WHERE edge = ? AND product IN (
                SELECT product FROM preparation WHERE edge = ? AND envelope IS NULL)
            """,
            [.name(edge), .name(edge)]
        )
    }

    /// What the journal says: these certificates are in the EdgeHSM. Others that were brought are offered still.
    public func noteInstalled(
        _ installed: InstalledCertificates,
        of product: ProductName,
        on edge: EdgeHSMID,
        at time: Instant
    ) throws {
        try transaction.execute(
            """
            INSERT INTO installed_certificate (edge, product, digest, installed_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (edge, product) DO UPDATE SET digest = excluded.digest, installed_at = excluded.installed_at
            """,
            [.name(edge), .name(product), .fixed(installed.digest), .time(time)]
        )
        guard let brought = try certificates(of: product, on: edge),
            try InstalledCertificates(ProductCertificates(parsing: brought.content)) == installed
        else { return }
        try noteInstalled(product, on: edge, at: time)
    }

    private func noteInstalled(_ product: ProductName, on edge: EdgeHSMID, at time: Instant) throws {
        try transaction.execute(
            """
            UPDATE product_certificate SET installed_at = ? WHERE edge = ? AND product = ? AND installed_at IS NULL
            """,
            [.time(time), .name(edge), .name(product)]
        )
    }

    public func certificates(of product: ProductName, on edge: EdgeHSMID) throws -> ProductCertificateRecord? {
        try transaction.row(
            "SELECT * FROM product_certificate WHERE edge = ? AND product = ?",
            [.name(edge), .name(product)]
        ).map(ProductCertificateRecord.init)
    }

    /// By product, 1,000 at most.
    public func certificates(on edge: EdgeHSMID) throws -> [ProductCertificateRecord] {
        try transaction.rows(
            "SELECT * FROM product_certificate WHERE edge = ? ORDER BY product LIMIT 1000",
            [.name(edge)]
        ).map(ProductCertificateRecord.init)
    }
}
