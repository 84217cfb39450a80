import Crypto
import Foundation
import KeyCustody
import Logging
import PortalProtocol
import PortalStore
import PortalWeb
import ServiceLifecycle
import ServiceSupport
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// The portal itself, its sync listener and its database, with offers that a test makes.
final class RealPortal: Sendable {
    let database: SQLitePortalDatabase
    let server: SyncServer
    let offers: TestOffers
    let identities: TestSites
    let key: MemoryKey
    let port: Int
    /// Port of the people's listener.
    let people: Int
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    private init(
        database: SQLitePortalDatabase,
        server: SyncServer,
        offers: TestOffers,
        identities: TestSites,
        key: MemoryKey,
        port: Int,
        people: Int,
        group: ServiceGroup,
        running: Task<Void, any Error>
    ) {
        (self.database, self.server, self.offers, self.identities) = (database, server, offers, identities)
        (self.key, self.port, self.people) = (key, port, people)
        (self.group, self.running) = (group, running)
    }

    /// A Factory Service, a line that breaks, and the portal itself, for as long as the body takes.
    static func withLine(_ body: (FactoryLine, RealPortal, CutWire, Synchroniser) async throws -> Void) async throws {
        let made = Mutex<(RealPortal, CutWire)?>(nil)
        let line = try await FactoryLine(
            portal: { pki, edge in
                let portal = try await RealPortal.start(pki, edge: edge.identityPoint, name: "portal")
                let wire = try await CutWire.start(to: portal.port)
                made.withLock { $0 = (portal, wire) }
                let files = try pki.files("factory-1", role: "factory", organization: "site-1")
                return .init(
                    host: "127.0.0.1",
                    port: wire.port,
                    tls: .init(certificates: files.certificate, key: files.key, authorities: pki.caPath),
                    interval: 100
                )
            }
        )
        let (portal, wire) = try #require(made.withLock { $0 })
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(line, portal, wire, try #require(line.daemon.synchroniser)))
        } catch { result = .failure(error) }
        await line.close()
        await wire.close()
        try await portal.stop()
        try result.get()
    }

    /// - Parameter edge: the identity of `edge-1`, enrolled for `site-1`.
    static func start(_ pki: SitePKI, edge: P256Point, name: String) async throws -> RealPortal {
        let database = try SQLitePortalDatabase.open(path: pki.folder + "/\(name).sqlite")
        let enrolment = EdgeHSMEnrolment(
            edgeHSM: EdgeHSMID(validated: "edge-1"),
            factory: FactoryID(validated: "site-1"),
            identity: edge,
            seal: MemoryKey().publicKey,
            transport: Octets([UInt8](repeating: 1, count: 300)),
            tokenSerial: "t",
            assurance: "software",
            issuedAt: Instant(seconds: 1)
        )
        let envelope = try enrolment.unsigned()
        try await database.write("site") { transaction in
            try transaction.execute(
                "INSERT INTO organisation (id, name, kind, created_at) VALUES ('o-odm1', 'ODM', 'odm', 1)"
            )
            for site in ["site-1", "site-2"] {
                _ = try FactoryTable(transaction).insert(
                    FactoryRecord(
                        id: FactoryID(validated: site),
                        organisation: OrganisationID(validated: "o-odm1"),
                        name: site,
                        country: "CN",
                        timeZone: "Asia/Shanghai",
                        createdAt: Instant(seconds: 1)
                    )
                )
            }
            try GovernanceTable(transaction).insertEdge(
                EdgeHSMID(validated: "edge-1"),
                FactoryID(validated: "site-1"),
                envelope,
                at: Instant(seconds: 1)
            )
        }
        let (offers, identities, key) = (TestOffers(), TestSites(), MemoryKey())
        let now: @Sendable () -> Instant = { ClockSource.system.realtime() }
        let server = SyncServer(
            database: database,
            ingest: IngestService(database: database, registry: StoredEdges(), rootAuthority: nil, now: now),
            registry: StoredEdges(),
            offers: offers,
            portalKey: { key },
            now: now
        )
        let files = try pki.files("portal", role: "portal")
        let settings = ListenerSettings(
            host: "127.0.0.1",
            port: 0,
            identity: try TLSIdentity.load(certificates: files.certificate, key: .pem(path: files.key))
        )
        let logger = Logger(label: "portal") { _ in SwiftLogNoOpLogHandler() }
        let application = try PortalApplication(
            listener: settings,
            people: try SyncRoutes.sticks(server, acts: Acts(database: database)),
            sync: (settings, try SyncRoutes.sync(server), [pki.authority]),
            authenticator: Authenticator(
                identities: identities,
                clock: .system,
                siteAuthorities: [pki.authority]
            ),
            clock: .system,
            metrics: Metrics(),
            logger: logger
        )
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        let running = Task { try await group.run() }
        let ports = await application.ports.wait()
        return RealPortal(
            database: database,
            server: server,
            offers: offers,
            identities: identities,
            key: key,
            port: ports.sync ?? 0,
            people: ports.people,
            group: group,
            running: running
        )
    }

    func stop() async throws {
        await group.triggerGracefulShutdown()
        _ = await running.result
        try database.close()
    }

