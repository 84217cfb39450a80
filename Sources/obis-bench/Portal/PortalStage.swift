import AsyncHTTPClient
import FactoryBox
import Foundation
import Governance
import KeyCustody
import Logging
import NIOSSL
import OEMWorld
import PKCS11Token
import PortalProtocol
import PortalStore
import PortalWeb
import ServiceLifecycle
import ServiceSupport
import Statements
import Vocabulary

/// A whole portal in this process, behind TLS, with the token of a ceremony in SoftHSM2: everybody signed up over HTTP,
/// one EdgeHSM enrolled, one version locked. Only what an EdgeHSM and officers would have brought lies in the tables.
struct PortalStage {
    let production: ProductionWorld
    let database: SQLitePortalDatabase
    /// Somebody of the OEM, who sees everything, and an ODM's production manager.
    let admin: StageClient
    let manager: StageClient

    static let factory = "shenzhen"
    static let now = OEMWorld.World.now

    /// Opens the portal on the database at `path`, runs `body`, and stops it.
    static func run(
        database path: String,
        folder: String,
        allotment: Int,
        _ body: (PortalStage) async throws -> Void
    ) async throws {
        // Read by the fixture that makes them: two portals take one each for ceremony, portal, appliance and officers.
        setenv("OBIS_TEST_TOKENS", "20", 1)
        let production = try await ProductionWorld.make()
        let database = try SQLitePortalDatabase.open(path: path)
        let reference = production.world.portalToken
        let token = try await PKCS11Token.open(
            PKCS11TokenConfiguration(
                modulePath: reference.module,
                label: reference.label,
                pinSource: .joined(paths: reference.userPINs())
            )
        )
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let services = try await services(production, database, token)
        // The shelf of files makes its own folder, and no folder above it.
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let parts = try PortalParts(services, files: folder + "/files", logger: logger)
        let declaration = "\(folder)/files/\(Digest256.of(production.declaration).hex)"
        try Data(production.declaration).write(to: URL(fileURLWithPath: declaration))
        try PortalCertificate.make(in: folder, start: ClockSource.system.realtime())
        let application = try application(parts, folder, logger)
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let door = try StageDoor(port: await application.ports.wait().people, authority: folder)
            let result: Result<Void, any Error>
            do {
                let stage = try await signUp(door, services, production, database)
                try await stage.fill(allotment)
                result = .success(try await body(stage))
            } catch { result = .failure(error) }
            await door.close()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
        await token.close()
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
            enrolment: EnrolmentAuthority.open(in: token, oem: "Example OEM", at: Self.now),
            clock: ClockSource(realtime: { now }, bootSeconds: { 0 })
        )
    }

    private static func application(
        _ parts: PortalParts,
        _ folder: String,
        _ logger: Logger
    ) throws -> PortalApplication {
        let identity = try TLSIdentity.load(
            certificates: folder + "/portal.pem",
            key: .pem(path: folder + "/portal.key")
        )
        let metrics = Metrics()
        let people = try PortalRoutes.people(parts, metrics: metrics)
        return try PortalApplication(
            listener: ListenerSettings(
                host: "127.0.0.1",
                port: 0,
                identity: identity,
                limits: RequestLimits(atOnce: 1_024, perSecond: 1_000_000)
            ),
            people: people,
            sync: nil,
            authenticator: parts.services.authenticator,
            acts: parts.services.acts,
            clock: parts.services.clock,
            metrics: metrics,
            logger: logger,
            background: parts.background,
            pages: PageSite(people, sessions: PortalSessions(authenticator: parts.services.authenticator))
        )
    }

    // MARK: People

    private static func signUp(
        _ door: StageDoor,
        _ services: PortalServices,
        _ production: ProductionWorld,
        _ database: SQLitePortalDatabase
    ) async throws -> PortalStage {
        let nobody = StageClient(door: door, token: nil)
        let welcome = try await nobody.post(
            "/v1/setup",
            SetupRequest(
                code: try OneTimeCode(await services.setupCode() ?? ""),
                organisation: try DisplayName("Example OEM"),
                name: try DisplayName("Ada"),
                email: try EmailAddress("ada@example.com")
            ),
            as: Welcome.self
        )
        let admin = StageClient(door: door, token: welcome.token?.token)
        let code = try await admin.post(
            "/v1/invitations",
            InvitationRequest(
                kind: .organisation,
                organisationName: try DisplayName("Example ODM"),
                roles: [.odmProductionManager]
            ),
            as: NewInvitation.self
        ).code
        let accepted = try await nobody.post(
            "/v1/invitations/accept",
            InvitationAcceptance(
                code: code,
                name: try DisplayName("Mei"),
                email: try EmailAddress("mei@example.com")
            ),
            as: AcceptedInvitation.self
        )
        return PortalStage(
            production: production,
            database: database,
            admin: admin,
            manager: StageClient(door: door, token: accepted.welcome?.token?.token)
        )
    }

    // MARK: What an EdgeHSM's enrolment and the officers' approval would have left

    private func fill(_ allotment: Int) async throws {
        let me = try await manager.get("/v1/me", as: Me.self)
        let (odm, person) = (me.organisation.id, me.person.id)
        let (roleKeys, enrolment) = (try production.world.roleKeys().envelope, try production.enrolment())
        let (product, version) = (try product(), try await version(odm, person, allotment))
        let factory = FactoryRecord(
            id: try FactoryID(Self.factory),
            organisation: odm,
            name: "Shenzhen",
            country: "CN",
            timeZone: "Asia/Shanghai",
            createdAt: Self.now
        )
        try await database.write("fill") { transaction in
            let governance = GovernanceTable(transaction)
            try governance.insertRoleKeys(1, roleKeys)
            _ = try FactoryTable(transaction).insert(factory)
            try governance.insertEdge(production.appliance.id, factory.id, enrolment, at: Self.now)
            _ = try ProductTable(transaction).insert(product)
            _ = try FactoryTable(transaction).insertWorkspace(product.product, odm, at: Self.now)
            _ = try VersionTable(transaction).insert(version)
            try VersionTable(transaction).update(version)
        }
    }

    private func product() throws -> ProductRecord {
        ProductRecord(
            product: try ProductName(ProductionWorld.product),
            title: try DisplayName("Lamp"),
            foundation: ProductFoundation(
                vendorID: VendorID(0xFFF1),
                productID: ProductID(0x8000),
                family: try FamilyName("virtual-v"),
                secureBootKey: production.manifest.manifest.firmware.verificationKey,
                paa: production.manifest.manifest.paa,
                debugRoot: Octets([1]),
                vendorRoots: [],
                keySlots: [],
                socClass: 7,
                debugPermissions: try SixteenOctets("03000000000000000000000000000000"),
                serialPrefix: try SerialPrefix("L")
            ),
            lifetimeTotal: try UnitTotal(1_000_000),
            rules: ProductRules(chipIdentity: .vendorCertificate),
            revision: 1,
            createdAt: Self.now
        )
    }

    private func version(_ odm: OrganisationID, _ person: PersonID, _ allotment: Int) async throws -> VersionRecord {
        let draft = try ProductionWorld.draft(lifetime: 1_000_000, allotted: allotment)
            .envelope(manifest: production.manifest.bytes, previous: production.approval)
        var version = VersionRecord(
            product: try ProductName(ProductionWorld.product),
            version: try VersionName("1.0.0"),
            organisation: odm,
            manifest: production.manifest.bytes,
            firmware: production.manifest.manifest.firmware.digest,
            declaration: Digest256.of(production.declaration),
            provesProduct: true,
            created: VersionAct(person: person, at: Self.now)
        )
        version.state = .locked
        version.approval = try await production.world.approvedByTwo(draft, earlier: [production.approval])
        version.sequence = 2
        version.lockedAt = Self.now
        return version
    }
}
