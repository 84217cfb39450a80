import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import PortalProtocol
import Statements
import Vocabulary

/// The portal's people's listener, as its users reach it.
final class StageDoor: Sendable {
    let base: String
    let client: HTTPClient

    /// - Parameter authority: folder with the PEM of what issued the portal's certificate.
    init(port: Int, authority: String) throws {
        base = "https://127.0.0.1:\(port)"
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(authority + "/portal-authority.pem")
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func close() async { try? await client.shutdown() }
}

/// One user of it.
struct StageClient: Sendable {
    let door: StageDoor
    let token: String?

    /// The body of an answer that is no refusal.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        _ body: [UInt8]? = nil,
        headers: [(String, String)] = []
    ) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: door.base + path)
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(body) }
        let response = try await door.client.execute(request, timeout: .seconds(60))
        let octets = Array(try await response.body.collect(upTo: 16 << 20).readableBytesView)
        guard response.status.code < 400 else {
            throw StageRefusal(description: "\(method) \(path): \(String(decoding: octets.prefix(500), as: UTF8.self))")
        }
        return octets
    }

    func get<Message: Decodable>(_ path: String, as type: Message.Type) async throws -> Message {
        try StatementCoding.decode(type, from: await send(.GET, path))
    }

    /// A creation under an idempotency key of its own.
    func post<Message: Decodable>(
        _ path: String,
        _ body: some Encodable,
        as type: Message.Type
    ) async throws -> Message {
        let octets = try StatementCoding.encode(body)
        let headers = [("content-type", "application/json"), ("idempotency-key", UUID().uuidString)]
        return try StatementCoding.decode(type, from: await send(.POST, path, octets, headers: headers))
    }
}

/// What the portal refused.
struct StageRefusal: Error, CustomStringConvertible {
    let description: String
}
