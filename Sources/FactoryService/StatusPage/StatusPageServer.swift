import FactoryCore
import LineProtocol
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceSupport
import Statements
import Vocabulary

/// A small page for people at the site: read-only, on 127.0.0.1, off unless configured.
final class StatusPageServer: Sendable {
    static let mostConnections = 16
    static let idle = TimeAmount.seconds(15)

    private let channel: any Channel
    var port: Int { channel.localAddress?.port ?? 0 }

    private init(channel: any Channel) { self.channel = channel }

    /// Throws `net.listen.failed`.
    static func start(
        port: Int,
        service: StationName,
        reporter: StatusReporter,
        metrics: Metrics
    ) async throws -> StatusPageServer {
        let pages = StatusPages(service: service, reporter: reporter, metrics: metrics)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: Int32(mostConnections))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(readTimeout: idle))
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
                    try pipeline.addHandler(StatusPageHandler(pages: pages))
                }
            }
        do {
            return StatusPageServer(channel: try await bootstrap.bind(host: "127.0.0.1", port: port).get())
        } catch { throw Refusal(ServiceSupportError.listenFailed, "127.0.0.1:\(port)") }
    }

    func stop() async { try? await channel.close().get() }
}

/// What the page answers to a request.
struct StatusPages: Sendable {
    struct Answer: Sendable {
        let status: HTTPResponseStatus
        let type: String
        let body: String
    }

    let service: StationName
    let reporter: StatusReporter
    let metrics: Metrics

    /// - Parameter host: the request's Host; another than this machine's means that a foreign page sent the browser here.
    func answer(method: HTTPMethod, uri: String, host: String?) async -> Answer {
        let name = host.map { $0.hasSuffix("]") ? $0[...] : $0.prefix { $0 != ":" } } ?? ""
        guard ["localhost", "127.0.0.1"].contains(name) else {
            return Answer(status: .misdirectedRequest, type: "text/plain", body: "Ask for 127.0.0.1 or localhost.\n")
        }
        guard method == .GET || method == .HEAD else {
            return Answer(status: .methodNotAllowed, type: "text/plain", body: "This page can only be read.\n")
        }
        let path = uri.prefix { $0 != "?" }
        do {
            switch path {
            case "/":
                let status = try await reporter.status(asking: false)
                let view = StatusView(service: service, status: status, refreshes: uri.hasSuffix("?refresh"))
                return Answer(status: .ok, type: "text/html", body: view.html)
            case "/style.css": return Answer(status: .ok, type: "text/css", body: StatusStyle.sheet)
            case "/status.json":
                let bytes = try StatementCoding.encode(try await reporter.status(asking: false))
                return Answer(status: .ok, type: "application/json", body: String(decoding: bytes, as: UTF8.self))
            case "/metrics": return Answer(status: .ok, type: "text/plain", body: metrics.text())
            default: return Answer(status: .notFound, type: "text/plain", body: "There is no such page.\n")
            }
        } catch {
            let code = (error as? Refusal)?.code ?? "\(type(of: error))"
            return Answer(status: .internalServerError, type: "text/plain", body: "The status is not known: \(code)\n")
        }
    }
}

private final class StatusPageHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let pages: StatusPages
    private var head: HTTPRequestHead?

    init(pages: StatusPages) { self.pages = pages }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            Self.respond(to: head, on: context.channel, pages)
        }
    }

    private static func respond(to head: HTTPRequestHead, on channel: any Channel, _ pages: StatusPages) {
        Task {
            let host = head.headers.first(name: "host")
            let answer = await pages.answer(method: head.method, uri: head.uri, host: host)
            write(answer, to: channel, head)
        }
    }

    private static func write(_ answer: StatusPages.Answer, to channel: any Channel, _ request: HTTPRequestHead) {
        var headers = HTTPHeaders()
        headers.add(name: "Content-Type", value: answer.type + "; charset=utf-8")
        headers.add(name: "Content-Length", value: String(answer.body.utf8.count))
        headers.add(name: "Cache-Control", value: "no-store")
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        headers.add(name: "Referrer-Policy", value: "no-referrer")
        headers.add(
            name: "Content-Security-Policy",
            value: "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
        let (isHead, body, stays) = (request.method == .HEAD, answer.body, request.isKeepAlive)
        channel.eventLoop.execute {
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
            if !isHead {
                channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
            }
            let end = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
            if !stays { end.whenComplete { _ in channel.close(promise: nil) } }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
