import Crypto
import Durability
import HTTPTypes
import Hummingbird
import NIOCore
import NIOSSL
import PortalCore
import PortalProtocol
import ServiceSupport
import Statements
import Vocabulary

/// Puts routes on Hummingbird's router: authenticates, bounds the body, makes facts and context, calls the handler.
struct RouteMount: Sendable {
    /// Statuses of refusals that go into the portal's log, where somebody known wanted to change something.
    private static let noted: Set<Int> = [403, 409, 412, 422]

    let authenticator: Authenticator
    let clock: ClockSource
    /// Where refused acts are entered; nil: nowhere.
    let acts: Acts?
    var limiter = RequestLimiter(.people)
    var deadlines = BodyDeadlines.usual
    /// `portal.OPERATION.piece` after each piece of a body.
    var seam = FaultSeam.none

    /// Throws `portal.route.inconsistent` where two routes have one id, or one method and path.
    func router(_ routes: [any MountableRoute]) throws -> Router<ConnectionContext> {
        var ids: Set<String> = []
        var places: Set<String> = []
        let router = Router(context: ConnectionContext.self)
        for route in routes {
            let declaration = route.declaration
            let shape = declaration.template.text.replacing(/\{[^}]*\}/, with: "{}")
            guard ids.insert(declaration.operationID).inserted,
                places.insert("\(declaration.method.rawValue) \(shape)").inserted
            else { throw Refusal(PortalError.inconsistentRoutes, "\(declaration.operationID) twice") }
            router.on(RouterPath(declaration.template.text), method: declaration.method) { request, context in
                context.exchange.matched(declaration)
                return try await respond(route, request, context)
            }
        }
        return router
    }

    private func respond(
        _ route: any MountableRoute,
        _ request: Request,
        _ context: ConnectionContext
    ) async throws -> Response {
        let declaration = route.declaration
        let caller = try await authenticator.caller(
            for: declaration.rule,
            head: RequestHead(
                headers: request.headers,
                authority: request.head.authority,
                isSafe: declaration.scope == .read
            ),
            address: context.exchange.address,
            peer: { try? await context.channel.nioSSL_peerCertificate().get()?.toDERBytes() }
        )
        context.exchange.identified(caller.logName)
        do {
            return try await limited(caller) {
                try caller.admit(under: declaration.rule, scope: declaration.scope)
                return try await answer(route, request, context, caller)
            }
        } catch let refusal as Refusal {
            try await note(refusal, declaration, context.exchange, caller, path: request.uri.path)
            throw refusal
        }
    }

    /// Within what one caller may ask. Throws `portal.access.busy`.
    func limited<Value>(_ caller: Caller, _ body: () async throws -> Value) async throws -> Value {
        guard caller.actor != .nobody else { return try await body() }
        try limiter.enter(caller.name)
        defer { limiter.leave(caller.name) }
        return try await body()
    }

    /// Enters a refused act of somebody known.
    func note(
        _ refusal: Refusal,
        _ declaration: RouteDeclaration,
        _ exchange: Exchange,
        _ caller: Caller,
        path: String
    ) async throws {
        guard let acts, caller.actor != .nobody, let status = declaration.status(of: refusal.code) else { return }
        // Who asks for more codes than may be seen wants to be seen too.
        let isNoted = Self.noted.contains(status) || refusal.has(LabelDisclosureError.tooMany)
        let isRefusedAct = declaration.scope == .write && isNoted
        guard isRefusedAct || refusal.has(PortalError.unknownObject) else { return }
        try await acts.noteRefusal(
            caller.actor,
            declaration,
            exchange,
            refusal.code,
            path: path,
            at: clock.realtime()
        )
    }

    private func answer(
        _ route: any MountableRoute,
        _ request: Request,
        _ context: ConnectionContext,
        _ caller: Caller
    ) async throws -> Response {
        let declaration = route.declaration
        var path: [String: String] = [:]
        for name in declaration.template.parameters {
            guard let value = context.parameters.get(name) else { continue }
            path[name] = try ParameterDecoding.unescape(value[...], name)
        }
        let query = try ParameterDecoding.query(request.uri.query)
        let (bytes, stream) = try await body(declaration, request)
        let facts = try facts(declaration, request, context, caller, bytes)
        let incoming = IncomingRequest(path: path, query: query, bytes: bytes, stream: stream)
        let response = try await route.answer(caller, facts, incoming)
        return declaration.method == .head ? response.createHeadResponse() : response
    }

    private func body(_ declaration: RouteDeclaration, _ request: Request) async throws -> ([UInt8], BodyStream?) {
        let operation = declaration.operationID
        switch declaration.input.body {
        case .none:
            // What comes unasked is read and dropped by the server, within the bounds of the connection.
            return ([], nil)
        case .json(_, let limit):
            try Self.checkType(request, "application/json")
            let stream = try stream(request, operation, limit: limit, within: deadlines.message)
            return (try await stream.collect(), nil)
        case .raw(let type, let limit):
            try Self.checkType(request, type)
            return ([], try stream(request, operation, limit: limit, within: deadlines.file))
        }
    }

    private static func checkType(_ request: Request, _ wanted: String) throws {
        let header = request.headers[.contentType] ?? ""
        let type = header.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard type == wanted else { throw Refusal(PortalError.bodyType, "\(wanted) wanted") }
    }

    private func stream(
        _ request: Request,
        _ operation: String,
        limit: Int,
        within deadline: Duration
    ) throws -> BodyStream {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limit { throw Refusal(PortalError.bodyTooLarge, "limit \(limit) octets") }
        let body = request.body
        let end = ContinuousClock.now + deadline
        let seam = seam
        return BodyStream(
            chunks: { each in
                var count = 0
                for try await chunk in body {
                    count += chunk.readableBytes
                    guard count <= limit else { throw Refusal(PortalError.bodyTooLarge, "limit \(limit) octets") }
                    guard ContinuousClock.now < end else { throw Refusal(PortalError.bodySlow, "\(deadline)") }
                    try await each(chunk)
                    try seam.pass("portal.\(operation).piece")
                }
                guard announced == nil || announced == count else {
                    throw Refusal(PortalProtocolError.malformedRequest, "body: \(count) octets came")
                }
            },
            announced: announced
        )
    }

    private func facts(
        _ declaration: RouteDeclaration,
        _ request: Request,
        _ context: ConnectionContext,
        _ caller: Caller,
        _ bytes: [UInt8]
    ) throws -> RequestFacts {
        let (headers, exchange) = (request.headers, context.exchange)
        var key: IdempotencyKey?
        if declaration.demands.contains(.idempotencyKey) {
            guard let header = headers[.idempotencyKey], (8...128).contains(header.utf8.count),
                header.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
            else { throw Refusal(PortalError.keyMissing) }
            key = IdempotencyKey(
                header: header,
                caller: caller,
                operation: declaration.operationID,
                request: Array((request.head.path ?? "").utf8) + [0] + bytes
            )
        }
        var tag: EntityTag?
        if declaration.demands.contains(.ifMatch) {
            guard let header = headers[.ifMatch] else { throw Refusal(PortalError.preconditionMissing) }
            guard let given = EntityTag(header: header) else {
                throw Refusal(PortalError.preconditionFailed, "one strong ETag wanted")
            }
            tag = given
        }
        return RequestFacts(
            requestID: exchange.requestID,
            operation: declaration.operationID,
            address: exchange.address,
            time: clock.realtime(),
            idempotency: key,
            ifMatch: tag,
            ifNoneMatch: headers[.ifNoneMatch].flatMap { EntityTag(header: $0) },
            range: headers[.range].flatMap { ByteRange(header: $0) },
            browser: BrowserFacts(headers: headers)
        )
    }
}

