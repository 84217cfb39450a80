import Foundation
import HTTPTypes
import PortalProtocol
import ServiceSupport
import Testing
import Vocabulary

@testable import PortalWeb

/// The document at /openapi.json against the routes that answer.
@Suite("API document")
struct DocumentTests {
    static func operations(_ document: [UInt8]) throws -> [(method: String, path: String, id: String)] {
        let root = try #require(JSONSerialization.jsonObject(with: Data(document)) as? [String: Any])
        let paths = try #require(root["paths"] as? [String: [String: [String: Any]]])
        return paths.flatMap { path, methods in
            methods.map { ($0.key.uppercased(), path, $0.value["operationId"] as? String ?? "") }
        }
    }

    @Test("every mounted route is in the document, every documented operation is mounted and answers")
    func bothWaysEqual() async throws {
        let routes = try ServiceRoutes.adding(to: TestRoutes.people(), metrics: { "" }, ready: {})
        try await TestPortal.run(people: routes) { portal in
            let document = try await portal.ask("GET", "/openapi.json")
            #expect(document.header("Content-Type") == "application/json")
            let documented = try Self.operations(document.body)
            let mounted = routes.map(\.declaration)
            #expect(
                Set(documented.map { "\($0.method) \($0.path) \($0.id)" })
                    == Set(mounted.map { "\($0.method.rawValue) \($0.template.text) \($0.operationID)" })
            )
            #expect(documented.count == mounted.count)
            for declaration in mounted {
                let reply = try await portal.probe(declaration, token: nil)
                #expect(reply.problem?.code != "portal.route.unknown", "\(declaration.operationID)")
                #expect(reply.problem?.code != "portal.method.not-allowed", "\(declaration.operationID)")
            }
        }
    }

    @Test("every reference of the document leads somewhere, and every answer is described")
    func referencesResolve() throws {
        let routes = try ServiceRoutes.adding(to: TestRoutes.people(), metrics: { "" }, ready: {})
        let bytes = try APIDocument(title: "Test", routes: routes).serialized()
        let root = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let components = try #require((root["components"] as? [String: Any])?["schemas"] as? [String: Any])
        let text = String(decoding: bytes, as: UTF8.self)
        for match in text.matches(of: /#\/components\/schemas\/([A-Za-z0-9_]+)/) {
            #expect(components[String(match.output.1)] != nil, "\(match.output.1)")
        }
        #expect(components["Problem"] != nil)
    }

    @Test("readiness tells what is missing")
    func readiness() async throws {
        let routes = try ServiceRoutes.adding(
            to: [],
            metrics: { "" },
            ready: { throw Refusal(PortalError.internalFailed, "no token") }
        )
        try await TestPortal.run(people: routes) { portal in
            #expect(try await portal.ask("GET", "/healthz").text == #"{"status":"ok"}"#)
            let ready = try await portal.ask("GET", "/readyz")
            #expect(ready.status == 503)
            #expect(ready.problem?.code == "portal.service.not-ready")
            #expect(try await portal.ask("GET", "/metrics").status == 401)
            let token = portal.identities.add([.oemViewer], in: TestIdentities.oem).token.text
            #expect(try await portal.ask("GET", "/metrics", token: token).text.isEmpty)
        }
    }
}
