public import Durability
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
import NIOCore
import NIOSSL
import PortalProtocol
public import ServiceLifecycle
public import ServiceSupport
import Vocabulary

/// Where a listener stands and how much it takes.
public struct ListenerSettings: Sendable {
    public let host: String
    /// 0: one that is free.
    public let port: Int
    public let identity: TLSIdentity
    /// Most connections at a time; more wait in the kernel's queue.
    public let connections: Int
    /// A connection without a request for so long is closed.
    public let idle: Duration
    /// What one token or factory may ask.
    public let limits: RequestLimits
    public let deadlines: BodyDeadlines

    public init(
        host: String,
        port: Int,
        identity: TLSIdentity,
        connections: Int = 512,
        idle: Duration = .seconds(60),
        limits: RequestLimits = .people,
        deadlines: BodyDeadlines = .usual
    ) {
        self.host = host
        self.port = port
        self.identity = identity
        self.connections = connections
        self.idle = idle
        self.limits = limits
        self.deadlines = deadlines
    }
}

/// The portal's two listeners, people's and factories', and what runs beside them, as one service.
public struct PortalApplication: Service {
    /// After this the last requests are cut off when the portal stops. Connections without a request go at once, those
    /// whose peer does not say good-bye after a second of TLS's patience.
    private static let drain = Duration.seconds(10)

    public let ports: BoundPorts
    private let services: [any Service]
    private let logger: Logger

    /// - Parameters:
    ///   - people: routes of the people's listener; none may have the rule `site`.
    ///   - sync: settings, routes and enrolment authorities (DER) of the factories' listener; all routes must have the
    ///     rule `site`. Nil where there is no such listener.
    ///   - acts: where refused acts of known callers are entered.
    ///   - background: what runs beside the listeners and stops with them.
    ///   - pages: beside the routes of the people's listener.
    ///   - seam: fault points of requests.
    /// Throws `portal.route.inconsistent`, `tls.*`.
    public init(
        listener: ListenerSettings,
        people: [any MountableRoute],
        sync: (settings: ListenerSettings, routes: [any MountableRoute], authorities: [[UInt8]])?,
        authenticator: Authenticator,
        acts: Acts? = nil,
        clock: ClockSource,
        metrics: Metrics,
        logger: Logger,
        background: [any Service] = [],
        pages: PageSite? = nil,
        seam: FaultSeam = .none
    ) throws {
        let all = people + (sync?.routes ?? [])
        let counted = RequestMetrics(metrics, operations: all.map(\.declaration.operationID))
        func responder(
            _ routes: [any MountableRoute],
            of listener: ListenerSettings,
            onSync: Bool
        ) throws
            -> PortalResponder
        {
            if let stray = routes.first(where: { ($0.declaration.rule == .site) != onSync }) {
                throw Refusal(PortalError.inconsistentRoutes, "\(stray.declaration.operationID): other listener")
            }
            var mount = RouteMount(authenticator: authenticator, clock: clock, acts: acts, seam: seam)
            mount.limiter = RequestLimiter(listener.limits)
            mount.deadlines = listener.deadlines
            return try PortalResponder(
                routes: routes,
                mount: mount,
                metrics: counted,
                logger: logger,
                pages: onSync ? nil : pages
            )
        }
        let ports = BoundPorts(count: sync == nil ? 1 : 2)
        self.ports = ports
        self.logger = logger
        var services: [any Service] = []
        let peopleServer = try HTTPServerBuilder.tls(
            Self.http1(listener),
            tlsConfiguration: listener.identity.serverConfiguration()
        )
        services.append(
            Self.application(try responder(people, of: listener, onSync: false), peopleServer, listener, logger) {
                ports.set(people: $0)
            }
        )
        if let sync {
            let server = try HTTPServerBuilder.tls(
                Self.http1(sync.settings),
                configuration: .init(
                    tlsConfiguration: sync.settings.identity.serverConfiguration(authorities: sync.authorities),
                    customAsyncVerificationCallback: { presented in
                        guard let leaf = presented.first else { return .failed }
                        do { try authenticator.judgeHandshake(leaf.toDERBytes()) } catch { return .failed }
                        return .certificateVerified
                    }
                )
            )
            services.append(
                Self.application(
                    try responder(sync.routes, of: sync.settings, onSync: true),
                    server,
                    sync.settings,
                    logger
                ) {
                    ports.set(sync: $0)
                }
            )
        }
        self.services = services + background
    }

    /// Until it is asked to stop, or one of its services fails.
    public func run() async throws {
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.drain
        try await ServiceGroup(configuration: configuration).run()
    }

    private static func http1(_ settings: ListenerSettings) -> HTTPServerBuilder {
        .http1(
            configuration: .init(
                idleTimeout: TimeAmount.nanoseconds(Int64(settings.idle / .nanoseconds(1))),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 8_192,
                    maxHeaderListSize: 16_384,
                    maxHeaderFieldCount: 64
                )
            )
        )
    }

    private static func application(
        _ responder: PortalResponder,
        _ server: HTTPServerBuilder,
        _ settings: ListenerSettings,
        _ logger: Logger,
        bound: @escaping @Sendable (Int) -> Void
    ) -> Application<PortalResponder> {
        Application(
            responder: responder,
            server: server,
            configuration: .init(
                address: .hostname(settings.host, port: settings.port),
                availableConnectionsDelegate: .maximum(settings.connections, logger: logger)
            ),
            onServerRunning: { channel in bound(channel.localAddress?.port ?? 0) },
            logger: logger
        )
    }
}
