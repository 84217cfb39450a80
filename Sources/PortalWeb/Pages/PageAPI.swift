import HTTPTypes
import Hummingbird
import NIOCore
import PortalProtocol
import ServiceSupport
import Statements
import Vocabulary

/// A refusal of the API as its own problem document says it, to a page.
struct APIProblem: Error, Sendable {
    let problem: Problem
}

/// The routes that pages ask: the very values that are mounted.
struct PageRouteTable: Sendable {
    private let routes: [String: [any MountableRoute]]

    init(_ routes: [any MountableRoute]) {
        self.routes = Dictionary(grouping: routes) { "\($0.declaration.method.rawValue)" }
    }

    /// Ids of the operations that the portal's log has entries of: they change something, or let a list out.
    var acts: [String] {
        routes.values.joined().map(\.declaration).filter { $0.scope == .write || $0.operationID.hasPrefix("export") }
            .map(\.operationID).sorted()
    }

    /// Lists that go out as files, as their CSV is declared.
    var exports: [RouteDeclaration] {
        routes.values.joined().map(\.declaration).filter {
            $0.template.text.hasPrefix("/v1/exports/") && $0.template.text.hasSuffix(".csv")
        }.sorted { $0.template.text < $1.template.text }
    }

    /// - Parameter path: with its segments escaped.
    func find(
        _ method: HTTPRequest.Method,
        _ path: String
    ) -> (route: any MountableRoute, parameters: [String: String])? {
        for route in routes[method.rawValue] ?? [] {
            if let found = route.declaration.template.parameters(of: path) { return (route, found) }
        }
        return nil
    }
}

/// The API, in process, for one caller. Pages have no other way to anything: what the API would not show or do for this
/// caller, no page can, and who may, idempotency, preconditions, audit and refusals come from one place.
struct PageAPI: Sendable {
    /// Octets of one answer.
    private static let largestAnswer = 8 << 20

    let table: PageRouteTable
    let mount: RouteMount
    let exchange: Exchange
    let headers: HTTPFields
    let session: PageSession?
    var cookies = SetCookies()

    struct Reply<Message: Sendable>: Sendable {
        let message: Message
        /// If-Match of a change.
        let tag: String?
        let location: String?
    }

    func get<Message: Decodable & Sendable>(
        _ path: String,
        _ query: [String: String] = [:],
        as type: Message.Type = Message.self
    ) async throws -> Message {
        try await reply(path, query, as: type).message
    }

    func reply<Message: Decodable & Sendable>(
        _ path: String,
        _ query: [String: String] = [:],
        as type: Message.Type = Message.self
    ) async throws -> Reply<Message> {
        try Self.decode(await ask(.get, path, query))
    }

    /// Nil where the caller may not, or where it is not there.
    func optional<Message: Decodable & Sendable>(
        _ path: String,
        _ query: [String: String] = [:],
        as type: Message.Type = Message.self
    ) async throws -> Message? {
        do { return try await get(path, query, as: type) } catch let problem as APIProblem
            where [403, 404, 409].contains(problem.problem.status)
        { return nil }
    }

    /// All pages of a list, up to `most` items.
    func all<Item: Codable & Sendable & Hashable>(
        _ path: String,
        most: Int = 1_000,
        as type: Item.Type = Item.self
    ) async throws -> [Item] {
        var items: [Item] = []
        var cursor: PageCursor?
        repeat {
            var query = ["limit": "200"]
            if let cursor { query["cursor"] = cursor.text }
            let page = try await get(path, query, as: Page<Item>.self)
            items += page.items
            cursor = page.next
        } while cursor != nil && items.count < most
        return items
    }

    /// The same; nil where the caller may not, or where it is not there.
    func optionalAll<Item: Codable & Sendable & Hashable>(
        _ path: String,
        most: Int = 1_000,
        as type: Item.Type = Item.self
    ) async throws -> [Item]? {
        do { return try await all(path, most: most, as: type) } catch let problem as APIProblem
            where [403, 404, 409].contains(problem.problem.status)
        { return nil }
    }

    /// - Parameters:
    ///   - key: one-time key of the form, where something is created.
    ///   - tag: what the form was made from, where something is changed.
    @discardableResult
    func send<Message: Decodable & Sendable>(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: [UInt8] = [],
        key: String? = nil,
        tag: String? = nil,
        as type: Message.Type
    ) async throws -> Reply<Message> {
        try Self.decode(await ask(method, path, [:], body, key: key, tag: tag))
    }

    /// Whether the caller could do it at all: a form that could only be refused is not shown. Throws what the API would.
    func require(_ method: HTTPRequest.Method, _ path: String) async throws {
        guard let (route, _) = table.find(method, path) else {
            throw problem(Refusal(PortalError.unknownRoute, "\(method) \(path)"), nil)
        }
        let declaration = route.declaration
        do {
            try await caller(for: declaration.rule).admit(under: declaration.rule, scope: declaration.scope)
        } catch let refusal as Refusal {
            throw problem(refusal, declaration)
        }
    }

    /// The same as a question.
    func admits(_ method: HTTPRequest.Method, _ path: String) async -> Bool {
        do { try await require(method, path) } catch { return false }
        return true
    }

