import Foundation
import HTTPTypes
import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// Every route with every kind of object of one ODM, asked by another: the answer is that of an object that is not there.
@Suite("The whole portal: another ODM's objects")
struct ForeignObjectTests {
    @Test("the same octets as for what does not exist, on every route with an object in its path")
    func objectsOfOthers() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            var judged = 0
            for declaration in whole.routes.map(\.declaration) where !declaration.template.parameters.isEmpty {
                // What one uploads under a digest is one's own.
                if ["putFirmware", "putDeclaration"].contains(declaration.operationID) { continue }
                for (name, token) in objects.strangers {
                    let ours = try await TwoODMs.ask(whole, declaration, objects.ids, token)
                    let none = try await TwoODMs.ask(whole, declaration, TwoODMs.nothing, token)
                    let id = "\(declaration.operationID) as \(name)"
                    #expect(ours.status == none.status && ours.body == none.body, "\(id): \(ours.text) \(none.text)")
                    #expect([403, 404].contains(ours.status), "\(id) got no further than \(ours.text)")
                    if ours.status == 404 { judged += 1 }
                    whole.portal.clock.advance(1)
                }
            }
            #expect(judged >= 30, "\(judged) answers were of an object")
        }
    }

    @Test("the ids are right: whose objects they are reads them")
    func objectsOfOnesOwn() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            // Here neither a declaration nor a checkpoint of a whole journal is in the portal, and the RoleKeys name another
            // portal's key.
            let unreadable = ["reviewVersion", "getUnitProof", "getStick"]
            var read = 0
            for declaration in whole.routes.map(\.declaration)
            where declaration.method == .get && !declaration.template.parameters.isEmpty
                && !unreadable.contains(declaration.operationID)
            {
                let reply = try await TwoODMs.ask(whole, declaration, objects.ids, objects.own)
                if reply.problem?.code == "portal.access.role" { continue }
                #expect(reply.status == 200, "\(declaration.operationID): \(reply.text)")
                read += 1
            }
            #expect(read >= 15)
        }
    }

    @Test("no list and no sum tells another ODM's names, serials or quantities")
    func lists() async throws {
        try await WholePortal.run { whole in
            let objects = try await TwoODMs.objects(whole)
            let queries = [
                "findUnits": ["?chip=\(Chip(1).uid)"],
                "getRollUps": RollUpDimension.allCases.map {
                    "?by=\($0.rawValue)&from=\(World.start)&to=\(World.start)"
                },
                "getAuditConsistency": ["?first=0&second=0"],
                "getProduction": ["?step=hour"],
            ]
            for declaration in whole.routes.map(\.declaration)
            where declaration.method == .get && declaration.template.parameters.isEmpty
                && !["getAPIDocument", "getReadiness", "getAccount"].contains(declaration.operationID)
            {
                let isRollUps = declaration.template.text.contains("/rollups")
                for query in queries[isRollUps ? "getRollUps" : declaration.operationID] ?? [""] {
                    let path = declaration.template.text + query
                    for (name, token) in objects.strangers {
                        let reply = try await whole.portal.ask("GET", path, token: token)
                        #expect([200, 403].contains(reply.status), "\(path) as \(name): \(reply.text)")
                        for secret in objects.secrets {
                            #expect(!reply.text.contains("\"\(secret)\""), "\(path) as \(name) tells \(secret)")
                        }
                        if declaration.operationID == "getRollUps" {
                            #expect(try reply.message(Page<RollUpRow>.self).items.isEmpty)
                        }
                    }
                    let own = try await whole.portal.ask("GET", path, token: objects.own)
                    #expect([200, 403].contains(own.status), "\(path): \(own.text)")
                }
            }
        }
    }
}
