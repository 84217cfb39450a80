import Crypto
import Durability
import Foundation
import Governance
import KeyCustody
import Logging
import PortalCore
import PortalProtocol
import PortalStore
import ServiceSupport
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import PortalWeb

/// The portal's own use cases over a database on disk and a token in memory.
struct WholePortal {
    let services: PortalServices
    let portal: TestPortal
    let root: P256.Signing.PrivateKey
    let officers: [P256.Signing.PrivateKey]
    let token: TestToken
    /// Of the people's listener, and of the factories'.
    let routes: [any MountableRoute]
    let syncRoutes: [any MountableRoute]
    let setupCode: String
    /// Where the database is.
    let folder: String

    /// - Parameters:
    ///   - agreeing: a real token for the keys of label records.
    ///   - start: the portal's time at its first start.
    ///   - limits: walks over all routes are faster than any person.
    static func run(
        deadlines: BodyDeadlines = .usual,
        limits: RequestLimits = RequestLimits(atOnce: 128, perSecond: 100_000),
        agreeing: (any Token)? = nil,
        start: Instant? = nil,
        _ body: (WholePortal) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        if let start { clock.advance(start - clock.now) }
        let source = ClockSource(realtime: { clock.now }, bootSeconds: { 0 })
        let token = TestToken([KeyName(.portal), KeyName(.enrolmentCA), KeyName(.authorizer)], agreeing: agreeing)
        let root = P256.Signing.PrivateKey()
        let database = try SQLitePortalDatabase.open(path: folder.path + "/portal.sqlite", reserve: 0)
        let services = try await PortalServices(
            settings: .init(
                publicHost: "portal.example",
                publicPort: 443,
                tlsIssuer: .zero,
                root: P256Point(validated: Array(root.publicKey.x963Representation)),
                profile: .lab,
                passwordCost: #require(PasswordCost(logN: 4, blockSize: 8, parallelism: 1))
            ),
            database: database,
            token: token,
            enrolment: EnrolmentAuthority.open(in: token, oem: "Example OEM", at: clock.now),
            clock: source
        )
        let code = try #require(try await services.setupCode())
        let parts = try PortalParts(services, files: folder.path + "/files", logger: Logger(label: "test"))
        let metrics = Metrics()
        let routes = try PortalRoutes.people(parts, metrics: metrics)
        let syncRoutes = try PortalRoutes.sync(parts)
        try await TestPortal.run(
            people: routes,
            sync: syncRoutes,
            services: (services, clock, metrics),
            limits: limits,
            deadlines: deadlines,
            pages: PageSite(routes, sessions: PortalSessions(authenticator: services.authenticator))
        ) { portal in
            try await body(
                WholePortal(
                    services: services,
                    portal: portal,
                    root: root,
                    officers: (0..<3).map { _ in P256.Signing.PrivateKey() },
                    token: token,
                    routes: routes,
                    syncRoutes: syncRoutes,
                    setupCode: code,
                    folder: folder.path
                )
            )
        }
        try database.close()
    }

    /// A creation with a key of its own.
    func create<Body: Encodable>(
        _ path: String,
        _ body: Body,
        token: String? = nil,
        key: String = "key-\(UInt64.random(in: 0...UInt64.max))"
    ) async throws -> TestPortal.Reply {
        let json = String(decoding: try StatementCoding.encode(body), as: UTF8.self)
        return try await portal.ask("POST", path, token: token, headers: ["Idempotency-Key": key], json: json)
    }

    func put<Body: Encodable>(_ path: String, _ body: Body, token: String) async throws -> TestPortal.Reply {
        let json = String(decoding: try StatementCoding.encode(body), as: UTF8.self)
        return try await portal.ask("PUT", path, token: token, json: json)
    }

    /// Sets the portal up; the administrator's token.
    func administrator(
        _ oem: (organisation: String, admin: String) = ("Example OEM", "Ada")
    ) async throws -> String {
        let request = SetupRequest(
            code: try OneTimeCode(setupCode),
            organisation: try DisplayName(oem.organisation),
            name: try DisplayName(oem.admin),
            email: try EmailAddress("ada@example.com")
        )
        let reply = try await create("/v1/setup", request)
        #expect(reply.status == 201, "\(reply.text)")
        return try reply.message(Welcome.self).firstToken
    }

