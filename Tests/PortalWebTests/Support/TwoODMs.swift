import EdgeHSMCore
import Foundation
import HTTPTypes
import PortalCore
import PortalProtocol
import PortalStore
import ServiceSupport
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// Two ODMs of one portal: the one has an object of every kind, the other looks for them.
enum TwoODMs {
    /// Ids of the first ODM's objects by the names of path parameters, and what of them no answer may hold.
    struct Objects: Sendable {
        var ids: [String: String] = [:]
        var secrets: Set<String> = []
        var own = ""
        var admin = ""
        /// Quantities and sums of the first ODM's.
        var numbers: Set<Int> = []
        var strangers: [(name: String, token: String)] = []
    }

    /// Ids of the same form that nothing has.
    static let nothing = [
        "product": "no-such-thing", "version": "9.9.9", "slot": "no-such-thing",
        "digest": String(repeating: "0", count: 64),
        "edge": "no-such-thing", "number": "9", "factory": "no-such-thing", "key": String(repeating: "0", count: 64),
        "person": "p-nothing", "token": "t-nothing", "invitation": "i-nothing", "batch": "b-nothing",
        "unit": "9-" + String(repeating: "0", count: 64), "alarm": "99999", "position": "0", "session": "s-nothing",
    ]

    /// Bodies with which operations that an ODM may call get as far as their object.
    static let bodies = [
        "createVersion": """
        {"version":"3.0.0","deviceType":256,"softwareVersion":1,
        "commissioning":{"flow":0,"discovery":2,"iterations":1000},
        "factoryData":{"encoding":"nordic-cbor","vendorName":"A","productName":"B","productLabel":"","productURL":"",
        "partNumber":"","hardwareVersion":1,"hardwareVersionString":"1"},
        "chipIdentity":"none","debugPermissions":"00000000000000000000000000000000",
        "firmware":"0000000000000000000000000000000000000000000000000000000000000000",
        "declaration":"0000000000000000000000000000000000000000000000000000000000000000"}
        """,
        "closeBatch": #"{"reason":"enough"}"#, "uploadStick": "\n",
    ]

    /// Stands in every name, id and address that the first ODM has.
    static let canary = "zanzibar"