extension IdempotencyKey {
    init(header: String, caller: Caller, operation: String, request: [UInt8]) {
        let place = [caller.keyOwner, operation, header].map { "\($0.utf8.count):\($0)" }.joined()
        digest = Digest256.of(place.utf8)
        self.request = Digest256.of(request)
        let material = SymmetricKey(data: caller.secret + Array(header.utf8) + [0] + request)
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: material,
            salt: digest.bytes,
            info: Array("obis idempotent answer v1".utf8),
            outputByteCount: 32
        )
        secret = key.withUnsafeBytes { Secret(Array($0)) }
    }

    /// An answer, readable again only with the same key, request and token.
    public func seal(_ answer: [UInt8]) throws -> [UInt8] {
        let key = secret.withBytes { SymmetricKey(data: Array($0)) }
        guard let sealed = try AES.GCM.seal(answer, using: key).combined else {
            throw Refusal(PortalError.internalFailed, "sealing")
        }
        return Array(sealed)
    }

    /// Throws `portal.idempotency.reused` where it was sealed under another token or request.
    public func open(_ sealed: [UInt8]) throws -> [UInt8] {
        let key = secret.withBytes { SymmetricKey(data: Array($0)) }
        guard let box = try? AES.GCM.SealedBox(combined: sealed), let answer = try? AES.GCM.open(box, using: key) else {
            throw Refusal(PortalError.keyReused)
        }
        return Array(answer)
    }
}
