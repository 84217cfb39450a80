internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A TCP forwarder to a local port that does what lines do: break in the middle, stand still, come back.
public final class CutWire: Sendable {
    /// What becomes of one connection.
    public enum Fate: Sendable {
        case whole
        /// Broken after that many octets, both directions counted together.
        case cut(after: Int)
        /// Accepted and broken at once.
        case refused
    }

    private struct State {
        var fate: @Sendable () -> Fate = { .whole }
        var open: [ObjectIdentifier: any Channel] = [:]
        var connections = 0
        var octets = 0
    }

    private let state: StateBox
    private let channel: any Channel
    public var port: Int { channel.localAddress?.port ?? 0 }

    private final class StateBox: Sendable {
        let value = Mutex(State())
    }

    private init(channel: any Channel, state: StateBox) {
        self.channel = channel
        self.state = state
    }

    /// Connections made through it so far.
    public var connections: Int { state.value.withLock { $0.connections } }
    /// Octets carried so far, TLS included.
    public var octets: Int { state.value.withLock { $0.octets } }

    /// Asked at each new connection. Those that are open go on unless `breakAll` follows.
    public func setFate(_ fate: @escaping @Sendable () -> Fate) { state.value.withLock { $0.fate = fate } }

    public func breakAll() {
        let open = state.value.withLock { Array($0.open.values) }
        for channel in open { channel.close(promise: nil) }
    }

    public func close() async {
        try? await channel.close().get()
        breakAll()
    }

    public static func start(to port: Int) async throws -> CutWire {
        let state = StateBox()
        let group = MultiThreadedEventLoopGroup.singleton
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { incoming in
                let fate = state.value.withLock { state in
                    state.connections += 1
                    state.open[ObjectIdentifier(incoming)] = incoming
                    return state.fate()
                }
                incoming.closeFuture.whenComplete { _ in
                    state.value.withLock { $0.open[ObjectIdentifier(incoming)] = nil }
                }
                if case .refused = fate { return incoming.close() }
                let budget = Budget(fate, state)
                return ClientBootstrap(group: incoming.eventLoop)
                    .channelInitializer { outgoing in
                        outgoing.eventLoop.makeCompletedFuture {
                            try outgoing.pipeline.syncOperations.addHandler(Forward(to: incoming, budget))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMap { outgoing in
                        incoming.closeFuture.whenComplete { _ in outgoing.close(promise: nil) }
                        outgoing.closeFuture.whenComplete { _ in incoming.close(promise: nil) }
                        return incoming.pipeline.addHandler(Forward(to: outgoing, budget)).flatMap {
                            incoming.setOption(.autoRead, value: true)
                        }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return CutWire(channel: channel, state: state)
    }

    /// What is left of one connection.
    private final class Budget: Sendable {
        private let left: Mutex<Int>
        private let state: StateBox

        init(_ fate: Fate, _ state: StateBox) {
            if case .cut(let after) = fate { left = Mutex(after) } else { left = Mutex(Int.max) }
            self.state = state
        }

        /// How many of `count` octets may pass.
        func take(_ count: Int) -> Int {
            state.value.withLock { $0.octets += count }
            return left.withLock { left in
                let taken = min(left, count)
                if left != Int.max { left -= taken }
                return taken
            }
        }
    }

    private final class Forward: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private let budget: Budget

        init(to other: any Channel, _ budget: Budget) {
            self.other = other
            self.budget = budget
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            let allowed = budget.take(buffer.readableBytes)
            let isWhole = allowed == buffer.readableBytes
            guard let part = buffer.readSlice(length: allowed) else { return }
            let (own, other) = (context.channel, other)
            other.writeAndFlush(part).whenComplete { _ in
                guard !isWhole else { return }
                other.close(promise: nil)
                own.close(promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