    /// - Parameter isShared: the second ODM is in the same product's workspace.
    static func objects(
        _ whole: WholePortal,
        isShared: Bool = false,
        naming oem: (organisation: String, admin: String) = ("Example OEM", "Ada")
    ) async throws -> Objects {
        let world = try World().other(EdgeHSMID("\(canary)-box"), at: FactoryID("\(canary)-1"))
        let admin = try await whole.administrator(oem)
        let mine = try await whole.createODM("Zanzibar Lamps", by: admin)
        let others = try await whole.createODM("Berlin Lamps", by: admin)
        _ = try await whole.createFactory(world.site.text, of: mine, by: admin, name: "Zanzibar hall")
        let someone = try await whole.invite(
            [.odmEngineer, .odmProductionManager],
            into: mine,
            by: admin,
            called: "Xenia Zanzibar",
            at: "xenia@zanzibar.example"
        )
        let invitation = try await whole.create(
            "/v1/invitations",
            InvitationRequest(kind: .person, organisation: mine, roles: [.odmEngineer]),
            token: admin
        ).message(NewInvitation.self)
        let (box, batch) = try Box.working(world, units: 1...3)
        let version = try await fill(whole, world, box, batch, mine, someone)
        if isShared {
            try await whole.services.database.write("share") { transaction in
                _ = try FactoryTable(transaction).insertWorkspace(World.product, others, at: World.start)
            }
        }
        _ = try await whole.createFactory("berlin-1", of: others, by: admin)
        try await named(whole, someone.firstToken)
        let firmware = Array("an image of ours".utf8)
        let digest = Digest256.of(firmware)
        for folder in ["firmware", "declarations"] {
            let kept = try await whole.portal.ask(
                "PUT",
                "/v1/\(folder)/\(digest)",
                token: someone.firstToken,
                headers: ["Content-Type": "application/octet-stream"],
                body: firmware
            )
            #expect(kept.status == 200, "\(kept.text)")
        }
        let unit = try await whole.portal.ask("GET", "/v1/units?chip=\(Chip(1).uid)", token: admin)
            .message(UnitList.self).units.first
        let alarm = try await whole.portal.ask("GET", "/v1/alarms", token: admin).message(Page<AlarmView>.self)
            .items.first
        var objects = Objects()
        objects.ids = [
            "product": World.product.text, "version": version.version.text, "slot": "ota", "digest": digest.hex,
            "edge": world.box.text, "number": "1", "factory": world.site.text, "key": Digest256.of([7]).hex,
            "person": someone.person.id.text, "token": try #require(someone.token).id.text,
            "invitation": invitation.id.text,
            "batch": "b-ours", "unit": try #require(unit).id.text, "alarm": "\(try #require(alarm).number)",
            "position": "0", "session": "s-ours",
        ]
        objects.secrets = Set(
            ["product", "edge", "factory", "person", "batch", "unit", "session"].compactMap { objects.ids[$0] }
                + [mine.text, digest.hex, try #require(unit).serial.text, batch.hex]
        )
        (objects.own, objects.admin) = (someone.firstToken, admin)
        objects.numbers = try await numbers(whole)
        for role in [Role.odmEngineer, .odmProductionManager] {
            let stranger = try await whole.invite([role], into: others, by: admin)
            objects.strangers.append(("\(role)", stranger.firstToken))
        }
        return objects
    }

    /// A token with a name, and a reason.
    private static func named(_ whole: WholePortal, _ token: String) async throws {
        let made = try await whole.create(
            "/v1/tokens",
            TokenRequest(name: DisplayName("Zanzibar script"), scopes: [.read], days: TokenDays(1)),
            token: token
        )
        #expect(made.status == 201, "\(made.text)")
    }

    /// The first ODM's quantities, and what they leave of the totals.
    private static func numbers(_ whole: WholePortal) async throws -> Set<Int> {
        let granted = try await whole.services.database.read {
            try BatchTable($0).standing(World.product).values.reduce(0, +)
        }
        #expect(granted > largeBatch)
        let lifetime = try product().lifetimeTotal.value
        return [
            largeBatch, granted, lifetime - granted, allotment, allotment - granted, approvedTotal,
            approvedTotal - granted, firstSerial,
        ]
    }

    static let largeBatch = 104_729
    static let firstSerial = 1_299_709
    static let allotment = 611_953
    static let approvedTotal = 9_999_991

    /// A batch of many units beside the one that the journal speaks of, by the same terms.
    private static func large(
        _ version: VersionName,
        _ mine: OrganisationID,
        _ person: PersonID,
        like terms: ProductionAuthorization
    )
        throws -> BatchRecord
    {
        let authorization = ProductionAuthorization(
            product: terms.product,
            approval: terms.approval,
            manifest: terms.manifest,
            edgeHSM: terms.edgeHSM,
            factory: terms.factory,
            batch: try BatchName("\(canary)-large"),
            quantity: largeBatch,
            serials: .init(prefix: "L", first: firstSerial, digits: 10),
            notBefore: terms.notBefore,
            notAfter: terms.notAfter,
            grace: terms.grace,
            debugUnlocks: terms.debugUnlocks,
            reprovisions: terms.reprovisions,
            rotations: terms.rotations,
            roleKeysVersion: terms.roleKeysVersion,
            issuedAt: terms.issuedAt
        )
        return try BatchRecord(
            id: BatchID("b-large"),
            version: version,
            organisation: mine,
            authorization: authorization,
            createdBy: person,
            createdAt: World.start
        )
    }

    /// Product, version, workspace, batch, package, certificate, journal, alarms, quarantine.
    static func fill(
        _ whole: WholePortal,
        _ world: World,
        _ box: Box,
        _ batch: Digest256,
        _ mine: OrganisationID,
        _ someone: Welcome
    ) async throws -> VersionRecord {
        let person = someone.person.id
        var version = VersionRecord(
            product: World.product,
            version: try VersionName("1.0.0"),
            organisation: mine,
            manifest: try world.manifest(),
            firmware: .zero,
            declaration: try await TestDeclaration.place(in: whole.folder + "/files"),
            provesProduct: true,
            created: VersionAct(person: person, at: World.start)
        )
        var draft = BatchDraft.units(10)
        (draft.allotment, draft.lifetimeTotal) = (allotment, approvedTotal)
        (version.approval, version.sequence) = (try draft.approval(world), 1)
        (version.state, version.lockedAt) = (.locked, World.start)
        let kept = version
        // What the first ODM works on, has handed in, or has been refused, in the product that it may share with the second.
        let own = try [VersionState.draft, .submitted, .rejected].map { state in
            var version = VersionRecord(
                product: World.product,
                version: try VersionName("\(canary)-\(state.rawValue)"),
                organisation: mine,
                manifest: try world.manifest(),
                firmware: .zero,
                declaration: kept.declaration,
                provesProduct: true,
                created: VersionAct(person: person, at: World.start)
            )
            version.state = state
            return version
        }
        let product = try product()
        let (database, now) = (whole.services.database, whole.portal.clock.now)
        try await database.write("fill") { transaction in
            let governance = GovernanceTable(transaction)
            try governance.insertRoleKeys(1, world.roleKeys())
            try governance.insertEdge(world.box, world.site, world.enrolment(), at: World.start)
            _ = try ProductTable(transaction).insert(product)
            let factories = FactoryTable(transaction)
            _ = try factories.insertWorkspace(World.product, mine, at: World.start)
            _ = try factories.insert(
                SiteCertificateRecord(
                    keyDigest: Digest256.of([7]),
                    factory: world.site,
                    service: StationName("service-1"),
                    certificate: [0x30],
                    issuedAt: World.start,
                    notAfter: World.start + 90
                )
            )
            _ = try VersionTable(transaction).insert(kept)
            try VersionTable(transaction).update(kept)
            for version in own {
                _ = try VersionTable(transaction).insert(version)
                try VersionTable(transaction).update(version)
            }
            _ = try governance.insertOrder(
                world.order(.retireEdgeHSM(edgeHSM: world.box, product: World.product, remainder: 7_919, sequence: 1)),
                at: World.start
            )
        }
        let ingest = IngestService(
            database: database,
            registry: StoredEdges(),
            rootAuthority: world.root.point,
            now: { now }
        )
        var journal = SentJournal(box)
        journal.entries += [[0x7B]]
        #expect(try await ingest.ingest(journal.whole(), from: world.site).refusal == nil)
        try await database.write("fill") { transaction in
            let terms = try #require(try JournalBatches(transaction).batches(batch).first).batch.terms
            let record = try BatchRecord(
                id: BatchID("b-ours"),
                version: kept.version,
                organisation: mine,
                authorization: terms.content,
                createdBy: person,
                createdAt: World.start
            )
            try BatchTable(transaction).insert(record)
            try BatchTable(transaction).insert(
                large(kept.version, mine, person, like: terms.content)
            )
            try PackageTable(transaction).ask(record.statement, at: World.start)
            let package = PackageRecord(
                statement: record.statement,
                digest: Digest256.of([1]),
                size: 1,
                madeAt: World.start
            )
            try PackageTable(transaction).insert(package, content: [1])
            let session = SessionRecord(
                id: try SessionID("s-ours"),
                digest: Digest256.of([8]),
                person: person,
                isComplete: true,
                createdAt: now,
                seenAt: now,
                verifiedAt: now,
                expiresAt: now + 1_000_000,
                address: "192.0.2.7",
                agent: nil
            )
            try SessionTable(transaction).insert(session)
        }
        return kept
    }

    static func product() throws -> ProductRecord {
        ProductRecord(
            product: World.product,
            title: try DisplayName("Lamp"),
            foundation: ProductFoundation(
                vendorID: World.vendorID,
                productID: World.productID,
                family: try FamilyName("virtual-v"),
                secureBootKey: .init(validated: [UInt8](repeating: 4, count: 65)),
                paa: Octets([1]),
                debugRoot: Octets([1]),
                vendorRoots: [],
                keySlots: [],
                socClass: 7,
                debugPermissions: try SixteenOctets(String(repeating: "0", count: 32)),
                serialPrefix: try SerialPrefix("L")
            ),
            lifetimeTotal: try UnitTotal(15_485_863),
            rules: try ProductRules(chipIdentity: .none, factories: [FactoryID("\(canary)-1")]),
            revision: 1,
            createdAt: World.start
        )
    }

    static func ask(
        _ whole: WholePortal,
        _ declaration: RouteDeclaration,
        _ ids: [String: String],
        _ token: String
    ) async throws -> TestPortal.Reply {
        var path = declaration.template.text
        for name in declaration.template.parameters {
            path = path.replacing("{\(name)}", with: try #require(ids[name], "no id for {\(name)}"))
        }
        if declaration.operationID == "listProductKeys" { path += "?version=1.0.0" }
        if declaration.operationID == "getAuditInclusion" { path += "?size=1" }
        var headers = ["X-Request-ID": "the-same-for-all"]
        if declaration.demands.contains(.idempotencyKey) { headers["Idempotency-Key"] = UUID().uuidString }
        if declaration.demands.contains(.ifMatch) { headers["If-Match"] = "\"1\"" }
        var body: [UInt8]?
        switch declaration.input.body {
        case .none: break
        case .json:
            headers["Content-Type"] = "application/json"
            body = Array((bodies[declaration.operationID] ?? "{}").utf8)
        case .raw(let type, _):
            headers["Content-Type"] = type
            body = Array((bodies[declaration.operationID] ?? "x").utf8)
        }
        return try await whole.portal.ask(
            declaration.method.rawValue,
            path,
            token: token,
            headers: headers,
            body: body
        )
    }
}
