import ChipPort
import NIOCore
import NIOPosix
public import Programmers
import Synchronization
import Vocabulary

/// Chips as a process apart from whoever programs them: for each chip one folder and one socket.
public enum VirtualChipProcess {
    public struct Configuration: Sendable {
        /// The folder that `VirtualChipFactory.manufacture` made. Family and UID stand in it.
        public let folder: String
        public let address: ChipAddress
        /// Where to lose power; nil for never.
        public let cut: VirtualChipCut?

        public init(folder: String, address: ChipAddress, cut: VirtualChipCut? = nil) {
            self.folder = folder
            self.address = address
            self.cut = cut
        }
    }

    /// Connections that a chip serves at once; more are closed.
    private static let mostConnections = 4

    /// Serves the chip until the task is cancelled. A planned power cut ends the process by SIGKILL.
    ///
    /// - Parameter ready: called once the socket accepts connections.
    /// - Throws: `chip.state.*`, `chip.storage.failed`, or what binding the socket throws.
    public static func run(
        _ configuration: Configuration,
        ready: @escaping @Sendable () -> Void = {}
    ) async throws {
        try await run([configuration], ready: ready)
    }

    /// Serves many chips, each on its own socket and with a state of its own. A power cut of one cuts them all: chips
    /// that are to lose power alone need a process each.
    ///
    /// - Parameter ready: called once all sockets accept connections.
    public static func run(
        _ configurations: [Configuration],
        ready: @escaping @Sendable () -> Void = {}
    ) async throws {
        let chips = try configurations.map { try (SharedChip($0), $0.address) }
        // One thread for sockets and one for the chips: a rack of hundreds runs on a small machine.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        do {
            try await serve(chips, group, threads, ready)
        } catch {
            try await stop(group, threads)
            throw error
        }
        try await stop(group, threads)
    }

    private static func stop(_ group: MultiThreadedEventLoopGroup, _ threads: NIOThreadPool) async throws {
        try await threads.shutdownGracefully()
        try await group.shutdownGracefully()
    }

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private static func serve(
        _ chips: [(chip: SharedChip, address: ChipAddress)],
        _ group: MultiThreadedEventLoopGroup,
        _ threads: NIOThreadPool,
        _ ready: @Sendable () -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (chip, address) in chips {
                let server = try await bind(address, group)
                tasks.addTask { try await accept(server, chip, threads) }
            }
            ready()
            try await tasks.waitForAll()
        }
    }

    private static func bind(
        _ address: ChipAddress,
        _ group: MultiThreadedEventLoopGroup
    ) async throws -> NIOAsyncChannel<Connection, Never> {
        let bootstrap = ServerBootstrap(group: group)
        switch address {
        case .unix(let path):
            return try await bootstrap.bind(
                unixDomainSocketPath: path,
                cleanupExistingSocketFile: true,
                childChannelInitializer: Self.prepare
            )
        case .loopback(let port):
            return try await bootstrap.bind(
                host: "127.0.0.1",
                port: port,
                childChannelInitializer: Self.prepare
            )
        }
    }

    private static func accept(
        _ server: NIOAsyncChannel<Connection, Never>,
        _ chip: SharedChip,
        _ threads: NIOThreadPool
    ) async throws {
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { tasks in
                for try await connection in connections {
                    tasks.addTask { await Self.serve(connection, chip, threads) }
                }
            }
        }
    }

    @Sendable
    private static func prepare(_ channel: any Channel) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(ChipFrameDecoder()))
            return try Connection(wrappingChannelSynchronously: channel)
        }
    }

    /// Answers frames until the peer goes; a peer that breaks the framing is cut off.
    private static func serve(_ connection: Connection, _ chip: SharedChip, _ threads: NIOThreadPool) async {
        guard chip.enter(limit: mostConnections) else {
            try? await connection.channel.close()
            return
        }
        defer { chip.leave() }
        try? await connection.executeThenClose { inbound, outbound in
            for try await var frame in inbound {
                let body = frame.readBytes(length: frame.readableBytes) ?? []
                let answer = try await threads.runIfActive { try chip.answer(body) }
                try await outbound.write(ChipFrameDecoder.frame(answer))
            }
        }
    }
}

/// A chip, one command at a time.
private final class SharedChip: Sendable {
    private let chip: Mutex<VirtualChip>
    private let connections = Mutex(0)

    init(_ configuration: VirtualChipProcess.Configuration) throws {
        let storage = try ChipStorage(folder: configuration.folder)
        chip = Mutex(VirtualChip(storage: storage, cut: configuration.cut))
    }

    func answer(_ body: [UInt8]) throws -> [UInt8] {
        let request: ChipFrame<ChipRequest>
        do {
            request = try ChipFrame.decode(body)
        } catch {
            let refusal = error as? Refusal ?? Refusal(ProgrammerError.malformed)
            return try ChipFrame(id: 0, body: ChipReply.refused(refusal: refusal)).encoded()
        }
        let reply = chip.withLock { $0.handle(request.body) }
        return try ChipFrame(id: request.id, body: reply).encoded()
    }

    func enter(limit: Int) -> Bool {
        connections.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { connections.withLock { $0 -= 1 } }
}