    /// The operations that the portal's log has entries of, by their ids.
    var acts: [String] { table.acts }

    /// Lists that go out as files.
    var exports: [RouteDeclaration] { table.exports }

    /// Octets as they are: a file.
    func octets(_ path: String) async throws -> [UInt8] { try await ask(.get, path, [:]).bytes }

    /// An answer as it is, to be passed on while it comes: a file of any length.
    func response(_ path: String, _ query: [String: String] = [:]) async throws -> Response {
        try await answer(.get, path, query)
    }

    private struct Raw {
        let bytes: [UInt8]
        let headers: HTTPFields
    }

    private static func decode<Message: Decodable & Sendable>(_ raw: Raw) throws -> Reply<Message> {
        let bytes = raw.bytes.isEmpty ? Array("{}".utf8) : raw.bytes
        // Our own answer, in the form that our own reader takes: a third of the time of Foundation's.
        return Reply(
            message: try StatementCoding.decode(Message.self, checking: bytes, limit: largestAnswer),
            tag: raw.headers[.eTag],
            location: raw.headers[.location]
        )
    }

    private func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ query: [String: String],
        _ body: [UInt8] = [],
        key: String? = nil,
        tag: String? = nil
    ) async throws -> Raw {
        let response = try await answer(method, path, query, body, key: key, tag: tag)
        let bytes = try await BodyCollector.octets(of: response.body, limit: Self.largestAnswer)
        return Raw(bytes: bytes, headers: response.headers)
    }

    private func answer(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ query: [String: String],
        _ body: [UInt8] = [],
        key: String? = nil,
        tag: String? = nil
    ) async throws -> Response {
        guard let (route, escaped) = table.find(method, path) else {
            throw problem(Refusal(PortalError.unknownRoute, "\(method) \(path)"), nil)
        }
        let declaration = route.declaration
        do {
            let parameters = try escaped.mapValues { try ParameterDecoding.unescape($0[...], "path") }
            let caller = try await caller(for: declaration.rule)
            do {
                let response = try await mount.limited(caller) {
                    try caller.admit(under: declaration.rule, scope: declaration.scope)
                    let facts = try facts(declaration, caller, path, query, body, key, tag)
                    let incoming = IncomingRequest(path: parameters, query: query, bytes: body, stream: nil)
                    return try await route.answer(caller, facts, incoming)
                }
                cookies.collect(response.headers)
                return response
            } catch let refusal as Refusal {
                try await mount.note(refusal, declaration, exchange, caller, path: path)
                throw refusal
            }
        } catch let refusal as Refusal {
            throw problem(refusal, declaration)
        }
    }

    private func caller(for rule: AccessRule) async throws -> Caller {
        if let session, !rule.isOpen { return session.caller }
        return try await mount.authenticator.caller(
            for: rule,
            head: RequestHead(headers: [:], authority: nil, isSafe: true),
            address: exchange.address,
            peer: { nil }
        )
    }

    private func facts(
        _ declaration: RouteDeclaration,
        _ caller: Caller,
        _ path: String,
        _ query: [String: String],
        _ body: [UInt8],
        _ key: String?,
        _ tag: String?
    ) throws -> RequestFacts {
        var idempotency: IdempotencyKey?
        if declaration.demands.contains(.idempotencyKey) {
            guard let key, (8...128).contains(key.utf8.count) else { throw Refusal(PortalError.keyMissing) }
            idempotency = IdempotencyKey(
                header: key,
                caller: caller,
                operation: declaration.operationID,
                request: Array(path.utf8) + [0] + body
            )
        }
        var ifMatch: EntityTag?
        if declaration.demands.contains(.ifMatch) {
            guard let tag, let given = EntityTag(header: tag) else { throw Refusal(PortalError.preconditionMissing) }
            ifMatch = given
        }
        return RequestFacts(
            requestID: exchange.requestID,
            operation: declaration.operationID,
            address: exchange.address,
            time: mount.clock.realtime(),
            idempotency: idempotency,
            ifMatch: ifMatch,
            ifNoneMatch: nil,
            range: nil,
            browser: BrowserFacts(headers: headers)
        )
    }

    private func problem(_ refusal: Refusal, _ declaration: RouteDeclaration?) -> APIProblem {
        let status = declaration?.status(of: refusal.code) ?? (declaration == nil ? 404 : 500)
        exchange.refused(refusal.code)
        return APIProblem(problem: Problem(refusal, status: status, requestID: exchange.requestID))
    }
}

extension Problem {
    init(_ refusal: Refusal, status: Int, requestID: String) {
        self.init(
            type: "https://obis.dev/errors#\(refusal.code)",
            title: refusal.meaning,
            status: status,
            code: refusal.code,
            detail: refusal.detail.isEmpty || status >= 500 ? nil : refusal.detail,
            remedy: refusal.remedy,
            requestID: requestID
        )
    }
}

/// A part of an address: everything but unreserved characters (RFC 3986) escaped.
func escaped(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
            result.unicodeScalars.append(UnicodeScalar(byte))
        default: result += "%" + Hex.encode([byte]).uppercased()
        }
    }
    return result
}