    /// Somebody new by invitation; their token.
    func invite(
        _ roles: Set<Role>,
        into organisation: OrganisationID,
        by admin: String,
        officer: String? = nil,
        called name: String = "Somebody",
        at email: String = "somebody@example.com"
    ) async throws -> Welcome {
        let request = InvitationRequest(
            kind: .person,
            organisation: organisation,
            roles: roles,
            officer: try officer.map { try OfficerName($0) }
        )
        let made = try await create("/v1/invitations", request, token: admin)
        #expect(made.status == 201, "\(made.text)")
        let code = try made.message(NewInvitation.self).code
        let acceptance = InvitationAcceptance(
            code: code,
            name: try DisplayName(name),
            email: try EmailAddress(email)
        )
        let accepted = try await create("/v1/invitations/accept", acceptance)
        #expect(accepted.status == 201, "\(accepted.text)")
        return try #require(try accepted.message(AcceptedInvitation.self).welcome)
    }

    func createODM(_ name: String, by admin: String) async throws -> OrganisationID {
        try await create("/v1/organisations", NewOrganisation(name: DisplayName(name)), token: admin)
            .message(Organisation.self).id
    }

    func createFactory(
        _ id: String,
        of odm: OrganisationID,
        by admin: String,
        name: String = "Line hall"
    ) async throws -> TestPortal.Reply {
        let factory = NewFactory(
            id: try FactoryID(id),
            organisation: odm,
            name: try DisplayName(name),
            country: try CountryCode("CN"),
            timeZone: try TimeZoneName("Asia/Shanghai")
        )
        return try await create("/v1/factories", factory, token: admin)
    }

    // MARK: What root and officers sign

    static func point(_ key: P256.Signing.PrivateKey) -> P256Point {
        P256Point(validated: Array(key.publicKey.x963Representation))
    }

    static func sign(_ envelope: Envelope, _ keys: [P256.Signing.PrivateKey]) throws -> Envelope {
        try keys.reduce(envelope) { envelope, key in
            let signature = Array(try key.signature(for: envelope.signedBytes).rawRepresentation)
            return envelope.adding(.init(keyID: point(key).keyID, value: RawSignature(validated: signature)))
        }
    }

    func roleKeys(
        version: Int = 1,
        previous: Digest256? = nil,
        root: P256.Signing.PrivateKey? = nil
    ) async throws
        -> Envelope
    {
        let root = root ?? self.root
        let statement = RoleKeys(
            oem: "Example OEM",
            version: version,
            previous: previous,
            root: Self.point(root),
            officers: try officers.enumerated().map {
                .init(name: try OfficerName("officer-\($0.offset)"), key: Self.point($0.element))
            },
            threshold: 2,
            authorizer: try await token.signingKey(KeyName(.authorizer)).publicKey,
            portal: try await token.signingKey(KeyName(.portal)).publicKey,
            labelRecord: Self.point(P256.Signing.PrivateKey()),
            issuedAt: .epoch,
            expiresAt: .noExpiry
        )
        return try Self.sign(statement.unsigned(), [root])
    }

    func enrolment(_ edge: String, at factory: String, signers: Int = 2) throws -> Envelope {
        let statement = EdgeHSMEnrolment(
            edgeHSM: try EdgeHSMID(edge),
            factory: try FactoryID(factory),
            identity: Self.point(P256.Signing.PrivateKey()),
            seal: Self.point(P256.Signing.PrivateKey()),
            transport: Octets([UInt8](repeating: 1, count: 422)),
            tokenSerial: "1",
            assurance: "software",
            issuedAt: .epoch
        )
        return try Self.sign(statement.unsigned(), Array(officers.prefix(signers)))
    }
}

extension Welcome {
    /// Text of the first token. Nobody here came with a password.
    var firstToken: String { token?.token ?? "" }
}
