import Durability
import Foundation
import Governance
import KeyCustody
import Logging
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import ServiceSupport
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// A portal with one locked version, one enrolled EdgeHSM and the token that its ceremony filled.
struct BatchPortal {
    let production: ProductionWorld
    let portal: TestPortal
    let database: SQLitePortalDatabase
    let worker: PackageWorker
    let services: PortalServices
    let shelf: FileShelf
    let manager: TestIdentities.Someone
    let stranger: TestIdentities.Someone
    let officer: TestIdentities.Someone
    let admin: TestIdentities.Someone

    /// - Parameter seam: of database and worker.
    static func run(
        seam: FaultSeam = .none,
        _ body: @escaping @Sendable (BatchPortal) async throws -> Void
    ) async throws {
        let production = try await ProductionWorld.make()
        let path = production.world.folder + "/portal.db"
        let database = try SQLitePortalDatabase.open(path: path, seam: seam, reserve: 0)
        let shelf = try FileShelf(folder: production.world.folder + "/files")
        let file = "\(shelf.folder)/\(Digest256.of(production.declaration).hex)"
        try Data(production.declaration).write(to: URL(fileURLWithPath: file))
        try await production.world.access.withToken(production.world.portalToken) { token in
            let services = try await services(production, database, token)
            let worker = PackageWorker(services, shelf: shelf, logger: Logger(label: "test"), seam: seam)
            let desk = BatchDesk(services, shelf: shelf, packages: worker)
            let routes =
                try BatchRoutes.routes(desk) + PreparationRoutes.routes(services) + OverviewRoutes.routes(services)
            try await TestPortal.run(people: routes) { portal in
                portal.clock.advance(World.now - portal.clock.now)
                let identities = portal.identities
                let tester = BatchPortal(
                    production: production,
                    portal: portal,
                    database: database,
                    worker: worker,
                    services: services,
                    shelf: shelf,
                    manager: identities.add([.odmProductionManager], in: TestIdentities.odms[0]),
                    stranger: identities.add([.odmProductionManager], in: TestIdentities.odms[1]),
                    officer: identities.add([.oemSecurityOfficer], in: TestIdentities.oem),
                    admin: identities.add([.oemAdmin], in: TestIdentities.oem)
                )
                try await tester.fill()
                try await body(tester)
            }
        }
        try database.close()
    }

    private static func services(
        _ production: ProductionWorld,
        _ database: SQLitePortalDatabase,
        _ token: any Token
    ) async throws -> PortalServices {
        try await PortalServices(
            settings: .init(
                publicHost: "localhost",
                publicPort: 443,
                tlsIssuer: .zero,
                root: production.world.roleKeys().content.root,
                profile: .lab
            ),
            database: database,
            token: token,
            enrolment: EnrolmentAuthority.open(in: token, oem: "Example OEM", at: World.now),
            clock: ClockSource(realtime: { World.now }, bootSeconds: { 0 })
        )
    }

    // MARK: - What other operations would have written

    private func fill() async throws {
        let roleKeys = try production.world.roleKeys().envelope
        let enrolment = try production.enrolment()
        let people = [manager, stranger, officer, admin]
        let (product, version) = (try await product(), try version())
        try await database.write("fill") { transaction in
            for (organisation, kind) in [(TestIdentities.oem, "oem")] + TestIdentities.odms.map({ ($0, "odm") }) {
                try transaction.execute(
                    "INSERT INTO organisation (id, name, kind, created_at) VALUES (?, ?, ?, 0)",
                    [.name(organisation), .text(organisation.text), .text(kind)]
                )
            }
            for someone in people {
                try transaction.execute(
                    """
                    INSERT INTO person (id, organisation, name, email, roles, active, version, created_at)
                    VALUES (?, ?, 'Somebody', ?, '[]', 1, 1, 0)
                    """,
                    [
                        .name(someone.person.id), .name(someone.person.organisation),
                        .text("\(someone.person.id)@example.com"),
                    ]
                )
            }
            try GovernanceTable(transaction).insertRoleKeys(1, roleKeys)
            _ = try FactoryTable(transaction).insert(
                FactoryRecord(
                    id: FactoryID("shenzhen"),
                    organisation: TestIdentities.odms[0],
                    name: "Shenzhen",
                    country: "CN",
                    timeZone: "Asia/Shanghai",
                    createdAt: World.now
                )
            )
            try GovernanceTable(transaction).insertEdge(
                EdgeHSMID("edge-1"),
                FactoryID("shenzhen"),
                enrolment,
                at: World.now
            )
            _ = try ProductTable(transaction).insert(product)
            _ = try FactoryTable(transaction).insertWorkspace(product.product, TestIdentities.odms[0], at: World.now)
            _ = try VersionTable(transaction).insert(version)
            try VersionTable(transaction).update(version)
        }
    }

