import Foundation
import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalWeb

/// Secrets are planted wherever a caller could put one, and looked for wherever the portal writes.
@Suite("Secrets")
struct SecretTests {
    @Test("no log line and no entry of the portal's own log holds a token or a code, wherever it came in")
    func planted() async throws {
        try await WholePortal.run { whole in
            let admin = try await whole.administrator()
            let odm = try await whole.createODM("Shenzhen Lamps", by: admin)
            _ = try await whole.createFactory("shenzhen-1", of: odm, by: admin)
            let welcome = try await whole.invite([.odmEngineer], into: odm, by: admin)
            let invitation = try await whole.create(
                "/v1/invitations",
                InvitationRequest(kind: .person, organisation: odm, roles: [.odmEngineer]),
                token: admin
            ).message(NewInvitation.self)
            let joining = try await whole.create(
                "/v1/factories/shenzhen-1/joining-codes",
                JoiningCodeRequest(),
                token: admin
            ).message(NewJoiningCode.self).text
            let mine = try await whole.create(
                "/v1/tokens",
                TokenRequest(name: DisplayName("reader"), scopes: [.read], days: TokenDays(1)),
                token: admin
            ).message(NewToken.self).token
            let secrets = [
                whole.setupCode, admin, welcome.firstToken, invitation.code.text, joining, mine, APIToken().text,
                try JoiningCode(joining).code,
            ]
            for secret in secrets { try await plant(secret, whole, admin) }
            let lines = whole.portal.log.text.split(separator: "\n")
            #expect(lines.count > 40)
            for line in lines {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                if object?["message"] as? String == "request" {
                    #expect((object?["request-id"] as? String)?.isEmpty == false, "\(line)")
                }
            }
            let audit = try await whole.portal.ask("GET", "/v1/audit?limit=200", token: admin)
                .message(Page<AuditItem>.self).items
            let acts = audit.map { String(decoding: $0.entry.bytes, as: UTF8.self) }.joined(separator: "\n")
            for secret in secrets {
                #expect(!whole.portal.log.text.contains(secret.dropFirst(6)), "the log holds \(secret.prefix(9))…")
                #expect(!acts.contains(secret.dropFirst(6)), "the portal's log holds \(secret.prefix(9))…")
            }
        }
    }

    /// In every place of a request but X-Request-ID, which is the caller's own label for the logs: path, query, headers,
    /// bodies good and broken.
    private func plant(_ secret: String, _ whole: WholePortal, _ admin: String) async throws {
        let portal = whole.portal
        let escaped = secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        for path in [
            "/v1/me?token=\(escaped)", "/v1/organisations?cursor=\(escaped)", "/v1/people/\(escaped)",
            "/v1/products/\(escaped)", "/\(escaped)", "/v1/units?serial=\(escaped)", "/v1/batches/\(escaped)",
        ] { _ = try await portal.ask("GET", path, token: admin) }
        for headers in [
            ["Authorization": "Basic \(secret)"], ["Authorization": "Bearer \(secret)x"],
            ["User-Agent": secret], ["Cookie": secret], ["Idempotency-Key": secret], ["If-Match": "\"\(secret)\""],
        ] { _ = try await portal.ask("GET", "/v1/me", headers: headers) }
        let key = ["Idempotency-Key": "plant-\(UInt64.random(in: 0...UInt64.max))"]
        for json in [
            #"{"name":"\#(secret)","x":1}"#, #"{"\#(secret)":1}"#, secret, #"{"name":"\#(secret)\#u{7}"}"#,
        ] {
            _ = try await portal.ask("POST", "/v1/organisations", token: admin, headers: key, json: json)
            _ = try await portal.ask(
                "PATCH",
                "/v1/people/p-1",
                token: admin,
                headers: ["If-Match": "\"1\""],
                json: json
            )
        }
        for path in ["/v1/setup", "/v1/invitations/accept", "/v1/join"] {
            let json =
                #"{"code":"\#(secret)","organisation":"O","name":"N","email":"a@b.c","service":"s","csr":"MIIB"}"#
            _ = try await portal.ask("POST", path, headers: key, json: json)
            portal.clock.advance(10)
        }
    }
}
