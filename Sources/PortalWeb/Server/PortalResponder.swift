import Durability
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PortalProtocol
import Vocabulary

/// Around every request: id, refusals as problems, security headers, one log line, metrics.
struct PortalResponder: HTTPResponder {
    typealias Context = ConnectionContext

    /// A refused request with a larger body is not read to its end: the connection goes instead.
    private static let largestUnread = 65_536

    private let router: RouterResponder<ConnectionContext>
    private let declarations: [RouteDeclaration]
    private let metrics: RequestMetrics
    private let logger: Logger
    private let seam: FaultSeam
    private let mount: RouteMount
    /// Answers what no route does; nil: nothing.
    private let pages: PageSite?

    /// - Parameter seam: `portal.OPERATION.answer` before an answer leaves, `portal.OPERATION.answered` after it.
    init(
        routes: [any MountableRoute],
        mount: RouteMount,
        metrics: RequestMetrics,
        logger: Logger,
        pages: PageSite? = nil
    ) throws {
        seam = mount.seam
        self.mount = mount
        self.pages = pages
        router = try mount.router(routes).buildResponder()
        declarations = routes.map(\.declaration)
        self.metrics = metrics
        self.logger = logger
    }

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let start = ContinuousClock.now
        let exchange = context.exchange
        exchange.started(request.headers)
        metrics.started()
        var response = await answer(request, context)
        response.headers[.requestID] = exchange.requestID
        SecurityHeaders.apply(to: &response)
        if request.method == .head { response = response.createHeadResponse() }
        if response.status.code >= 400 { response = Self.closing(response, request, context.channel) }
        record(exchange, request, response.status.code, ContinuousClock.now - start)
        if seam.isArmed, let operation = exchange.declaration?.operationID { response = pointed(response, operation) }
        return response
    }

    private func answer(_ request: Request, _ context: ConnectionContext) async -> Response {
        let exchange = context.exchange
        do {
            let response = try await router.respond(to: request, context: context)
            if exchange.declaration == nil {
                return try await pages?.respond(request, exchange, mount) ?? noRoute(request, exchange)
            }
            return response
        } catch let error as JournalRefusal {
            return problem(error.refusal, exchange, storedSize: error.storedSize)
        } catch let refusal as Refusal {
            return shown(problem(refusal, exchange), refusal, request, exchange)
        } catch {
            logger.error(
                "unexpected failure",
                metadata: [
                    "request-id": "\(exchange.requestID)", "kind": "\(type(of: error))", "error": "\(error)",
                ]
            )
            let refusal = Refusal(PortalError.internalFailed)
            return shown(problem(refusal, exchange), refusal, request, exchange)
        }
    }

    /// To somebody who asked for a page, a refusal without one is shown as a page.
    private func shown(_ response: Response, _ refusal: Refusal, _ request: Request, _ exchange: Exchange) -> Response {
        guard exchange.declaration == nil, let pages else { return response }
        let status = Int(response.status.code)
        let told = status == 500 ? Refusal(PortalError.internalFailed) : refusal
        return pages.failed(Problem(told, status: status, requestID: exchange.requestID), request) ?? response
    }

    private func problem(_ refusal: Refusal, _ exchange: Exchange, storedSize: Int? = nil) -> Response {
        metrics.failed(refusal.code)
        let own = exchange.declaration == nil ? PortalError(rawValue: refusal.code)?.status : nil
        guard let status = exchange.declaration?.status(of: refusal.code) ?? own else {
            // A code that the document does not promise: what happened stays in the log.
            logger.error(
                "undeclared refusal",
                metadata: [
                    "request-id": "\(exchange.requestID)", "operation": "\(exchange.declaration?.operationID ?? "")",
                    "refusal": "\(refusal)",
                ]
            )
            exchange.refused(PortalError.internalFailed.rawValue)
            return .problem(Refusal(PortalError.internalFailed), status: 500, requestID: exchange.requestID)
        }
        exchange.refused(refusal.code)
        if status >= 500 {
            logger.error(
                "failed",
                metadata: ["request-id": "\(exchange.requestID)", "refusal": "\(refusal)"]
            )
        }
        return .problem(refusal, status: status, requestID: exchange.requestID, storedSize: storedSize)
    }

    private func noRoute(_ request: Request, _ exchange: Exchange) -> Response {
        let methods = declarations.filter { $0.template.matches(request.uri.path) }.map(\.method.rawValue)
        let error = methods.isEmpty ? PortalError.unknownRoute : PortalError.methodNotAllowed
        exchange.refused(error.rawValue)
        return .problem(
            Refusal(error),
            status: error.status,
            requestID: exchange.requestID,
            headers: methods.isEmpty ? [:] : [.allow: Set(methods).sorted().joined(separator: ", ")]
        )
    }

    /// Ends the connection after an answer to a request whose large body nobody will read.
    private static func closing(_ response: Response, _ request: Request, _ channel: any Channel) -> Response {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        let isChunked = request.headers[.transferEncoding] != nil
        guard isChunked || announced ?? 0 > largestUnread else { return response }
        var response = response
        let body = response.body
        response.headers[.connection] = "close"
        response.body = .init(contentLength: body.contentLength) { writer in
            try await body.write(writer)
            try? await channel.close()
        }
        return response
    }

    private func pointed(_ response: Response, _ operation: String) -> Response {
        try? seam.pass("portal.\(operation).answer")
        var response = response
        let (body, seam) = (response.body, seam)
        response.body = .init(contentLength: body.contentLength) { writer in
            try await body.write(writer)
            try? seam.pass("portal.\(operation).answered")
        }
        return response
    }

    private func record(_ exchange: Exchange, _ request: Request, _ status: Int, _ duration: Duration) {
        let declaration = exchange.declaration
        let operation = declaration?.operationID ?? "none"
        metrics.ended(operation, status: status, after: duration)
        var metadata: Logger.Metadata = [
            "request-id": "\(exchange.requestID)", "operation": "\(operation)", "method": "\(request.method.rawValue)",
            "route": "\(declaration?.template.text ?? "none")", "status": "\(status)", "caller": "\(exchange.caller)",
            "address": "\(exchange.address)", "milliseconds": "\(duration / .milliseconds(1))",
        ]
        if let code = exchange.code {
            metadata["code"] = "\(code)"
            metrics.refused(code)
        }
        logger.info("request", metadata: metadata)
    }
}
