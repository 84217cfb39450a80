import Crypto
import Foundation
import HTTPTypes
import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// The document at /sync/openapi.json against the routes that answer factories.
@Suite("API document of the factories' listener")
struct SyncDocumentTests {
    @Test("each mounted operation is documented, each documented one answers, for a factory's certificate alone")
    func bothWaysEqual() async throws {
        try await WholePortal.run { whole in
            let (factory, admin) = try await whole.joinedFactory()
            let document = try await whole.portal.askSync("GET", "/sync/openapi.json", as: factory)
            #expect(document.status == 200 && document.header("Content-Type") == "application/json")
            let mounted = whole.syncRoutes.map(\.declaration)
            let documented = try DocumentTests.operations(document.body)
            #expect(
                Set(documented.map { "\($0.method) \($0.path) \($0.id)" })
                    == Set(mounted.map { "\($0.method.rawValue) \($0.template.text) \($0.operationID)" })
            )
            #expect(documented.count == mounted.count && mounted.count >= 8)
            for declaration in mounted {
                let id = declaration.operationID
                let reply = try await whole.portal.probe(declaration, as: factory)
                #expect(![403, 405].contains(reply.status) && reply.status < 500, "\(id): \(reply.text)")
                #expect(reply.problem?.code != "portal.route.unknown", "\(id)")
                // Neither the people's listener nor its document know it.
                let elsewhere = try await whole.portal.probe(declaration, token: admin)
                #expect(elsewhere.problem?.code == "portal.route.unknown", "\(id): \(elsewhere.text)")
                await #expect(throws: (any Error).self, "\(id): no certificate") {
                    _ = try await whole.portal.probe(declaration, as: nil)
                }
            }
            let list = try await whole.portal.ask("GET", "/v1/factories/shenzhen-1/certificates", token: admin)
            let key = try #require(try list.message(Page<SiteCertificate>.self).items.first).key
            let path = "/v1/factories/shenzhen-1/certificates/\(key)"
            #expect(try await whole.portal.ask("DELETE", path, token: admin).status == 204)
            for declaration in mounted {
                let reply = try await whole.portal.probe(declaration, as: factory)
                #expect(reply.problem?.code == "portal.access.site", "\(declaration.operationID): \(reply.text)")
            }
        }
    }

    @Test("it says that a certificate opens it, names no other way in, and all its references lead somewhere")
    func security() async throws {
        try await WholePortal.run { whole in
            let (factory, _) = try await whole.joinedFactory()
            let bytes = try await whole.portal.askSync("GET", "/sync/openapi.json", as: factory).body
            let root = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            let components = try #require(root["components"] as? [String: Any])
            let schemes = try #require(components["securitySchemes"] as? [String: [String: String]])
            #expect(schemes.mapValues { $0["type"] } == ["factory": "mutualTLS"])
            let paths = try #require(root["paths"] as? [String: [String: [String: Any]]])
            for operation in paths.values.flatMap(\.values) {
                let security = operation["security"] as? [[String: [String]]]
                #expect(security == [["factory": []]], "\(operation["operationId"] ?? "")")
            }
            let schemas = try #require(components["schemas"] as? [String: Any])
            for match in String(decoding: bytes, as: UTF8.self).matches(of: /#\/components\/schemas\/([A-Za-z0-9_]+)/) {
                #expect(schemas[String(match.output.1)] != nil, "\(match.output.1)")
            }
            #expect(schemas["SyncUpload"] != nil && schemas["SyncState"] != nil && schemas["SyncReceipt"] != nil)
            let state = paths["/sync/v1/state"]?["get"]?["responses"] as? [String: Any]
            #expect(state?["304"] != nil)
        }
    }
}

extension WholePortal {
    /// A factory with a Factory Service that joined, and the administrator's token.
    func joinedFactory() async throws -> (TestCredential, admin: String) {
        let admin = try await administrator()
        let odm = try await createODM("Shenzhen Lamps", by: admin)
        _ = try await createFactory("shenzhen-1", of: odm, by: admin)
        let path = "/v1/factories/shenzhen-1/joining-codes"
        let text = try await create(path, JoiningCodeRequest(), token: admin).message(NewJoiningCode.self).text
        let key = P256.Signing.PrivateKey()
        let request = JoinRequest(
            code: try JoiningCode(text).code,
            service: try StationName("service-1"),
            csr: Octets(try TestCredential.request(key))
        )
        let reply = try await create("/v1/join", request).message(JoinReply.self)
        return (TestCredential(der: try #require(reply.certificates.first).bytes, key: key), admin)
    }
}
