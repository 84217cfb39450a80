import Durability
import Governance
public import KeyCustody
public import Logging
import PortalCore
import PortalProtocol
import PortalStore
public import ServiceLifecycle
public import ServiceSupport
import Statements
import Vocabulary

/// The whole portal of one configuration: database, authority, routes, listeners.
public struct Portal: Service {
    public let application: PortalApplication
    /// The one-time code of a first start, to be printed once.
    public let setupCode: String?
    private let database: SQLitePortalDatabase

    /// Opens everything; nothing listens before `run`.
    ///
    /// - Parameter token: open, and this process's alone.
    public static func open(
        _ configuration: PortalConfiguration,
        token: any Token,
        clock: ClockSource = .system,
        logger: Logger
    ) async throws -> Portal {
        try configuration.validate()
        guard configuration.profile == .lab || token.information.assurance == .hardware else {
            throw Refusal(PortalError.invalidSetting, "profile production: the token counts as software")
        }
        let identity = try TLSIdentity.load(
            certificates: configuration.tls.certificates,
            key: .pem(path: configuration.tls.key)
        )
        guard let issuer = try CredentialFile.certificates(configuration.tls.issuer).first else {
            throw Refusal(PortalError.invalidSetting, "tls.issuer")
        }
        let settings = PortalServices.Settings(
            publicHost: configuration.publicHost,
            publicPort: configuration.publicPort ?? configuration.people.port,
            tlsIssuer: Digest256.of(issuer),
            root: try PublicKeyText.read(configuration.rootKeyFile),
            profile: configuration.profile,
            passwordCost: configuration.scryptCost ?? .usual
        )
        let enrolment = try await EnrolmentAuthority.open(in: token, oem: configuration.oem, at: clock.realtime())
        let seam = try FaultSeam.fromEnvironment()
        let database = try SQLitePortalDatabase.open(path: configuration.databasePath, seam: seam)
        do {
            let services = try await PortalServices(
                settings: settings,
                database: database,
                token: token,
                enrolment: enrolment,
                clock: clock
            )
            let parts = try PortalParts(services, files: configuration.filesPath, logger: logger, seam: seam)
            return try await Portal(
                application: application(parts, configuration, identity, logger, seam),
                setupCode: services.setupCode(),
                database: database
            )
        } catch {
            try? database.close()
            throw error
        }
    }

    private static func application(
        _ parts: PortalParts,
        _ configuration: PortalConfiguration,
        _ identity: TLSIdentity,
        _ logger: Logger,
        _ seam: FaultSeam
    ) throws -> PortalApplication {
        func settings(_ listener: PortalConfiguration.Listener, _ usual: RequestLimits) -> ListenerSettings {
            ListenerSettings(
                host: listener.host,
                port: listener.port,
                identity: identity,
                connections: listener.connections ?? 512,
                limits: RequestLimits(
                    atOnce: listener.requestsAtOnce ?? usual.atOnce,
                    perSecond: listener.requestsPerSecond ?? usual.perSecond
                )
            )
        }
        let services = parts.services
        let metrics = Metrics()
        let people = try PortalRoutes.people(parts, metrics: metrics)
        return try PortalApplication(
            listener: settings(configuration.people, .people),
            people: people,
            sync: (
                settings(configuration.sync, .sites), PortalRoutes.sync(parts), [services.enrolment.certificate]
            ),
            authenticator: services.authenticator,
            acts: services.acts,
            clock: services.clock,
            metrics: metrics,
            logger: logger,
            background: parts.background,
            pages: PageSite(
                people,
                sessions: PortalSessions(authenticator: services.authenticator),
                fonts: configuration.fontsDirectory
            ),
            seam: seam
        )
    }

    /// Until it is asked to stop; then the database is closed.
    public func run() async throws {
        do { try await application.run() } catch {
            try? database.close()
            throw error
        }
        try database.close()
    }
}

extension PortalServices {
    /// Throws what keeps the portal from working: database, portal key, enrolment authority.
    @Sendable func checkReadiness() async throws {
        _ = try await database.read { try PeopleTable($0).hasOEM() }
        _ = try await portalKey()
        _ = try await token.signingKey(KeyName(.enrolmentCA))
    }
}