    private func product() async throws -> ProductRecord {
        ProductRecord(
            product: try ProductName(ProductionWorld.product),
            title: try DisplayName("Lamp"),
            foundation: ProductFoundation(
                vendorID: VendorID(0xFFF1),
                productID: ProductID(0x8000),
                family: try FamilyName("virtual-v"),
                secureBootKey: production.manifest.manifest.firmware.verificationKey,
                paa: production.manifest.manifest.paa,
                debugRoot: production.certificates.debugRoot,
                vendorRoots: [],
                keySlots: [],
                socClass: 7,
                debugPermissions: try SixteenOctets("03000000000000000000000000000000"),
                serialPrefix: try SerialPrefix("L")
            ),
            lifetimeTotal: try UnitTotal(1_000),
            rules: ProductRules(largestBatch: try UnitTotal(50), chipIdentity: .applet),
            revision: 1,
            createdAt: World.now
        )
    }

    private func version() throws -> VersionRecord {
        var version = VersionRecord(
            product: try ProductName(ProductionWorld.product),
            version: try VersionName("1.0.0"),
            organisation: TestIdentities.odms[0],
            manifest: production.manifest.bytes,
            firmware: production.manifest.manifest.firmware.digest,
            declaration: Digest256.of(production.declaration),
            provesProduct: true,
            created: VersionAct(person: manager.person.id, at: World.now)
        )
        version.state = .locked
        version.approval = production.approval
        version.sequence = 1
        version.lockedAt = World.now
        return version
    }

    // MARK: - Requests

    func order(_ name: String, quantity: Int = 10, edge: String = "edge-1", days: Int64 = 7) throws -> NewBatch {
        NewBatch(
            batch: try BatchName(name),
            product: try ProductName(ProductionWorld.product),
            version: try VersionName("1.0.0"),
            edgeHSM: try EdgeHSMID(edge),
            quantity: try BatchQuantity(quantity),
            notBefore: World.now,
            notAfter: World.now + days * 86_400,
            debugUnlocks: .init(count: 1, notAfter: World.now + days * 86_400)
        )
    }

    func create(
        _ order: NewBatch,
        by someone: TestIdentities.Someone? = nil,
        key: String? = nil
    ) async throws -> TestPortal.Reply {
        try await portal.ask(
            "POST",
            "/v1/batches",
            token: (someone ?? manager).token.text,
            headers: ["Idempotency-Key": key ?? "creation-\(order.batch)"],
            json: String(decoding: try StatementCoding.encode(order), as: UTF8.self)
        )
    }

    func get(_ path: String, by someone: TestIdentities.Someone? = nil) async throws -> TestPortal.Reply {
        try await portal.ask("GET", path, token: (someone ?? manager).token.text)
    }

    func end(_ how: String, _ id: BatchID, by someone: TestIdentities.Someone) async throws -> TestPortal.Reply {
        let tag = try await get("/v1/batches/\(id)", by: officer).header("ETag") ?? ""
        return try await portal.ask(
            "POST",
            "/v1/batches/\(id)/\(how)",
            token: someone.token.text,
            headers: ["If-Match": tag],
            json: #"{"reason":"no longer needed"}"#
        )
    }

    func allBatches() async throws -> [BatchRecord] {
        try await database.read { try BatchTable($0).page(of: nil, before: nil, limit: 1_000) }
    }

    /// The authorization in a package, opened with the EdgeHSM's own token as the EdgeHSM would.
    func opened(_ bytes: [UInt8]) async throws -> Verified<ProductionAuthorization> {
        let file = try PackageFile(parsing: bytes)
        let roles = try production.world.roleKeys().content
        let outside = try Verified<ProductionPackage>(file.package, signedBy: roles.authorizer).content
        return try await production.world.access.withToken(production.appliance.token) { token in
            let opened = try await HPKEOpener.open(
                HPKEMessage(encapsulated: outside.encapsulated, ciphertext: file.sealed.bytes),
                with: token.agreementKey(KeyName(.edgeSeal)),
                info: ProductionPackage.sealInfo,
                aad: ProductionPackage.sealContext(edgeHSM: outside.edgeHSM, authorization: outside.authorization)
            )
            let contents = try PackageContents(parsing: opened.withBytes { Array($0) })
            let inside = try Verified<ProductionAuthorization>(contents.authorization, signedBy: roles.authorizer)
            #expect(inside.id == outside.authorization)
            return inside
        }
    }
}
