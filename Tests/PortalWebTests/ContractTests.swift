import HTTPTypes
import PortalProtocol
import Testing
import Vocabulary

@testable import PortalWeb

/// What all routes of the portal have in common, read from their declarations.
@Suite("The whole portal: what all operations keep to")
struct ContractTests {
    private static func declarations(_ body: ([RouteDeclaration]) throws -> Void) async throws {
        try await WholePortal.run { try body($0.routes.map(\.declaration)) }
    }

    @Test("each creation takes an idempotency key")
    func creations() async throws {
        try await Self.declarations { declarations in
            for declaration in declarations where declaration.method == .post && declaration.status == 201 {
                #expect(declaration.demands.contains(.idempotencyKey), "\(declaration.operationID)")
            }
            for declaration in declarations where declaration.demands.contains(.idempotencyKey) {
                #expect(declaration.method == .post && declaration.status == 201, "\(declaration.operationID)")
            }
        }
    }

    @Test("each change wants If-Match, but where the same again changes nothing and the content proves itself")
    func changes() async throws {
        // Statements that root or officers signed, certificates of prepared keys, files under their digest, keys that are
        // made once, officers' signatures that are joined, journals that a stick brings, and what is revoked for good. Of
        // one's own account and sessions the proof is a password, a code or the session itself.
        let without: Set<String> = [
            "putRoleKeys", "putOrders", "putEdge", "putCertificates", "putFirmware", "putDeclaration", "makeProductKey",
            "addApprovalSignatures", "uploadStick", "revokeInvitation", "revokeToken", "revokeSiteCertificate",
            "signIn", "signOut", "verifySession", "revokeSession", "revokeSessionsOfPerson", "changePassword",
            "beginAuthenticator", "confirmAuthenticator", "renewRecoveryCodes", "acceptReset",
            "lookAtInvitation",
            // Changes nothing but the log of acts.
            "revealLabel",
        ]
        try await Self.declarations { declarations in
            let changes = declarations.filter { $0.scope == .write && $0.status != 201 }
            let free = Set(changes.filter { !$0.demands.contains(.ifMatch) }.map(\.operationID))
            #expect(free == without, "\(free.symmetricDifference(without))")
        }
    }

    @Test("each list comes in pages, and whatever comes in pages is bounded")
    func lists() async throws {
        try await Self.declarations { declarations in
            func hasPages(_ declaration: RouteDeclaration) -> Bool {
                guard case .json(let schema) = declaration.output.body else { return false }
                return Set(schema.fields.map(\.name)) == ["items", "next"]
            }
            for declaration in declarations {
                let query = Set(declaration.input.query.fields.map(\.name))
                let id = declaration.operationID
                #expect(hasPages(declaration) == query.contains("cursor"), "\(id)")
                #expect(query.contains("limit") == query.contains("cursor"), "\(id)")
                // At most eight slots of one product.
                if id.hasPrefix("list"), id != "listProductKeys" { #expect(hasPages(declaration), "\(id)") }
            }
            #expect(declarations.filter(hasPages).count >= 18)
        }
    }

    @Test("what the service tells of itself is open, but for the metrics")
    func service() async throws {
        try await Self.declarations { declarations in
            let open = Set(declarations.filter(\.rule.isOpen).map(\.operationID))
            #expect(
                open == [
                    "getAPIDocument", "getHealth", "getReadiness", "getSetup", "setUp", "acceptInvitation",
                    "lookAtInvitation", "joinFactory",
                    "signIn", "acceptReset",
                ]
            )
            let metrics = declarations.first { $0.operationID == "getMetrics" }
            #expect(metrics?.rule == OEMReaderContext.rule && metrics?.template.text == "/metrics")
        }
    }
}
