import NIOCore
import NIOPosix
import Programmers
import Vocabulary

/// One socket to a chip. Requests are answered in the order in which they were sent.
struct ChipConnection: Sendable {
    private let channel: any Channel

    var isActive: Bool { channel.isActive }

    static func open(_ address: ChipAddress, timeout: TimeAmount) async throws -> ChipConnection {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(ChipFrameDecoder()),
                        ChipCallHandler()
                    )
                }
            }
        do {
            switch address {
            case .unix(let path):
                return ChipConnection(channel: try await bootstrap.connect(unixDomainSocketPath: path).get())
            case .loopback(let port):
                return ChipConnection(channel: try await bootstrap.connect(host: "127.0.0.1", port: port).get())
            }
        } catch {
            throw Refusal(ProgrammerError.unreachable, "\(address)")
        }
    }

    func call(_ body: [UInt8], timeout: TimeAmount) async throws -> [UInt8] {
        let call = ChipCall(
            frame: ChipFrameDecoder.frame(body),
            timeout: timeout,
            promise: channel.eventLoop.makePromise(of: [UInt8].self)
        )
        channel.writeAndFlush(call).whenFailure { _ in call.promise.fail(Refusal(ProgrammerError.disconnected)) }
        return try await call.promise.futureResult.get()
    }

    func close() async { try? await channel.close() }
}

struct ChipCall: Sendable {
    let frame: ByteBuffer
    let timeout: TimeAmount
    let promise: EventLoopPromise<[UInt8]>
}

/// Pairs answers with calls. A timeout closes the connection: a late answer must not be taken for the next one.
private final class ChipCallHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ChipCall
    typealias OutboundOut = ByteBuffer

    private var waiting: CircularBuffer<(promise: EventLoopPromise<[UInt8]>, timer: Scheduled<Void>)> = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let call = unwrapOutboundIn(data)
        let (answer, channel) = (call.promise, context.channel)
        let timer = context.eventLoop.scheduleTask(in: call.timeout) {
            answer.fail(Refusal(ProgrammerError.timeout))
            channel.close(promise: nil)
        }
        waiting.append((answer, timer))
        context.write(wrapOutboundOut(call.frame), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var body = unwrapInboundIn(data)
        guard let next = waiting.popFirst() else { return context.close(promise: nil) }
        next.timer.cancel()
        next.promise.succeed(body.readBytes(length: body.readableBytes) ?? [])
    }

    func channelInactive(context: ChannelHandlerContext) {
        failAll(Refusal(ProgrammerError.disconnected))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failAll(error as? Refusal ?? Refusal(ProgrammerError.disconnected))
        context.close(promise: nil)
    }

    private func failAll(_ refusal: Refusal) {
        while let next = waiting.popFirst() {
            next.timer.cancel()
            next.promise.fail(refusal)
        }
    }
}
