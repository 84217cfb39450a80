import NIOCore
import NIOPosix
import Synchronization
import Vocabulary

/// The cable between a factory and the portal: forwards TCP, counts octets, and can be cut.
///
/// While it is cut, connections that stood are reset, and new ones are closed as soon as they come.
final class LinkCutter: Sendable {
    struct Octets: Sendable, Equatable {
        /// From the factory to the portal.
        var up = 0
        /// From the portal to the factory.
        var down = 0
    }

    private struct State {
        var isUp = true
        var channels: [ObjectIdentifier: any Channel] = [:]
        var octets = Octets()
        var refused = 0
        /// Port at 127.0.0.1; nil while nobody is there.
        var target: Int?
    }

    private let server: any Channel
    private let shared: Shared

    /// What the handlers of all connections work on.
    private final class Shared: Sendable {
        let state = Mutex(State())

        /// False while the link is cut.
        func enter(_ channel: any Channel) -> Bool {
            let isUp = state.withLock { state in
                if state.isUp { state.channels[ObjectIdentifier(channel)] = channel }
                return state.isUp
            }
            guard isUp else { return false }
            channel.closeFuture.whenComplete { _ in
                self.state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
            }
            return true
        }
    }

    private init(server: any Channel, shared: Shared) {
        self.server = server
        self.shared = shared
    }

    /// Listens on a port of the system's choice and forwards to `port` of this machine, which may be named later.
    /// Connects when it is connected to.
    static func start(to port: Int? = nil) async throws -> LinkCutter {
        let shared = Shared()
        shared.state.withLock { $0.target = port }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { near in Self.join(near, shared) }
            .bind(host: "127.0.0.1", port: 0).get()
        return LinkCutter(server: server, shared: shared)
    }

    /// The port that the factory is told.
    var port: Int { server.localAddress?.port ?? 0 }
    var isUp: Bool { shared.state.withLock { $0.isUp } }
    var octets: Octets { shared.state.withLock { $0.octets } }
    /// Connections that were tried while the link was cut.
    var refused: Int { shared.state.withLock { $0.refused } }

    func cut() {
        let channels = shared.state.withLock { state in
            state.isUp = false
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// From now on new connections lead to this port.
    func aim(at port: Int) { shared.state.withLock { $0.target = port } }

    func restore() { shared.state.withLock { $0.isUp = true } }

    func stop() async {
        cut()
        try? await server.close()
    }

    /// Connects the far side for a connection that came in; nothing is read before both sides stand.
    private static func join(_ near: any Channel, _ shared: Shared) -> EventLoopFuture<Void> {
        guard let target = shared.state.withLock({ $0.target }), shared.enter(near) else {
            shared.state.withLock { $0.refused += 1 }
            return near.close()
        }
        return ClientBootstrap(group: near.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: target)
            .flatMap { far in
                guard shared.enter(far) else { return near.close() }
                return near.eventLoop.makeCompletedFuture {
                    try near.pipeline.syncOperations.addHandler(Pipe(to: far, shared, isUp: true))
                    try far.pipeline.syncOperations.addHandler(Pipe(to: near, shared, isUp: false))
                }
                .map { far.read() }
            }
            .flatMapError { _ in near.close() }
    }

    /// Hands what comes from one side to the other, and asks for more once it is written.
    private final class Pipe: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let other: any Channel
        private let shared: Shared
        private let isUp: Bool

        init(to other: any Channel, _ shared: Shared, isUp: Bool) {
            self.other = other
            self.shared = shared
            self.isUp = isUp
        }

        func channelActive(context: ChannelHandlerContext) { context.read() }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            let count = buffer.readableBytes
            shared.state.withLock { state in
                if isUp { state.octets.up += count } else { state.octets.down += count }
            }
            let own = context.channel
            other.writeAndFlush(buffer).whenComplete { result in
                if case .success = result { own.read() } else { own.close(promise: nil) }
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            other.close(promise: nil)
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
