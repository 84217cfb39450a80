import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Vocabulary

/// What the portal answered with a status of 400 or more.
struct PortalRefusal: Error, CustomStringConvertible {
    let status: Int
    let code: String
    let detail: String
    /// The body as it came.
    let body: [UInt8]

    var description: String { "\(status) \(code): \(detail)" }
}

/// The portal's doors as its users reach them: HTTPS under the one authority that issued its certificate.
final class PortalDoor: Sendable {
    let base: String
    private let client: HTTPClient

    /// - Parameters:
    ///   - authority: PEM file.
    ///   - connections: how many requests are under way at once.
    init(port: Int, authority: String, connections: Int = 8) throws {
        base = "https://127.0.0.1:\(port)"
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(authority)
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func close() async { try? await client.shutdown() }

    /// Somebody with a token, or nobody.
    func caller(token: String?) -> PortalClient { PortalClient(door: self, token: token) }

    fileprivate func execute(_ request: HTTPClientRequest) async throws -> PortalClient.Reply {
        let response = try await client.execute(request, timeout: .seconds(120))
        let body = try await response.body.collect(upTo: 256 * 1_048_576)
        return PortalClient.Reply(
            status: Int(response.status.code),
            headers: response.headers,
            body: Array(body.readableBytesView)
        )
    }
}

/// One user of the portal's people's API.
struct PortalClient: Sendable {
    struct Reply: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]

        var tag: String? { headers.first(name: "etag") }
        var setCookies: [String] { headers["set-cookie"] }
        func tree() throws -> JSONTree { try JSONTree(parsing: body) }
    }

    private let door: PortalDoor
    let token: String?

    fileprivate init(door: PortalDoor, token: String?) {
        self.door = door
        self.token = token
    }

    /// Any request; throws nothing for a refusal.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        _ body: [UInt8]? = nil,
        headers: [(String, String)] = []
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: door.base + path)
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body { request.body = .bytes(body) }
        return try await door.execute(request)
    }

    private func accepted(_ reply: Reply) throws -> Reply {
        guard reply.status >= 400 else { return reply }
        let problem = (try? reply.tree()) ?? .null
        throw PortalRefusal(
            status: reply.status,
            code: (try? problem.string("code")) ?? "no code",
            detail: (try? problem.string("detail")) ?? "",
            body: reply.body
        )
    }

    private static let json = ("content-type", "application/json")

    // MARK: The API's verbs; each throws `PortalRefusal`

    func get(_ path: String) async throws -> JSONTree { try await fetch(path).tree() }

    func fetch(_ path: String) async throws -> Reply { try accepted(try await send(.GET, path)) }

    /// All items of a list, page after page.
    func all(_ path: String) async throws -> [JSONTree] {
        var (items, next): ([JSONTree], String?) = ([], nil)
        let join = path.contains("?") ? "&" : "?"
        repeat {
            let page = try await get(path + join + "limit=200" + (next.map { "&cursor=\($0)" } ?? ""))
            items += page["items"].list
            next = try? page.string("next")
        } while next != nil
        return items
    }

    /// A creation, under an idempotency key of its own or the one given.
    @discardableResult
    func post(_ path: String, _ body: JSONTree, key: String = UUID().uuidString) async throws -> JSONTree {
        let headers = [Self.json, ("idempotency-key", key)]
        let reply = try accepted(try await send(.POST, path, try body.serialized(), headers: headers))
        return reply.body.isEmpty ? .null : try reply.tree()
    }

    /// The same with a body of ours as it is: an envelope, an upload.
    @discardableResult
    func post(_ path: String, bytes: [UInt8], tag: String? = nil) async throws -> JSONTree {
        var headers = [Self.json, ("idempotency-key", UUID().uuidString)]
        if let tag { headers.append(("if-match", tag)) }
        let reply = try accepted(try await send(.POST, path, bytes, headers: headers))
        return reply.body.isEmpty ? .null : try reply.tree()
    }

    /// A file as it is, where doing it again changes nothing.
    @discardableResult
    func upload(_ path: String, _ bytes: [UInt8], type: String) async throws -> JSONTree {
        try accepted(try await send(.POST, path, bytes, headers: [("content-type", type)])).tree()
    }

    /// A change of what was read before: its tag is asked for and sent along.
    @discardableResult
    func change(_ method: HTTPMethod, _ path: String, of object: String, _ body: JSONTree?) async throws -> JSONTree {
        let tag = try await fetch(object).tag ?? "*"
        let headers = [("if-match", tag)] + (body == nil ? [] : [Self.json])
        let reply = try accepted(try await send(method, path, try body?.serialized(), headers: headers))
        return reply.body.isEmpty ? .null : try reply.tree()
    }

    @discardableResult
    func put(_ path: String, bytes: [UInt8]?, type: String = "application/json") async throws -> JSONTree {
        let headers = bytes == nil ? [] : [("content-type", type)]
        let reply = try accepted(try await send(.PUT, path, bytes, headers: headers))
        return reply.body.isEmpty ? .null : (try? reply.tree()) ?? .null
    }
}
