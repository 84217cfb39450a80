import Logging
import NIOCore
import NIOSSL
import NIOTLS
import Vocabulary

/// Tells a connection's handler to end as soon as no request of it runs.
struct DrainEvent: Sendable {}

/// One connection: who is it, whole frames in, one answer each, in order, and a clock on every wait.
final class FrameServerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Before the peer is known: TLS handshake, or asking the kernel.
        case arriving
        case reading(PeerIdentity)
        case running(PeerIdentity)
        case closed
    }

    private enum Wait {
        case handshake
        case idle
        case frame
        case reply
    }

    private let service: FrameService
    private var state = State.arriving
    private var buffer: FrameBuffer
    private var waiting: (wait: Wait, timer: Scheduled<Void>)?
    private var draining = false
    /// A read that was held back while a request runs: that is the back pressure.
    private var heldRead = false

    init(service: FrameService) {
        self.service = service
        buffer = FrameBuffer(largest: service.limits.largestFrame)
    }

    func channelActive(context: ChannelHandlerContext) {
        wait(.handshake, context)
        if service.judge == nil { identifyLocalPeer(context) }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { identifyTLSPeer(context) }
        if event is DrainEvent {
            draining = true
            if case .running = state {} else { end(.draining, context) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        buffer.append(unwrapInboundIn(data))
        readNext(context)
    }

    func read(context: ChannelHandlerContext) {
        if case .running = state { heldRead = true } else { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        stopWaiting()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isTLS = error is NIOSSLError || error is BoringSSLError
        end(isTLS ? .tls : .transport, context)
    }

    private func identifyTLSPeer(_ context: ChannelHandlerContext) {
        // Form, signature and purpose once for the connection, also for a resumed session, whose handshake judged
        // nothing. Time is judged with each request.
        guard let judge = service.judge, case .arriving = state,
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate(),
            let der = try? certificate.toDERBytes(), let peer = try? judge.identify(der)
        else { return end(.peer, context) }
        admit(.tls(peer), countedAs: peer.publicKeyDigest.hex, context)
    }

    private func identifyLocalPeer(_ context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        LocalPeer.userID(of: context.value.channel).hop(to: context.value.eventLoop).assumeIsolated().whenComplete {
            guard case .arriving = self.state else { return }
            guard case .success(let uid) = $0, self.service.allowedUsers.contains(uid) else {
                return self.end(.peer, context.value)
            }
            self.admit(.local(uid: uid), countedAs: "uid \(uid)", context.value)
        }
    }

    private func admit(_ peer: PeerIdentity, countedAs key: String, _ context: ChannelHandlerContext) {
        guard service.registry.authenticated(context.channel, as: key) else { return end(.tooManyOfPeer, context) }
        stopWaiting()
        state = .reading(peer)
        readNext(context)
    }

    private func readNext(_ context: ChannelHandlerContext) {
        guard case .reading(let peer) = state else { return }
        guard !draining else { return end(.draining, context) }
        switch buffer.next() {
        case .nothing: wait(.idle, context)
        case .partial:
            // One deadline for a whole frame: more octets do not extend it.
            if waiting?.wait != .frame { wait(.frame, context) }
        case .malformed: end(.malformedFrame, context)
        case .frame(let body): run(body, of: peer, context)
        }
    }

    private func run(_ body: [UInt8], of peer: PeerIdentity, _ context: ChannelHandlerContext) {
        stopWaiting()
        state = .running(peer)
        let promise = context.eventLoop.makePromise(of: FrameService.Answer.self)
        // Not tied to the connection: what has begun runs to its end even if the peer hangs up.
        promise.completeWithTask { [service] in await service.answer(peer, body) }
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        promise.futureResult.assumeIsolated().whenSuccess { self.reply($0, to: peer, context.value) }
    }

    private func reply(_ answer: FrameService.Answer, to peer: PeerIdentity, _ context: ChannelHandlerContext) {
        guard case .running = state else { return }
        wait(.reply, context)
        let frame = FrameBuffer.encode(answer.body, allocator: context.channel.allocator)
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(frame)).assumeIsolated().whenComplete { result in
            let context = loopBound.value
            guard case .running = self.state else { return }
            guard case .success = result else { return self.end(.transport, context) }
            self.service.answered(peer)
            if answer.closes { return self.end(.peer, context) }
            self.stopWaiting()
            self.state = .reading(peer)
            self.readNext(context)
            if self.heldRead, case .reading = self.state {
                self.heldRead = false
                context.read()
            }
        }
    }

    private func wait(_ wait: Wait, _ context: ChannelHandlerContext) {
        stopWaiting()
        let (limit, reason): (Duration, FrameCloseReason) =
            switch wait {
            case .handshake: (service.limits.handshake, .handshakeTimeout)
            case .idle: (service.limits.idle, .idleTimeout)
            case .frame: (service.limits.frame, .frameTimeout)
            case .reply: (service.limits.reply, .replyTimeout)
            }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) {
            self.end(reason, bound.value)
        }
        waiting = (wait, timer)
    }

    private func stopWaiting() {
        waiting?.timer.cancel()
        waiting = nil
    }

    private func end(_ reason: FrameCloseReason, _ context: ChannelHandlerContext) {
        if case .closed = state { return }
        state = .closed
        stopWaiting()
        service.instruments.closed.increment(reason.rawValue)
        service.logger.debug("connection ended", metadata: ["reason": "\(reason.rawValue)"])
        context.close(promise: nil)
    }
}
