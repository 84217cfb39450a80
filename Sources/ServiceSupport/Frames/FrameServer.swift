import Glibc
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
public import Vocabulary

/// What a frame server listens on, whom it serves and how.
public struct FrameServerConfiguration: Sendable {
    public enum Endpoint: Sendable {
        /// Mutual TLS 1.3. Port 0 takes a free one. `authorities` are the DER certificates of the client CAs; `now`
        /// is the time by which clients' certificates are judged.
        case tls(
            host: String,
            port: Int,
            identity: TLSIdentity,
            authorities: [[UInt8]],
            now: @Sendable () -> Instant
        )
        /// A Unix socket for the named user ids alone; its file mode is 0600, or 0666 if other users than the
        /// server's own are allowed (the kernel's word on the peer decides then).
        case local(path: String, users: Set<UInt32>)
    }

    public var endpoint: Endpoint
    public var limits = FrameLimits()
    public var metrics: Metrics
    public var logger: Logger
    /// Called for every request, before the handler: revocation and role. Throwing refuses the request and ends the
    /// connection.
    public var authorize: @Sendable (PeerIdentity) async throws -> Void
    /// Makes the reply that tells a peer of a refusal; gets the request's body to repeat its id.
    public var encodeRefusal: @Sendable (Refusal, [UInt8]) -> [UInt8]
    /// Called on the connection's event loop after an answer was written to the socket; must not block.
    public var answered: @Sendable (PeerIdentity) -> Void = { _ in }

    public init(
        endpoint: Endpoint,
        metrics: Metrics,
        logger: Logger,
        authorize: @escaping @Sendable (PeerIdentity) async throws -> Void,
        encodeRefusal: @escaping @Sendable (Refusal, [UInt8]) -> [UInt8]
    ) {
        self.endpoint = endpoint
        self.metrics = metrics
        self.logger = logger
        self.authorize = authorize
        self.encodeRefusal = encodeRefusal
    }
}

/// Answers frames over mutual TLS or a Unix socket: one request, one reply, in order, on each connection.
public final class FrameServer: Sendable {
    /// Answers one whole frame. Runs to its end even when the peer hangs up or the server shuts down.
    public typealias Handler = @Sendable (PeerIdentity, [UInt8]) async -> [UInt8]

    private let listener: any Channel
    private let service: FrameService
    /// The TCP port, also when 0 was asked for; nil on a Unix socket.
    public var port: Int? { listener.localAddress?.port }
    public var openConnections: Int { service.registry.count }

    private init(listener: any Channel, service: FrameService) {
        self.listener = listener
        self.service = service
    }

    /// Listens. Throws `net.listen.*` and `tls.*`.
    public static func start(
        _ configuration: FrameServerConfiguration,
        handler: @escaping Handler
    ) async throws -> FrameServer {
        var judge: PeerJudge?
        var context: NIOSSLContext?
        var users: Set<UInt32> = []
        switch configuration.endpoint {
        case .tls(_, _, let identity, let authorities, let now):
            judge = try PeerJudge(authorities: authorities, purpose: .client, now: now)
            context = try TLSContexts.server(identity, authorities: authorities)
        case .local(_, let allowed): users = allowed
        }
        let service = FrameService(
            limits: configuration.limits,
            registry: ConnectionRegistry(limits: configuration.limits),
            instruments: FrameInstruments(configuration.metrics),
            logger: configuration.logger,
            judge: judge,
            allowedUsers: users,
            authorize: configuration.authorize,
            encodeRefusal: configuration.encodeRefusal,
            answered: configuration.answered,
            handler: handler
        )
        let listener = try await listen(configuration.endpoint, bootstrap(service, context))
        return FrameServer(listener: listener, service: service)
    }

    /// Stops listening, lets running requests finish and their replies go out, then closes. Returns when all is
    /// done, or when the drain limit is over.
    public func shutdown() async {
        try? await listener.close()
        for channel in service.registry.startDraining() {
            channel.pipeline.fireUserInboundEventTriggered(DrainEvent())
        }
        let giveUp = Task { [service] in
            try await Task.sleep(for: service.limits.drain)
            for channel in service.registry.startDraining() { channel.close(promise: nil) }
            service.registry.giveUp()
        }
        await service.registry.drained()
        giveUp.cancel()
    }

    private static func bootstrap(_ service: FrameService, _ tls: NIOSSLContext?) -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel, service, tls) }
            }
    }

    /// Throwing here makes NIO close the connection.
    private static func prepare(_ channel: any Channel, _ service: FrameService, _ tls: NIOSSLContext?) throws {
        guard service.registry.open(channel) else {
            service.instruments.closed.increment(FrameCloseReason.tooMany.rawValue)
            throw Refusal(ServiceSupportError.peerRefused, "too many connections")
        }
        service.instruments.connections.add(1)
        channel.closeFuture.whenComplete { _ in
            service.instruments.connections.add(-1)
            service.registry.closed(channel)
        }
        if let tls, let judge = service.judge {
            let verdict = HandshakeVerdict()
            let callback = verdict.callback { [logger = service.logger] der in
                do { _ = try judge.judge(der) } catch {
                    let code = (error as? Refusal)?.code ?? ServiceSupportError.peerMalformed.rawValue
                    logger.notice("peer refused in the handshake", metadata: ["code": "\(code)"])
                    throw error
                }
            }
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(context: tls, customVerificationCallback: callback)
            )
        }
        try channel.pipeline.syncOperations.addHandler(FrameServerHandler(service: service))
    }

    private static func listen(
        _ endpoint: FrameServerConfiguration.Endpoint,
        _ bootstrap: ServerBootstrap
    ) async throws -> any Channel {
        do {
            switch endpoint {
            case .tls(let host, let port, _, _, _): return try await bootstrap.bind(host: host, port: port).get()
            case .local(let path, let users):
                try await requireUnused(path)
                let bound = bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
                let listener = try await bound.get()
                let mode: mode_t = users.isSubset(of: [geteuid()]) ? 0o600 : 0o666
                guard unsafe chmod(path, mode) == 0 else {
                    throw Refusal(ServiceSupportError.listenFailed, "\(path): mode, errno \(errno)")
                }
                return listener
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch { throw Refusal(ServiceSupportError.listenFailed, "\(error)") }
    }

    /// A socket file left by a dead process may be replaced, one that answers may not.
    private static func requireUnused(_ path: String) async throws {
        let probe = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        guard let channel = try? await probe.connect(unixDomainSocketPath: path).get() else { return }
        try? await channel.close()
        throw Refusal(ServiceSupportError.socketInUse, path)
    }
}
