import Crypto
import Foundation
import Governance
import KeyCustody
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import ServiceSupport
import Statements
import Synchronization
import Testing
import Vocabulary

@testable import PortalWeb

/// What was granted, as a test sets it.
final class TestLedger: ApprovalLedger {
    private let state = Mutex(GrantedUnits.none)

    func set(granted: GrantedUnits = .none) { state.withLock { $0 = granted } }
    func granted(_ product: ProductName, in transaction: any SQLTransaction) -> GrantedUnits { state.withLock { $0 } }
}

/// A portal with the routes of products and versions, on SQLite and a SoftHSM2 token that a ceremony filled.
struct VersionPortal {
    static let lamp = ProductName(validated: "lamp")

    let world: World
    let portal: TestPortal
    let database: SQLitePortalDatabase
    let ledger: TestLedger
    let desk: VersionDesk
    let admin: TestIdentities.Someone
    let officer: TestIdentities.Someone
    let engineer: TestIdentities.Someone
    let stranger: TestIdentities.Someone

    static func run(_ body: @escaping @Sendable (VersionPortal) async throws -> Void) async throws {
        let world = try await World()
        try await world.run(world.file(["firmwareKeys": [["name": "main"]]]))
        let database = try SQLitePortalDatabase.open(path: world.folder + "/portal.db", reserve: 0)
        let ledger = TestLedger()
        try await world.access.withToken(world.portalToken) { token in
            let services = try await PortalServices(
                settings: .init(
                    publicHost: "localhost",
                    publicPort: 443,
                    tlsIssuer: .zero,
                    root: world.roleKeys().content.root,
                    profile: .lab
                ),
                database: database,
                token: token,
                enrolment: EnrolmentAuthority.open(in: token, oem: "Example OEM", at: World.now),
                clock: .system
            )
            let desk = VersionDesk(services, shelf: try FileShelf(folder: world.folder + "/files"), ledger: ledger)
            try await TestPortal.run(people: VersionRoutes.routes(desk)) { portal in
                let identities = portal.identities
                let tester = VersionPortal(
                    world: world,
                    portal: portal,
                    database: database,
                    ledger: ledger,
                    desk: desk,
                    admin: identities.add([.oemAdmin], in: TestIdentities.oem),
                    officer: identities.add([.oemSecurityOfficer], in: TestIdentities.oem),
                    engineer: identities.add([.odmEngineer], in: TestIdentities.odms[0]),
                    stranger: identities.add([.odmEngineer], in: TestIdentities.odms[1])
                )
                try await tester.fill()
                try await body(tester)
            }
        }
        try database.close()
    }

    /// Organisations, people, RoleKeys, factory and EdgeHSM, as other operations of the portal would have written them.
    private func fill() async throws {
        let people = [(admin, "ada@oem"), (officer, "ben@oem"), (engineer, "eve@odm"), (stranger, "sam@odm")]
        let roleKeys = try world.roleKeys().envelope
        try await database.write("fill") { transaction in
            for (organisation, kind) in [(TestIdentities.oem, "oem")] + TestIdentities.odms.map({ ($0, "odm") }) {
                try transaction.execute(
                    "INSERT INTO organisation (id, name, kind, created_at) VALUES (?, ?, ?, 0)",
                    [.name(organisation), .text(organisation.text), .text(kind)]
                )
            }
            for (someone, email) in people {
                try transaction.execute(
                    """
                    INSERT INTO person (id, organisation, name, email, roles, active, version, created_at)
                    VALUES (?, ?, ?, ?, '[]', 1, 1, 0)
                    """,
                    [
                        .name(someone.person.id), .name(someone.person.organisation), .text(someone.person.name),
                        .text(email),
                    ]
                )
            }
            try transaction.execute(
                "INSERT INTO role_keys (version, digest, envelope) VALUES (1, ?, ?)",
                [.fixed(roleKeys.statementID), .blob(try roleKeys.serialized())]
            )
            try transaction.execute(
                """
                INSERT INTO factory (id, organisation, name, country, time_zone, created_at)
                VALUES ('shenzhen', ?, 'Shenzhen', 'CN', 'Asia/Shanghai', 0)
                """,
                [.name(TestIdentities.odms[0])]
            )
            for edge in ["edge-1", "edge-2"] {
                try transaction.execute(
                    "INSERT INTO edge (id, factory, digest, envelope, enrolled_at) VALUES (?, 'shenzhen', ?, ?, 0)",
                    [.text(edge), .blob([]), .blob([])]
                )
            }
        }
    }

