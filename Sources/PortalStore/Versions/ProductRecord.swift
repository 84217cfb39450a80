public import PortalProtocol
import Statements
public import Vocabulary

/// One product as it is kept. `revision` counts its changes.
public struct ProductRecord: Sendable, Hashable {
    public let product: ProductName
    public let title: DisplayName
    public let foundation: ProductFoundation
    public let lifetimeTotal: UnitTotal
    public let rules: ProductRules
    public let revision: Int
    public let createdAt: Instant

    public init(
        product: ProductName,
        title: DisplayName,
        foundation: ProductFoundation,
        lifetimeTotal: UnitTotal,
        rules: ProductRules,
        revision: Int,
        createdAt: Instant
    ) {
        self.product = product
        self.title = title
        self.foundation = foundation
        self.lifetimeTotal = lifetimeTotal
        self.rules = rules
        self.revision = revision
        self.createdAt = createdAt
    }

    init(_ row: SQLRow) throws {
        self.init(
            product: try row.name("name"),
            title: try DisplayName(row.text("title")),
            foundation: try StatementCoding.decode(ProductFoundation.self, from: row.blob("foundation")),
            lifetimeTotal: try UnitTotal(row.number("lifetime_total")),
            rules: try StatementCoding.decode(ProductRules.self, from: row.blob("rules")),
            revision: try row.number("revision"),
            createdAt: try row.time("created_at")
        )
    }
}

/// The products' table.
public struct ProductTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func product(_ name: ProductName) throws -> ProductRecord? {
        try transaction.row("SELECT * FROM product WHERE name = ?", [.name(name)]).map(ProductRecord.init)
    }

    /// Products after `start` by name, `limit` at most. `workspaceOf`: those only that this ODM has a part in.
    public func page(after start: String?, limit: Int, workspaceOf odm: OrganisationID?) throws -> [ProductRecord] {
        let rows =
            if let odm {
                try transaction.rows(
                    """
                    SELECT product.* FROM product, workspace WHERE workspace.organisation = ?
                    AND workspace.product = product.name AND product.name > ? ORDER BY product.name LIMIT ?
                    """,
                    [.name(odm), .text(start ?? ""), .number(limit)]
                )
            } else {
                try transaction.rows(
                    "SELECT * FROM product WHERE name > ? ORDER BY name LIMIT ?",
                    [.text(start ?? ""), .number(limit)]
                )
            }
        return try rows.map(ProductRecord.init)
    }

    /// Whether the ODM has a part in the product.
    public func isWorkspace(_ product: ProductName, of odm: OrganisationID) throws -> Bool {
        try transaction.row(
            "SELECT product FROM workspace WHERE product = ? AND organisation = ?",
            [.name(product), .name(odm)]
        ) != nil
    }

    /// False where there is a product of this name.
    public func insert(_ record: ProductRecord) throws -> Bool {
        try transaction.execute(
            """
            INSERT INTO product (name, title, foundation, lifetime_total, rules, revision, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING
            """,
            [
                .name(record.product), .text(record.title.text), .blob(StatementCoding.encode(record.foundation)),
                .number(record.lifetimeTotal.value), .blob(StatementCoding.encode(record.rules)),
                .number(record.revision), .time(record.createdAt),
            ]
        ) == 1
    }

    /// Title, figures and rules; a foundation never changes.
    public func update(_ record: ProductRecord) throws {
        try transaction.execute(
            "UPDATE product SET title = ?, lifetime_total = ?, rules = ?, revision = ? WHERE name = ?",
            [
                .text(record.title.text), .number(record.lifetimeTotal.value),
                .blob(StatementCoding.encode(record.rules)), .number(record.revision), .name(record.product),
            ]
        )
    }
}
