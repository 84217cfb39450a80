import HTTPTypes
import PortalProtocol

@testable import PortalWeb

extension TestPortal {
    /// Asks a declared operation with example parameters: enough to reach the judgement of the caller and beyond.
    func probe(
        _ declaration: RouteDeclaration,
        token: String?,
        headers extra: [String: String] = [:]
    ) async throws -> Reply {
        var path = declaration.template.text
        for name in declaration.template.parameters { path = path.replacing("{\(name)}", with: "example") }
        var headers: [String: String] = [:]
        if declaration.demands.contains(.idempotencyKey) {
            headers["Idempotency-Key"] = "probe-\(UInt64.random(in: 0...UInt64.max))"
        }
        if declaration.demands.contains(.ifMatch) { headers["If-Match"] = "\"1\"" }
        var body: [UInt8]?
        switch declaration.input.body {
        case .none: break
        case .json:
            headers["Content-Type"] = "application/json"
            body = Array("{}".utf8)
        case .raw(let type, _):
            headers["Content-Type"] = type
            body = [1, 2, 3]
        }
        headers.merge(extra) { $1 }
        return try await ask(declaration.method.rawValue, path, token: token, headers: headers, body: body)
    }

    /// The same for an operation of the factories' listener.
    func probe(_ declaration: RouteDeclaration, as credential: TestCredential?) async throws -> Reply {
        var path = declaration.template.text
        for name in declaration.template.parameters { path = path.replacing("{\(name)}", with: "example") }
        var json: String?
        if case .json = declaration.input.body { json = "{}" }
        return try await askSync(declaration.method.rawValue, path, as: credential, json: json)
    }
}