    func open(workspaceOf odm: OrganisationID) async throws {
        try await database.write("workspace") { transaction in
            try transaction.execute(
                "INSERT INTO workspace (product, organisation, created_at) VALUES (?, ?, 0)",
                [.name(Self.lamp), .name(odm)]
            )
        }
    }

    /// Makes `someone` the officer of this name, with this address for mail.
    func bind(_ someone: TestIdentities.Someone, to officer: OfficerName?, email: String) async throws {
        try await database.write("bind") { transaction in
            try transaction.execute(
                "UPDATE person SET officer = ?, email = ? WHERE id = ?",
                [.name(officer), .text(email), .name(someone.person.id)]
            )
        }
    }

    // MARK: - Requests

    func send(
        _ method: String,
        _ path: String,
        _ someone: TestIdentities.Someone,
        _ message: (any Encodable & Sendable)? = nil,
        match: String? = nil,
        key: String? = nil
    ) async throws -> TestPortal.Reply {
        var headers: [String: String] = [:]
        if let match { headers["If-Match"] = match }
        if let key { headers["Idempotency-Key"] = key }
        let json = try message.map { String(decoding: try StatementCoding.encode($0), as: UTF8.self) }
        return try await portal.ask(method, path, token: someone.token.text, headers: headers, json: json)
    }

    func upload(
        _ folder: String,
        _ bytes: [UInt8],
        as digest: Digest256? = nil,
        by someone: TestIdentities.Someone? = nil
    ) async throws -> TestPortal.Reply {
        try await portal.ask(
            "PUT",
            "/v1/\(folder)/\((digest ?? Digest256.of(bytes)).hex)",
            token: (someone ?? engineer).token.text,
            headers: ["Content-Type": "application/octet-stream"],
            body: bytes
        )
    }

    func version(_ name: String) -> String { "/v1/products/lamp/versions/\(name)" }

    /// A step that wants the newest ETag.
    func step(
        _ method: String,
        _ name: String,
        _ step: String,
        _ someone: TestIdentities.Someone,
        _ message: (any Encodable & Sendable)? = nil
    ) async throws -> TestPortal.Reply {
        let now = try await send("GET", version(name), officer)
        return try await send(method, "\(version(name))/\(step)", someone, message, match: now.header("ETag"))
    }

    // MARK: - Messages

    func product(
        _ name: ProductName = lamp,
        lifetime: Int = 10_000,
        family: String = "virtual-v",
        vendor: UInt16 = 0xFFF1,
        permissions: String = "03000000000000000000000000000000"
    ) async throws -> NewProduct {
        NewProduct(
            product: name,
            title: try DisplayName("Table lamp"),
            foundation: ProductFoundation(
                vendorID: VendorID(vendor),
                productID: ProductID(0x8000),
                family: try FamilyName(family),
                secureBootKey: try await ProductionWorld.firmware(world).key,
                paa: Octets(try StateFile.read("\(world.folder)/state/paa/FFF1.der", limit: 600)),
                debugRoot: Octets(try StateFile.read("\(world.folder)/state/debug/root.adac", limit: 600)),
                vendorRoots: [Octets([0x30, 0x00])],
                keySlots: [ProductKeySlot(slot: try KeySlot("ota"), kind: .perUnit)],
                socClass: 7,
                debugPermissions: try SixteenOctets(permissions),
                serialPrefix: try SerialPrefix("L")
            ),
            lifetimeTotal: try UnitTotal(lifetime),
            rules: ProductRules(largestBatch: try UnitTotal(500), chipIdentity: .applet)
        )
    }

