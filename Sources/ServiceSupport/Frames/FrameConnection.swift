import NIOCore
import NIOPosix
import NIOSSL
import Vocabulary

/// What a client needs to open connections, made once.
struct FrameDialer: Sendable {
    let configuration: FrameClientConfiguration
    private let tls: NIOSSLContext?
    private let judge: (@Sendable ([UInt8]) throws -> Void)?

    init(_ configuration: FrameClientConfiguration) throws {
        self.configuration = configuration
        guard case .tls(_, _, let identity, let authorities, let server, let now) = configuration.endpoint else {
            (tls, judge) = (nil, nil)
            return
        }
        tls = try TLSContexts.client(identity, authorities: authorities)
        let peerJudge = try PeerJudge(authorities: authorities, purpose: .server, now: now)
        judge = { der in try server.check(peerJudge.judge(der)) }
    }

    /// A connection whose handshake is done and whose server was judged. Throws `net.connect.failed` or `tls.*`.
    func connect() async throws -> FrameConnection {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let ready = loop.makePromise(of: Void.self)
        let timeout = TimeAmount(configuration.connectTimeout)
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(timeout).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try prepare(channel, ready) }
        }
        let connecting =
            switch configuration.endpoint {
            case .tls(let host, let port, _, _, _, _): bootstrap.connect(host: host, port: port)
            case .local(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        let channel: any Channel
        do { channel = try await connecting.get() } catch {
            let refusal = error as? Refusal ?? Refusal(ServiceSupportError.connectFailed, NetworkFault.words(error))
            ready.fail(refusal)
            throw refusal
        }
        let deadline = loop.scheduleTask(in: timeout) {
            channel.pipeline.fireErrorCaught(Refusal(ServiceSupportError.connectFailed, "no TLS handshake in time"))
        }
        defer { deadline.cancel() }
        try await ready.futureResult.get()
        return FrameConnection(channel: channel)
    }

    private func prepare(_ channel: any Channel, _ ready: EventLoopPromise<Void>) throws {
        let verdict = HandshakeVerdict()
        if let tls, let judge {
            let handler = try NIOSSLClientHandler(
                context: tls,
                serverHostname: nil,
                customVerificationCallback: verdict.callback(judge)
            )
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        let handler = FrameClientHandler(
            ready: ready,
            isTLS: tls != nil,
            verdict: verdict,
            largest: configuration.largestFrame
        )
        try channel.pipeline.syncOperations.addHandler(handler)
    }
}

/// One open connection; its owner sends one request at a time.
struct FrameConnection: Sendable {
    let channel: any Channel

    var isActive: Bool { channel.isActive }

    /// On any error, cancellation and timeout included, the connection is closed.
    func exchange(_ body: [UInt8], timeout: Duration) async throws -> [UInt8] {
        let reply = channel.eventLoop.makePromise(of: [UInt8].self)
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            channel.pipeline.fireErrorCaught(Refusal(ServiceSupportError.timedOut, "\(timeout)"))
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            let sent = channel.eventLoop.makePromise(of: Void.self)
            channel.writeAndFlush(FrameExchange(body: body, reply: reply), promise: sent)
            // A closed channel refuses the write before the handler sees it.
            sent.futureResult.whenFailure { _ in
                reply.fail(Refusal(ServiceSupportError.connectionLost, "closed by the peer"))
            }
            return try await reply.futureResult.get()
        } onCancel: {
            // Not `close`: an orderly end of TLS takes a while, in which the reply could still come.
            channel.pipeline.fireErrorCaught(Refusal(ServiceSupportError.connectionLost, "cancelled"))
        }
    }

    func close() { channel.close(promise: nil) }
}
