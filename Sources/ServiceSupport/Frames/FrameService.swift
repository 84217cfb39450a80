import Logging
import NIOCore
import Vocabulary

/// What a server does with one request: judges the peer anew, then asks the handler. Shared by all connections.
struct FrameService: Sendable {
    struct Answer: Sendable {
        let body: [UInt8]
        let closes: Bool
    }

    let limits: FrameLimits
    let registry: ConnectionRegistry
    let instruments: FrameInstruments
    let logger: Logger
    /// Nil on a Unix socket.
    let judge: PeerJudge?
    let allowedUsers: Set<UInt32>
    let authorize: @Sendable (PeerIdentity) async throws -> Void
    let encodeRefusal: @Sendable (Refusal, [UInt8]) -> [UInt8]
    let answered: @Sendable (PeerIdentity) -> Void
    let handler: @Sendable (PeerIdentity, [UInt8]) async -> [UInt8]

    /// A session that TLS resumed skipped the handshake's judgement and a long connection outlives one, so validity
    /// and authorization are judged here, for every request.
    func answer(_ peer: PeerIdentity, _ body: [UInt8]) async -> Answer {
        registry.requestStarted()
        defer { registry.requestEnded() }
        let started = ContinuousClock.now
        FrameTap.record(body)
        do {
            if case .tls(let certificate) = peer { try judge?.judgeTime(certificate) }
            try await authorize(peer)
        } catch {
            let refusal = error as? Refusal ?? Refusal(ServiceSupportError.peerRefused)
            instruments.requests.increment("refused")
            logger.notice("peer refused", metadata: ["peer": "\(peer.name)", "code": "\(refusal.code)"])
            return Answer(body: bounded(encodeRefusal(refusal, body), body), closes: true)
        }
        let reply = bounded(await handler(peer, body), body)
        instruments.requests.increment("answered")
        instruments.seconds.observe(ContinuousClock.now - started)
        FrameTap.record(reply)
        return Answer(body: reply, closes: false)
    }

    /// An answer that no peer would accept is replaced by a refusal that says so.
    private func bounded(_ reply: [UInt8], _ request: [UInt8]) -> [UInt8] {
        guard !(1...limits.largestFrame).contains(reply.count) else { return reply }
        let refusal = Refusal(ServiceSupportError.replyTooLarge, "\(reply.count) of \(limits.largestFrame) octets")
        return Array(encodeRefusal(refusal, request).prefix(limits.largestFrame))
    }
}

/// The metrics of a frame server; all servers of a process share them.
struct FrameInstruments: Sendable {
    let connections: Gauge
    let requests: Counter
    let closed: Counter
    let seconds: Histogram

    init(_ metrics: Metrics) {
        connections = metrics.gauge("obis_frame_connections", "Open connections.")
        requests = metrics.counter(
            "obis_frame_requests_total",
            "Requests by how they ended.",
            label: "result",
            values: ["answered", "refused"]
        )
        closed = metrics.counter(
            "obis_frame_connections_closed_total",
            "Connections that this side ended, by reason.",
            label: "reason",
            values: FrameCloseReason.allCases.map(\.rawValue)
        )
        seconds = metrics.histogram("obis_frame_request_seconds", "From a whole request to its answer.")
    }
}

enum FrameCloseReason: String, CaseIterable, Sendable {
    case tooMany = "too-many-connections"
    case tooManyOfPeer = "too-many-of-peer"
    case handshakeTimeout = "handshake-timeout"
    case tls
    case peer = "peer-refused"
    case malformedFrame = "malformed-frame"
    case frameTimeout = "frame-timeout"
    case idleTimeout = "idle-timeout"
    case replyTimeout = "reply-timeout"
    case draining
    case transport
}