    /// Kinds of alarms, each with how often it was raised.
    func alarms() async throws -> [String] {
        try await database.read { transaction in
            try transaction.rows("SELECT kind, times FROM alarms ORDER BY kind LIMIT 100").map {
                "\(try $0.text("kind")) \(try $0.number("times"))"
            }
        }
    }

    /// Units of which there is a label record.
    func units() async throws -> Set<[UInt8]> {
        try await database.read { transaction in
            Set(try transaction.rows("SELECT unit FROM label_record LIMIT 50000").map { try $0.blob("unit") })
        }
    }

    /// Everything that sync stored, row by row.
    func rows() async throws -> [String] {
        try await database.read { transaction in
            let entries = try transaction.rows(
                "SELECT sequence, entry FROM journal_entries ORDER BY log, sequence LIMIT 50000"
            ).map { "entry \(try $0.number("sequence")) \(Digest256.of(try $0.blob("entry")))" }
            let labels = try transaction.rows(
                "SELECT unit, number, record FROM label_record ORDER BY number LIMIT 50000"
            ).map { "label \(try $0.number("number")) \(Hex.encode(try $0.blob("unit") + $0.blob("record")))" }
            let events = try transaction.rows("SELECT number, line FROM site_event ORDER BY number LIMIT 50000")
                .map { "event \(try $0.number("number")) \(try $0.text("line"))" }
            return entries + labels + events
        }
    }
}

/// A key in memory.
struct MemoryKey: SigningKey {
    private let key = P256.Signing.PrivateKey()
    var publicKey: P256Point { P256Point(validated: Array(key.publicKey.x963Representation)) }
    func sign(_ message: [UInt8]) async throws -> RawSignature {
        try RawSignature(key.signature(for: message).rawRepresentation)
    }
}

/// Every factory certificate is registered until it is revoked; it is of the site that the test says.
final class TestSites: IdentityStore {
    let factory = Mutex<String?>("site-1")
    /// An administrator of the OEM, and an engineer of an ODM that has no factory here.
    static let oemToken = "obis_" + String(repeating: "A", count: 43)
    static let odmToken = "obis_" + String(repeating: "E", count: 43)

    func token(digest: Digest256) async throws -> TokenIdentity? {
        let isOEM = digest == Digest256.of(Self.oemToken.utf8)
        guard isOEM || digest == Digest256.of(Self.odmToken.utf8) else { return nil }
        let person = PersonIdentity(
            id: .random(),
            organisation: OrganisationID(validated: isOEM ? "o-oem" : "o-odm2"),
            kind: isOEM ? .oem : .odm,
            name: "Ada",
            roles: isOEM ? [.oemAdmin] : [.odmEngineer],
            officer: nil
        )
        return TokenIdentity(
            id: .random(),
            person: person,
            scopes: [.read, .write],
            expiresAt: .noExpiry,
            isRevoked: false
        )
    }
    func noteUse(of token: TokenID, at time: Instant) async {}

    func site(publicKeyDigest: Digest256) async throws -> SiteIdentity? {
        factory.withLock { $0 }.map {
            SiteIdentity(
                factory: FactoryID(validated: $0),
                organisation: OrganisationID(validated: "o-odm1"),
                service: "factory-1",
                publicKeyDigest: publicKeyDigest
            )
        }
    }
}

final class TestOffers: SyncOffers {
    struct State {
        var offers = EdgeOffers()
        var packages: [Digest256: [UInt8]] = [:]
        var firmware: [Digest256: [UInt8]] = [:]
        var certificates: [ProductName: [UInt8]] = [:]
        var prepared: [Digest256] = []
    }
    let state = Mutex(State())

    func offers(to edge: EdgeHSMID, in transaction: any SQLTransaction) throws -> EdgeOffers {
        state.withLock { state in
            var offers = state.offers
            offers.packages = state.packages.sorted { $0.key < $1.key }.map {
                .init(authorization: $0.key, digest: Digest256.of($0.value), size: $0.value.count)
            }
            offers.firmware = state.firmware.sorted { $0.key < $1.key }.map {
                .init(digest: $0.key, size: $0.value.count)
            }
            offers.certificates = state.certificates.keys.sorted()
            return offers
        }
    }

    func package(_ authorization: Digest256, for edge: EdgeHSMID, in transaction: any SQLTransaction) -> [UInt8]? {
        state.withLock { $0.packages[authorization] }
    }

    func certificates(of product: ProductName, for edge: EdgeHSMID, in transaction: any SQLTransaction) -> [UInt8]? {
        state.withLock { $0.certificates[product] }
    }

    func firmware(_ digest: Digest256, for edges: [EdgeHSMID]) async throws -> OfferedFile? {
        guard !edges.isEmpty, let bytes = state.withLock({ $0.firmware[digest] }) else { return nil }
        return OfferedFile(size: bytes.count) { Array(bytes[$0]) }
    }

    func take(_ preparation: Verified<ProductPreparation>, in transaction: any SQLTransaction, at time: Instant) {
        state.withLock {
            $0.prepared.append(preparation.id)
            $0.offers.preparations = []
        }
    }
}
