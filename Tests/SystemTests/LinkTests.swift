import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import FactoryBox

/// The cable of the demo: what goes through it is counted, and a cut one lets nothing through.
@Suite struct LinkTests {
    @Test func aCutLinkCarriesNothingAndARestoredOneCarriesAgain() async throws {
        let echo = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let link = try await LinkCutter.start(to: try #require(echo.localAddress?.port))
        #expect(try await ask(link, "hello") == "hello")
        #expect(link.octets == LinkCutter.Octets(up: 5, down: 5))
        let large = String(repeating: "x", count: 300_000)
        #expect(try await ask(link, large) == large)
        #expect(link.octets == LinkCutter.Octets(up: 300_005, down: 300_005))

        // Connected is not yet taken in by the cable: an answer is.
        let standing = try await connect(link)
        let heard = standing.channel.eventLoop.makePromise(of: String.self)
        standing.collector.expect(2, heard)
        standing.channel.writeAndFlush(ByteBuffer(string: "up"), promise: nil)
        #expect(try await heard.futureResult.get() == "up")
        link.cut()
        try await standing.channel.closeFuture.get()
        await #expect(throws: (any Error).self) { try await ask(link, "lost") }
        #expect(link.refused == 1)
        #expect(link.octets == LinkCutter.Octets(up: 300_007, down: 300_007))

        link.restore()
        #expect(try await ask(link, "again") == "again")
        await link.stop()
        try await echo.close()
    }

    private func connect(_ link: LinkCutter) async throws -> (channel: any Channel, collector: Collector) {
        let collector = Collector()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { $0.pipeline.addHandler(collector) }
            .connect(host: "127.0.0.1", port: link.port).get()
        return (channel, collector)
    }

    private func ask(_ link: LinkCutter, _ text: String) async throws -> String {
        let (channel, collector) = try await connect(link)
        let answer = channel.eventLoop.makePromise(of: String.self)
        collector.expect(text.utf8.count, answer)
        // Where the link is cut the write may come to nothing without saying so: the end of the connection does.
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        let text = try await answer.futureResult.get()
        try await channel.close()
        return text
    }
}

private final class Echo: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.writeAndFlush(data, promise: nil) }
}

/// Collects as many octets as are expected.
private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private struct State {
        var bytes: [UInt8] = []
        var count = Int.max
        var answer: EventLoopPromise<String>?
        var isClosed = false
    }
    private struct Closed: Error {}
    private let state = Mutex(State())

    func expect(_ count: Int, _ answer: EventLoopPromise<String>) {
        let isClosed = state.withLock { state in
            state.count = count
            state.answer = answer
            return state.isClosed
        }
        if isClosed { answer.fail(Closed()) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let done = state.withLock { state -> (EventLoopPromise<String>, String)? in
            state.bytes += Array(unwrapInboundIn(data).readableBytesView)
            guard state.bytes.count >= state.count, let answer = state.answer.take() else { return nil }
            return (answer, String(decoding: state.bytes, as: UTF8.self))
        }
        if let (answer, text) = done { answer.succeed(text) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let answer = state.withLock { state in
            state.isClosed = true
            return state.answer.take()
        }
        answer?.fail(Closed())
    }
}
