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

/// Every route with every kind of object of one ODM, asked by another: the answer is that of an object that is not there.
@Suite("The whole portal: another ODM's objects")
struct ForeignObjectTests {
    /// Ids of the first ODM's objects by the names of path parameters, and what of them no answer may hold.
    private struct Objects {
        var ids: [String: String] = [:]
        var secrets: Set<String> = []
        var own = ""
        var strangers: [(name: String, token: String)] = []
    }

    /// Ids of the same form that nothing has.
    private static let nothing = [
        "product": "nothing", "version": "9.9.9", "slot": "nothing", "digest": String(repeating: "0", count: 64),
        "edge": "nothing", "number": "9", "factory": "nothing", "key": String(repeating: "0", count: 64),
        "person": "p-nothing", "token": "t-nothing", "invitation": "i-nothing", "batch": "b-nothing",
        "unit": "9-" + String(repeating: "0", count: 64), "alarm": "99999", "position": "0", "session": "s-nothing",
    ]

    /// Bodies with which operations that an ODM may call get as far as their object.
    private static let bodies = [
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

    private static func objects(_ whole: WholePortal) async throws -> Objects {
        let world = try World()
        let admin = try await whole.administrator()
        let mine = try await whole.createODM("Shenzhen Lamps", by: admin)
        let others = try await whole.createODM("Berlin Lamps", by: admin)
        _ = try await whole.createFactory(world.site.text, of: mine, by: admin)
        let someone = try await whole.invite([.odmEngineer, .odmProductionManager], into: mine, by: admin)
        let invitation = try await whole.create(
            "/v1/invitations",
            InvitationRequest(kind: .person, organisation: mine, roles: [.odmEngineer]),
            token: admin
        ).message(NewInvitation.self)
        let (box, batch) = try Box.working(world, units: 1...3)
        let version = try await fill(whole, world, box, batch, mine, someone)
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
        objects.own = someone.firstToken
        for role in [Role.odmEngineer, .odmProductionManager] {
            let stranger = try await whole.invite([role], into: others, by: admin)
            objects.strangers.append(("\(role)", stranger.firstToken))
        }
        return objects
    }

    /// Product, version, workspace, batch, package, certificate, journal, alarms, quarantine.
    private static func fill(
        _ whole: WholePortal,
        _ world: World,
        _ box: Box,
        _ batch: Digest256,
        _ mine: OrganisationID,
        _ someone: Welcome
    ) async throws -> VersionRecord {
        let person = someone.person.id
        let version = VersionRecord(
            product: World.product,
            version: try VersionName("1.0.0"),
            organisation: mine,
            manifest: try world.manifest(),
            firmware: .zero,
            declaration: .zero,
            provesProduct: true,
            created: VersionAct(person: person, at: World.start)
        )
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
            _ = try VersionTable(transaction).insert(version)
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
                version: version.version,
                organisation: mine,
                authorization: terms.content,
                createdBy: person,
                createdAt: World.start
            )
            try BatchTable(transaction).insert(record)
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
        return version
    }

    private static func product() throws -> ProductRecord {
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
            lifetimeTotal: try UnitTotal(1_000),
            rules: ProductRules(chipIdentity: .none),
            revision: 1,
            createdAt: World.start
        )
    }

    private static func ask(
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

    @Test("the same octets as for what does not exist, on every route with an object in its path")
    func objectsOfOthers() async throws {
        try await WholePortal.run { whole in
            let objects = try await Self.objects(whole)
            var judged = 0
            for declaration in whole.routes.map(\.declaration) where !declaration.template.parameters.isEmpty {
                // What one uploads under a digest is one's own.
                if ["putFirmware", "putDeclaration"].contains(declaration.operationID) { continue }
                for (name, token) in objects.strangers {
                    let ours = try await Self.ask(whole, declaration, objects.ids, token)
                    let none = try await Self.ask(whole, declaration, Self.nothing, token)
                    let id = "\(declaration.operationID) as \(name)"
                    #expect(ours.status == none.status && ours.body == none.body, "\(id): \(ours.text) \(none.text)")
                    #expect([403, 404].contains(ours.status), "\(id) got no further than \(ours.text)")
                    if ours.status == 404 { judged += 1 }
                    whole.portal.clock.advance(1)
                }
            }
            #expect(judged >= 30, "\(judged) answers were of an object")
        }
    }

    @Test("the ids are right: whose objects they are reads them")
    func objectsOfOnesOwn() async throws {
        try await WholePortal.run { whole in
            let objects = try await Self.objects(whole)
            // Here neither a declaration nor a checkpoint of a whole journal is in the portal, and the RoleKeys name another
            // portal's key.
            let unreadable = ["reviewVersion", "getUnitProof", "getStick"]
            var read = 0
            for declaration in whole.routes.map(\.declaration)
            where declaration.method == .get && !declaration.template.parameters.isEmpty
                && !unreadable.contains(declaration.operationID)
            {
                let reply = try await Self.ask(whole, declaration, objects.ids, objects.own)
                if reply.problem?.code == "portal.access.role" { continue }
                #expect(reply.status == 200, "\(declaration.operationID): \(reply.text)")
                read += 1
            }
            #expect(read >= 15)
        }
    }

    @Test("no list and no sum tells another ODM's names, serials or quantities")
    func lists() async throws {
        try await WholePortal.run { whole in
            let objects = try await Self.objects(whole)
            let queries = [
                "findUnits": ["?chip=\(Chip(1).uid)"],
                "getRollUps": RollUpDimension.allCases.map {
                    "?by=\($0.rawValue)&from=\(World.start)&to=\(World.start)"
                },
                "getAuditConsistency": ["?first=0&second=0"],
                "getProduction": ["?step=hour"],
            ]
            for declaration in whole.routes.map(\.declaration)
            where declaration.method == .get && declaration.template.parameters.isEmpty
                && !["getAPIDocument", "getReadiness", "getAccount"].contains(declaration.operationID)
            {
                for query in queries[declaration.operationID] ?? [""] {
                    let path = declaration.template.text + query
                    for (name, token) in objects.strangers {
                        let reply = try await whole.portal.ask("GET", path, token: token)
                        #expect([200, 403].contains(reply.status), "\(path) as \(name): \(reply.text)")
                        for secret in objects.secrets {
                            #expect(!reply.text.contains("\"\(secret)\""), "\(path) as \(name) tells \(secret)")
                        }
                        if declaration.operationID == "getRollUps" {
                            #expect(try reply.message(RollUpAnswer.self).rows.isEmpty)
                        }
                    }
                    let own = try await whole.portal.ask("GET", path, token: objects.own)
                    #expect([200, 403].contains(own.status), "\(path): \(own.text)")
                }
            }
        }
    }
}
