import FactoryCore
import Glibc
import LineProtocol
import Logging
import ServiceSupport
import Vocabulary

/// The port for stations (mutual TLS) and the socket for people on this machine.
struct FactoryPorts: Sendable {
    static let stationRole = "station"

    let configuration: FactoryConfiguration
    let metrics: Metrics
    let logger: Logger

    func stations(
        _ work: WorkHandlers,
        _ identity: TLSIdentity,
        _ authorities: [[UInt8]],
        _ now: @escaping @Sendable () -> Instant
    ) async throws -> FrameServer {
        var mounted = OperationRouter<WorkContext>(observer: observer())
        work.mount(on: &mounted)
        let router = mounted
        let server = FrameServerConfiguration(
            endpoint: .tls(
                host: configuration.listen.host,
                port: configuration.listen.port,
                identity: identity,
                authorities: authorities,
                now: now
            ),
            metrics: metrics,
            logger: logger,
            authorize: { _ = try Self.station($0) },
            encodeRefusal: { OperationRouter<WorkContext>.refuse($0, request: $1) }
        )
        return try await FrameServer.start(server) { peer, frame in
            guard let context = try? Self.station(peer) else {
                return OperationRouter<WorkContext>.refuse(Refusal(FactoryError.roleNotAllowed), request: frame)
            }
            return await router.answer(context, frame)
        }
    }

    func local(_ handlers: LocalHandlers) async throws -> FrameServer {
        var mounted = OperationRouter<FactoryContext>(observer: observer())
        handlers.mount(on: &mounted)
        let router = mounted
        let server = FrameServerConfiguration(
            endpoint: .local(path: configuration.socket, users: Set([geteuid()] + (configuration.users ?? []))),
            metrics: metrics,
            logger: logger,
            authorize: { _ in },
            encodeRefusal: { OperationRouter<FactoryContext>.refuse($0, request: $1) }
        )
        return try await FrameServer.start(server) { peer, frame in
            guard case .local(let user) = peer else {
                return OperationRouter<FactoryContext>.refuse(Refusal(FactoryError.roleNotAllowed), request: frame)
            }
            return await router.answer(FactoryContext(userID: user), frame)
        }
    }

    private static func station(_ peer: PeerIdentity) throws -> WorkContext {
        guard case .tls(let certificate) = peer, certificate.organizationalUnit == stationRole else {
            throw Refusal(FactoryError.roleNotAllowed, peer.name)
        }
        return WorkContext(station: try StationName(certificate.commonName), certificate: certificate.fingerprint)
    }

    private func observer<Context>() -> @Sendable (Context, OperationRouter<Context>.Outcome) async -> Void {
        let refused = metrics.counter(
            "obis_factory_refusals_total",
            "Requests that the Factory Service refused, by operation.",
            label: "operation",
            values: LineOperations.names.sorted()
        )
        return { [logger] context, outcome in
            guard let refusal = outcome.refusal else { return }
            refused.increment(outcome.operation)
            var metadata: Logger.Metadata = [
                "peer": "\(context.name)", "operation": "\(outcome.operation)", "request": "\(outcome.requestID)",
                "code": "\(refusal.code)",
            ]
            if let fault = outcome.fault { metadata["fault"] = "\(fault)" }
            logger.notice("request refused", metadata: metadata)
        }
    }
}
