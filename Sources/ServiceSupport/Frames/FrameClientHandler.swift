import NIOCore
import NIOSSL
import NIOTLS
import Vocabulary

/// One request with the promise of its reply, as it is written to the channel.
struct FrameExchange: Sendable {
    let body: [UInt8]
    let reply: EventLoopPromise<[UInt8]>
}

/// The client's end of one connection: one request at a time. Any failure ends the connection, because after one
/// nobody could tell which reply belongs to which request.
final class FrameClientHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = FrameExchange
    typealias OutboundOut = ByteBuffer

    private let ready: EventLoopPromise<Void>
    private let isTLS: Bool
    private let verdict: HandshakeVerdict
    private var isReady = false
    private var buffer: FrameBuffer
    private var current: FrameExchange?
    private var failure: Refusal?

    init(ready: EventLoopPromise<Void>, isTLS: Bool, verdict: HandshakeVerdict, largest: Int) {
        self.ready = ready
        self.isTLS = isTLS
        self.verdict = verdict
        buffer = FrameBuffer(largest: largest)
    }

    func channelActive(context: ChannelHandlerContext) {
        if !isTLS { becomeReady() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { becomeReady() }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard current == nil, failure == nil, exchange.body.count <= buffer.largest, !exchange.body.isEmpty else {
            let detail = "\(exchange.body.count) of \(buffer.largest) octets"
            let tooLarge = Refusal(ServiceSupportError.frameTooLarge, detail)
            exchange.reply.fail(failure ?? (current == nil ? tooLarge : Refusal(ServiceSupportError.clientBusy)))
            promise?.succeed()
            return
        }
        current = exchange
        FrameTap.record(exchange.body)
        let frame = FrameBuffer.encode(exchange.body, allocator: context.channel.allocator)
        context.write(wrapOutboundOut(frame), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        buffer.append(unwrapInboundIn(data))
        switch buffer.next() {
        case .nothing, .partial: return
        case .malformed(let length):
            fail(Refusal(ServiceSupportError.frameTooLarge, "reply of \(length) octets"), context)
        case .frame(let body):
            guard let exchange = current else {
                return fail(Refusal(ServiceSupportError.connectionLost, "reply without a request"), context)
            }
            current = nil
            FrameTap.record(body)
            exchange.reply.succeed(body)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(translated(error), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(Refusal(isReady ? ServiceSupportError.connectionLost : .connectFailed, "closed by the peer"), context)
        context.fireChannelInactive()
    }

    private func becomeReady() {
        isReady = true
        ready.succeed()
    }

    private func fail(_ refusal: Refusal, _ context: ChannelHandlerContext) {
        guard failure == nil else { return }
        failure = refusal
        if !isReady { ready.fail(refusal) }
        current?.reply.fail(refusal)
        current = nil
        context.close(promise: nil)
    }

    private func translated(_ error: any Error) -> Refusal {
        if let refusal = error as? Refusal { return refusal }
        if let reason = verdict.reason { return reason }
        // A peer that ends TCP without closing TLS first, or before it has said a word of TLS, has died or is not up
        // yet: a lost connection. All else that TLS reports is a refusal.
        if Self.isEndOfStream(error) {
            return Refusal(isReady ? ServiceSupportError.connectionLost : .connectFailed, "unclean end of TLS")
        }
        if error is NIOSSLError || error is BoringSSLError { return Refusal(ServiceSupportError.tlsFailed, "\(error)") }
        return Refusal(isReady ? ServiceSupportError.connectionLost : .connectFailed, NetworkFault.words(error))
    }

    private static func isEndOfStream(_ error: any Error) -> Bool {
        switch error as? NIOSSLError {
        case .uncleanShutdown: true
        case .handshakeFailed(.sslError(let causes)): causes == [.eofDuringHandshake]
        default: false
        }
    }
}
