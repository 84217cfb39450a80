import Durability
import EdgeHSMCore
public import KeyCustody
import LineProtocol
public import Logging
public import ServiceSupport
import Statements
import Vocabulary

/// The two doors of an EdgeHSM: TCP with mutual TLS for stations and the Factory Service, and a Unix socket for the
/// local operator. A caller's role comes from its certificate, and is judged anew for every request.
public final class EdgeServer: Sendable {
    /// Nil on a zeroised EdgeHSM, which has no TLS key.
    private let line: FrameServer?
    private let local: FrameServer

    /// The TCP port in use.
    public var port: Int? { line?.port }

    private init(line: FrameServer?, local: FrameServer) {
        self.line = line
        self.local = local
    }

    /// Listens on both doors. Throws `net.listen.*` and `tls.*`.
    public static func start(
        _ engine: EdgeEngine,
        configuration: EdgeConfiguration,
        certificates: ServerCertificates?,
        token: any Token,
        metrics: Metrics,
        logger: Logger,
        stop: @escaping @Sendable () -> Void
    ) async throws -> EdgeServer {
        let doors = Doors(engine: engine, metrics: metrics, logger: logger, stop: stop)
        var line: FrameServer?
        if let certificates {
            let identity = try await ServerCertificateFile.identity(certificates, token: token)
            var door = FrameServerConfiguration(
                endpoint: .tls(
                    host: configuration.listenHost,
                    port: configuration.listenPort,
                    identity: identity,
                    authorities: [certificates.siteCA.bytes],
                    now: { engine.now }
                ),
                metrics: metrics,
                logger: logger,
                authorize: { try doors.authorize($0) },
                encodeRefusal: { OperationRouter<StationContext>.refuse($0, request: $1) }
            )
            door.answered = { doors.answered($0) }
            line = try await FrameServer.start(door, handler: { await doors.answer($0, $1) })
        }
        do {
            let local = try await FrameServer.start(
                FrameServerConfiguration(
                    endpoint: .local(path: configuration.operatorSocket, users: Set(configuration.operatorUIDs)),
                    metrics: metrics,
                    logger: logger,
                    authorize: { try doors.authorize($0) },
                    encodeRefusal: { OperationRouter<OperatorContext>.refuse($0, request: $1) }
                ),
                handler: { await doors.answer($0, $1) }
            )
            return EdgeServer(line: line, local: local)
        } catch {
            await line?.shutdown()
            throw error
        }
    }

    /// Stops listening and lets running requests end.
    public func shutdown() async {
        await line?.shutdown()
        await local.shutdown()
    }
}

/// Who may enter, and which router answers.
struct Doors: Sendable {
    fileprivate let engine: EdgeEngine
    private let stations: OperationRouter<StationContext>
    private let services: OperationRouter<ServiceContext>
    private let operators: OperationRouter<OperatorContext>

    init(engine: EdgeEngine, metrics: Metrics, logger: Logger, stop: @escaping @Sendable () -> Void) {
        self.engine = engine
        let observer = RequestObserver(engine: engine, metrics: metrics, logger: logger)
        stations = EdgeRouters.stations(engine) { observer.ended("station", $0.name, $1) }
        services = EdgeRouters.services(engine) { observer.ended("service", $0.name, $1) }
        operators = EdgeRouters.operators(engine, stop: stop) { observer.ended("operator", $0.name, $1) }
    }

    /// A certificate must be enrolled here under the name and role that it states, and not revoked (decision 13). That
    /// it was issued by this EdgeHSM's site CA, and is valid now, was judged before.
    func authorize(_ peer: PeerIdentity) throws {
        guard case .tls(let certificate) = peer else { return }
        let enrolled = try engine.peer(certificate.fingerprint)
        guard enrolled.role == certificate.organizationalUnit, enrolled.name.text == certificate.commonName else {
            throw Refusal(EdgeError.peerUnknown, peer.name)
        }
    }

    func answer(_ peer: PeerIdentity, _ frame: [UInt8]) async -> [UInt8] {
        switch peer {
        case .local(let uid): return await operators.answer(OperatorContext(userID: uid), frame)
        case .tls(let certificate):
            let reply = await answer(certificate, frame)
            // What was asked in time and is ready after the revocation leaves no more.
            do { try authorize(peer) } catch {
                let refusal = error as? Refusal ?? Refusal(EdgeError.peerUnknown, peer.name)
                return OperationRouter<StationContext>.refuse(refusal, request: frame)
            }
            return reply
        }
    }

    private func answer(_ certificate: PeerCertificate, _ frame: [UInt8]) async -> [UInt8] {
        let name = StationName(validated: certificate.commonName)
        let fingerprint = certificate.fingerprint
        switch EnrolStation.Request.Role(rawValue: certificate.organizationalUnit) {
        case .station:
            let reply = await stations.answer(StationContext(station: name, certificate: fingerprint), frame)
            try? engine.seam.pass("reply.before")
            return reply
        case .service:
            return await services.answer(ServiceContext(service: name, certificate: fingerprint), frame)
        case nil:
            let refusal = Refusal(EdgeError.peerUnknown, name.text)
            return OperationRouter<StationContext>.refuse(refusal, request: frame)
        }
    }
}

extension Doors {
    /// A fault point: what a station was told has left, and nothing else has happened since.
    func answered(_ peer: PeerIdentity) {
        guard case .tls(let certificate) = peer,
            EnrolStation.Request.Role(rawValue: certificate.organizationalUnit) == .station
        else { return }
        try? engine.seam.pass("reply.after")
    }
}

/// What is noted of every request: a metric by operation, a log line for refusals, and the fault behind an internal
/// error, which the caller is not told.
struct RequestObserver: Sendable {
    private let engine: EdgeEngine
    private let requests: Counter
    private let refusals: Counter
    private let logger: Logger

    init(engine: EdgeEngine, metrics: Metrics, logger: Logger) {
        self.engine = engine
        self.logger = logger
        requests = metrics.counter(
            "obis_edge_requests_total",
            "Requests by operation.",
            label: "operation",
            values: LineOperations.names.sorted()
        )
        refusals = metrics.counter("obis_edge_refusals_total", "Requests that were refused.")
    }

    func ended<Context>(_ role: String, _ name: String, _ outcome: OperationRouter<Context>.Outcome) {
        requests.increment(outcome.operation)
        guard let refusal = outcome.refusal else { return }
        refusals.increment()
        var metadata: Logger.Metadata = [
            "caller": "\(role)/\(name)", "operation": "\(outcome.operation)", "request": "\(outcome.requestID)",
            "code": "\(refusal.code)", "detail": "\(refusal.detail)",
        ]
        if let fault = outcome.fault { metadata["fault"] = "\(fault)" }
        logger.log(level: outcome.fault == nil ? .notice : .error, "request refused", metadata: metadata)
    }
}