    func description(
        _ version: String,
        firmware: [UInt8],
        declaration: [UInt8],
        softwareVersion: UInt32 = 100,
        productName: String = "Lamp",
        permissions: String = "03000000000000000000000000000000"
    ) throws -> NewVersion {
        NewVersion(
            version: try VersionName(version),
            deviceType: 0x0100,
            softwareVersion: softwareVersion,
            commissioning: Manifest.Commissioning(flow: 0, discovery: 2, iterations: 1_000),
            factoryData: Manifest.FactoryData(
                encoding: "nordic-cbor",
                vendorName: "Example",
                productName: productName,
                productLabel: "",
                productURL: "",
                partNumber: "",
                hardwareVersion: 1,
                hardwareVersionString: "1.0"
            ),
            chipIdentity: .vendorCertificate,
            debugPermissions: try SixteenOctets(permissions),
            firmware: Digest256.of(firmware),
            declaration: Digest256.of(declaration)
        )
    }

    func terms(_ allotted: [String: Int] = ["edge-1": 100], lifetime: Int = 1_000) throws -> ApprovalTerms {
        ApprovalTerms(
            lifetimeTotal: try UnitTotal(lifetime),
            allotments: try allotted.sorted { $0.key < $1.key }.map {
                VersionApproval.Allotment(edgeHSM: try EdgeHSMID($0.key), units: $0.value)
            },
            allowances: .init(debugUnlocks: 1, reprovisions: 1, rotations: 1),
            rules: .init(largestBatch: 200, chipIdentity: .vendorCertificate),
            expiresAt: portal.clock.now + 365 * 86_400
        )
    }

    // MARK: - The way to a submitted and a locked version

    struct Parts {
        let firmware: [UInt8]
        let declaration: [UInt8]
    }

    /// Product, workspace, the first version's key and both files.
    func prepare() async throws -> Parts {
        let created = try await send("POST", "/v1/products", admin, try await product(), key: "create-lamp")
        try #require(created.status == 201, "\(created.text)")
        try await open(workspaceOf: TestIdentities.odms[0])
        try await makeKey("1.0.0")
        let parts = Parts(
            firmware: try await ProductionWorld.firmware(world).image,
            declaration: try await ProductionWorld.declaration(productIDs: [0x8000])
        )
        try #require(try await upload("firmware", parts.firmware).status == 200)
        try #require(try await upload("declarations", parts.declaration).status == 200)
        return parts
    }

    func makeKey(_ version: String) async throws {
        let made = try await send("PUT", "/v1/products/lamp/keys/\(version)/ota", admin)
        try #require(made.status == 200, "\(made.text)")
    }

    func submit(_ name: String, _ parts: Parts, productName: String = "Lamp") async throws {
        let new = try description(
            name,
            firmware: parts.firmware,
            declaration: parts.declaration,
            productName: productName
        )
        let made = try await send("POST", "/v1/products/lamp/versions", engineer, new, key: "version-\(name)")
        try #require(made.status == 201, "\(made.text)")
        let submitted = try await step("POST", name, "submit", engineer)
        try #require(submitted.status == 200, "\(submitted.text)")
    }

    func draft(_ name: String, _ terms: ApprovalTerms) async throws -> Envelope {
        let drafted = try await step("PUT", name, "approval", officer, terms)
        try #require(drafted.status == 200, "\(drafted.text)")
        return try Envelope(parsing: try await send("GET", "\(version(name))/approval", officer).body)
    }

    /// With two officers' signatures.
    func lock(_ envelope: Envelope, _ name: String) async throws {
        for officer in [0, 2] { _ = try await bring(world.approve(envelope, officer), name) }
        let locked = try await send("GET", version(name), officer).message(ProductVersion.self)
        try #require(locked.state == .locked)
    }

    /// Sends a signed envelope.
    func bring(_ envelope: Envelope, _ name: String) async throws -> TestPortal.Reply {
        try await send("POST", "\(version(name))/approval/signatures", officer, envelope)
    }
}

extension TestPortal.Reply {
    /// The problem without what differs between any two requests.
    var comparable: String {
        guard let problem else { return text }
        return "\(status) \(problem.code) \(problem.title) \(problem.detail ?? "") \(problem.remedy)"
    }
}
