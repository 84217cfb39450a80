import PortalProtocol
import Statements
import TestSupport
import Vocabulary

@testable import PortalStore

/// The rows on which a batch stands, written without their modules' rules.
struct BatchFixture {
    let product: ProductName
    let edge: EdgeHSMID
    let other: EdgeHSMID
    let factory: FactoryID
    let odm: OrganisationID
    let person: PersonID
    let time = Instant(seconds: 1_800_000_000)

    init(_ database: any PortalDatabase) async throws {
        product = try ProductName("lamp")
        edge = try EdgeHSMID("edge-1")
        other = try EdgeHSMID("edge-2")
        factory = try FactoryID("factory-1")
        odm = try OrganisationID("o-1")
        person = try PersonID("p-1")
        let (product, edges, factory, odm, person) = (product, [edge, other], factory, odm, person)
        try await database.write("fixture") { transaction in
            try transaction.execute(
                "INSERT INTO organisation (id, name, kind, created_at) VALUES (?, 'An ODM', 'odm', 0)",
                [.name(odm)]
            )
            try transaction.execute(
                """
                INSERT INTO person (id, organisation, name, email, roles, active, version, created_at)
                VALUES (?, ?, 'Somebody', 'a@b', 'odmProductionManager', 1, 1, 0)
                """,
                [.name(person), .name(odm)]
            )
            try transaction.execute(
                """
                INSERT INTO product (name, title, foundation, lifetime_total, rules, revision, created_at)
                VALUES (?, 'Lamp', ?, 1000, ?, 1, 0)
                """,
                [.name(product), .blob([]), .blob([])]
            )
            try transaction.execute(
                """
                INSERT INTO factory (id, organisation, name, country, time_zone, created_at)
                VALUES (?, ?, 'Factory', 'DE', 'UTC', 0)
                """,
                [.name(factory), .name(odm)]
            )
            for edge in edges {
                try transaction.execute(
                    "INSERT INTO edge (id, factory, digest, envelope, enrolled_at) VALUES (?, ?, ?, ?, 0)",
                    [.name(edge), .name(factory), .fixed(Digest256.zero), .blob([])]
                )
            }
        }
    }

    func batch(
        _ name: String,
        quantity: Int = 100,
        first: Int,
        at edge: EdgeHSMID? = nil,
        createdAt: Int64 = 0
    ) throws -> BatchRecord {
        let none = ProductionAuthorization.Allowance(count: 0, notAfter: time)
        return try BatchRecord(
            id: BatchID("b-\(name)"),
            version: VersionName("1.0"),
            organisation: odm,
            authorization: ProductionAuthorization(
                product: product,
                approval: .zero,
                manifest: .zero,
                edgeHSM: edge ?? self.edge,
                factory: factory,
                batch: BatchName(name),
                quantity: quantity,
                serials: .init(prefix: "A", first: first, digits: 10),
                notBefore: time,
                notAfter: time + 86_400,
                debugUnlocks: none,
                reprovisions: none,
                rotations: none,
                roleKeysVersion: 1,
                issuedAt: time
            ),
            createdBy: person,
            createdAt: time + createdAt
        )
    }

    /// What ingest leaves of a journal's word about a batch.
    func journal(
        _ statement: Digest256,
        log: Int64 = 1,
        of edge: EdgeHSMID? = nil,
        issued: Int,
        returned: Int,
        isClosed: Bool,
        _ database: any PortalDatabase
    ) async throws {
        let edge = edge ?? self.edge
        try await database.write("fixture") { [factory, product] transaction in
            try Self.log(log, edge, factory, transaction)
            try transaction.execute(
                """
                INSERT INTO journal_batches (log, batch, product, name, granted, issued, burned, returned, closed, unlocks,
                    reprovisions, rotations, terms) VALUES (?, ?, ?, 'x', 100, ?, 0, ?, ?, 0, 0, 0, ?)
                ON CONFLICT (log, batch) DO UPDATE SET issued = excluded.issued, returned = excluded.returned,
                    closed = excluded.closed
                """,
                [
                    .integer(log), .fixed(statement), .name(product), .number(issued), .number(returned),
                    .flag(isClosed), .blob([]),
                ]
            )
        }
    }

    func void(
        _ statement: Digest256,
        log: Int64 = 1,
        of edge: EdgeHSMID? = nil,
        _ database: any PortalDatabase
    )
        async throws
    {
        let edge = edge ?? self.edge
        try await database.write("fixture") { [factory] transaction in
            try Self.log(log, edge, factory, transaction)
            try transaction.execute(
                "INSERT INTO journal_voids (log, batch, sequence) VALUES (?, ?, 7)",
                [.integer(log), .fixed(statement)]
            )
        }
    }

    private static func log(
        _ log: Int64,
        _ edge: EdgeHSMID,
        _ factory: FactoryID,
        _ transaction: any SQLTransaction
    ) throws {
        try JournalLogs(transaction).put(
            JournalLog(log: log, edgeHSM: edge, factory: factory, root: .zero, heardAt: .epoch)
        )
    }
}
