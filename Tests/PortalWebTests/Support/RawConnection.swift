import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A TLS connection on which a test says what no client library would.
final class RawConnection: Sendable {
    /// Milliseconds that an answer may take; a loaded machine is slow, not wrong.
    private static let patience = 60_000

    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let state = Mutex((bytes: [UInt8](), isOver: false))

        var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
        var isOver: Bool { state.withLock(\.isOver) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            state.withLock { $0.bytes += buffer.readableBytesView }
        }

        func channelInactive(context: ChannelHandlerContext) { state.withLock { $0.isOver = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // An end without TLS's good-bye is an end.
            context.close(promise: nil)
        }
    }

    private let channel: any Channel
    private let inbox: Inbox

    private init(_ channel: any Channel, _ inbox: Inbox) { (self.channel, self.inbox) = (channel, inbox) }

    static func run<Result: Sendable>(
        _ portal: TestPortal,
        _ body: (RawConnection) async throws -> Result
    ) async throws -> Result {
        let inbox = Inbox()
        let context = try NIOSSLContext(configuration: TestCredential.anonymous(trusting: portal.server.der))
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                    try channel.pipeline.syncOperations.addHandler(tls)
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
            .connect(host: "127.0.0.1", port: portal.people).get()
        let connection = RawConnection(channel, inbox)
        do {
            let result = try await body(connection)
            try? await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    var isOpen: Bool { !inbox.isOver }
    /// Nothing came yet.
    var isQuiet: Bool { isOpen && inbox.text.isEmpty }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }

    /// What came until the portal ended the connection, or until the first answer stands there whole.
    func answer() async throws -> String {
        for _ in 0..<Self.patience / 20 {
            let text = inbox.text
            if inbox.isOver || Self.isWhole(text) { return text }
            try await Task.sleep(for: .milliseconds(20))
        }
        return inbox.text
    }

    /// What came until there was anything, or the portal ended the connection.
    func beginning() async throws -> String {
        for _ in 0..<Self.patience / 20 where isQuiet { try await Task.sleep(for: .milliseconds(20)) }
        return inbox.text
    }

    /// What came until the portal ended the connection.
    func rest() async throws -> String {
        for _ in 0..<Self.patience / 20 where isOpen { try await Task.sleep(for: .milliseconds(20)) }
        return inbox.isOver ? inbox.text : "still open: \(inbox.text)"
    }

    private static func isWhole(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let length = text[..<end.lowerBound].lowercased().firstMatch(of: /content-length: ([0-9]+)/)
        guard let length = length.flatMap({ Int($0.1) }) else { return false }
        return text[end.upperBound...].utf8.count >= length
    }
}
