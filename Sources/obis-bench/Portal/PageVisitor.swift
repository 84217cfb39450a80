import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PortalCore
import PortalProtocol
import PortalWeb
import Statements
import Vocabulary

/// Somebody of the OEM with a browser's session, second factor and all: administrator and security officer, who sees
/// every page.
struct PageVisitor: Sendable {
    private static let password = "rain under seven bridges"
    private let door: StageDoor
    private let cookie: String

    /// Invited, signed in, and the authenticator set up, over HTTP.
    init(_ stage: PortalStage, door: StageDoor) async throws {
        let me = try await stage.admin.get("/v1/me", as: Me.self)
        let email = try EmailAddress("visitor@example.com")
        let code = try await stage.admin.post(
            "/v1/invitations",
            InvitationRequest(
                kind: .person,
                organisation: me.organisation.id,
                roles: [.oemAdmin, .oemSecurityOfficer]
            ),
            as: NewInvitation.self
        ).code
        let acceptance = InvitationAcceptance(
            code: code,
            name: try DisplayName("Visitor"),
            email: email,
            password: try Password(Self.password)
        )
        _ = try await StageClient(door: door, token: nil)
            .post("/v1/invitations/accept", acceptance, as: AcceptedInvitation.self)
        let request = SignInRequest(email: email, password: try Password(Self.password))
        let (opened, first) = try await Self.post("/v1/sessions", request, nil, door, as: OpenedSession.self)
        let nothing: Nothing? = nil
        let (begun, _) = try await Self.post(
            "/v1/account/authenticator",
            nothing,
            (first, opened.csrf),
            door,
            as: AuthenticatorSecret.self
        )
        let secret = try Secret(Self.base32(begun.secret))
        let confirmation = AuthenticatorConfirmation(
            code: try AuthenticatorCode(TOTP.code(secret, step: TOTP.step(at: PortalStage.now) ?? 0))
        )
        let (_, last) = try await Self.post(
            "/v1/account/authenticator/confirm",
            confirmation,
            (first, opened.csrf),
            door,
            as: ConfirmedAuthenticator.self
        )
        (self.door, cookie) = (door, last)
    }

    struct Look: Sendable {
        /// Seconds to the answer's head.
        let wait: Double
        /// Octets of the page.
        let size: Int
    }

    func look(at path: String) async throws -> Look {
        var request = HTTPClientRequest(url: door.base + path)
        request.headers.add(name: "cookie", value: cookie)
        request.headers.add(name: "accept", value: "text/html")
        let start = ContinuousClock.now
        let response = try await door.client.execute(request, timeout: .seconds(60))
        let wait = (ContinuousClock.now - start) / .seconds(1)
        let body = try await response.body.collect(upTo: 16 << 20)
        guard response.status == .ok else {
            throw StageRefusal(description: "\(path): \(response.status.code) \(String(buffer: body).prefix(2_000))")
        }
        return Look(wait: wait, size: body.readableBytes)
    }

    /// The answer and the session's cookie after it.
    private static func post<Message: Decodable>(
        _ path: String,
        _ body: (some Encodable)?,
        _ session: (cookie: String, csrf: String)?,
        _ door: StageDoor,
        as type: Message.Type
    ) async throws -> (Message, String) {
        var request = HTTPClientRequest(url: door.base + path)
        request.method = .POST
        request.headers.add(name: "origin", value: door.base)
        request.headers.add(name: "sec-fetch-site", value: "same-origin")
        if let session {
            request.headers.add(name: "cookie", value: session.cookie)
            request.headers.add(name: "x-obis-csrf", value: session.csrf)
        }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(try StatementCoding.encode(body))
        }
        let response = try await door.client.execute(request, timeout: .seconds(60))
        let octets = Array(try await response.body.collect(upTo: 1 << 20).readableBytesView)
        guard response.status.code < 400 else {
            throw StageRefusal(description: "\(path): \(String(decoding: octets, as: UTF8.self))")
        }
        let set = response.headers["set-cookie"].first { $0.hasPrefix("__Host-obis=") }
        let cookie = set.map { String($0.prefix { $0 != ";" }) } ?? session?.cookie ?? ""
        return (try StatementCoding.decode(type, from: octets), cookie)
    }

    /// RFC 4648 section 6, without padding.
    private static func base32(_ text: String) throws -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var (bytes, value, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for letter in text.utf8 {
            guard let digit = alphabet.firstIndex(of: letter) else { throw Fault.answerWrong }
            value = value << 5 | UInt32(digit)
            bits += 5
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(bits)))
        }
        return bytes
    }
}
