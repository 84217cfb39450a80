import Foundation
import PortalCore
import PortalProtocol
import Statements
import Synchronization
import Testing
import Vocabulary

@testable import PortalWeb

/// One browser: keeps cookies as a browser does, and sends what a page of the portal's own would.
final class Browser: Sendable {
    static let password = "rain under seven bridges"

    let whole: WholePortal
    private let state = Mutex((cookies: [String: String](), csrf: ""))

    init(_ whole: WholePortal) { self.whole = whole }

    var cookie: String? { state.withLock { $0.cookies[SessionCookie.session] } }
    var device: String? { state.withLock { $0.cookies[SessionCookie.device] } }
    var csrf: String { state.withLock(\.csrf) }
    func plant(_ cookie: String?, named name: String) { state.withLock { $0.cookies[name] = cookie } }

    /// - Parameter headers: over those of a page of the portal's own; an empty value leaves one out.
    func ask(
        _ method: String,
        _ path: String,
        _ json: String? = nil,
        headers extra: [String: String] = [:],
        body: [UInt8]? = nil
    ) async throws -> TestPortal.Reply {
        var headers = ["User-Agent": "Test/1.0"]
        let (cookies, csrf) = state.withLock { $0 }
        if !cookies.isEmpty {
            headers["Cookie"] = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                .joined(separator: "; ")
        }
        if method != "GET" {
            headers["X-OBIS-CSRF"] = csrf
            headers["Origin"] = "https://localhost:\(whole.portal.people)"
            headers["Sec-Fetch-Site"] = "same-origin"
        }
        headers.merge(extra) { $1 }
        let reply = try await whole.portal.ask(
            method,
            path,
            headers: headers.filter { !$0.value.isEmpty },
            json: json,
            body: body
        )
        for line in reply.cookies {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
            state.withLock { $0.cookies[pair[0]] = pair.count == 2 ? pair[1] : nil }
        }
        if let opened = try? reply.message(OpenedSession.self) { state.withLock { $0.csrf = opened.csrf } }
        if let confirmed = try? reply.message(ConfirmedAuthenticator.self) {
            state.withLock { $0.csrf = confirmed.session.csrf }
        }
        return reply
    }

    func post(
        _ path: String,
        _ body: some Encodable,
        headers: [String: String] = [:]
    ) async throws -> TestPortal.Reply {
        try await ask("POST", path, String(decoding: StatementCoding.encode(body), as: UTF8.self), headers: headers)
    }

    func signIn(
        _ email: String,
        _ password: String = Browser.password,
        code: String? = nil,
        recovery: String? = nil
    ) async throws -> TestPortal.Reply {
        try await post(
            "/v1/sessions",
            SignInRequest(
                email: EmailAddress(email),
                password: Password(password),
                code: code.map { try AuthenticatorCode($0) },
                recoveryCode: recovery.map { try RecoveryCode($0) }
            )
        )
    }

    /// Sets up an authenticator; its secret and the recovery codes.
    func enrol() async throws -> (authenticator: AuthenticatorApp, recovery: [String]) {
        let begun = try await ask("POST", "/v1/account/authenticator")
        #expect(begun.status == 200, "\(begun.text)")
        let device = try AuthenticatorApp(begun.message(AuthenticatorSecret.self), whole)
        let confirmed = try await post(
            "/v1/account/authenticator/confirm",
            AuthenticatorConfirmation(code: AuthenticatorCode(device.code()))
        )
        #expect(confirmed.status == 200, "\(confirmed.text)")
        return (device, try confirmed.message(ConfirmedAuthenticator.self).recoveryCodes)
    }
}

/// What a person's telephone shows.
struct AuthenticatorApp: Sendable {
    let secret: Secret
    let whole: WholePortal

    init(_ begun: AuthenticatorSecret, _ whole: WholePortal) throws {
        self.init(secret: try Secret(Self.base32(begun.secret)), whole: whole)
    }

    init(secret: Secret, whole: WholePortal) { (self.secret, self.whole) = (secret, whole) }

    func code(after seconds: Int64 = 0) throws -> String {
        TOTP.code(secret, step: try #require(TOTP.step(at: whole.portal.clock.now + seconds)))
    }

    /// Of a step that was not shown before.
    func nextCode() throws -> String {
        whole.portal.clock.advance(30)
        return try code()
    }

    /// An independent reading of RFC 4648 section 6.
    static func base32(_ text: String) throws -> [UInt8] {
        let bits = try text.map { character in
            let value = try #require(Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").firstIndex(of: character))
            let binary = String(value, radix: 2)
            return String(repeating: "0", count: 5 - binary.count) + binary
        }.joined()
        return try stride(from: 0, to: bits.count / 8 * 8, by: 8).map { start in
            let from = bits.index(bits.startIndex, offsetBy: start)
            return try #require(UInt8(bits[from..<bits.index(from, offsetBy: 8)], radix: 2))
        }
    }
}

extension WholePortal {
    /// Somebody new by invitation, with a password.
    func invite(
        _ roles: Set<Role>,
        into organisation: OrganisationID,
        by admin: String,
        email: String,
        password: String = Browser.password
    ) async throws -> Person {
        let request = InvitationRequest(kind: .person, organisation: organisation, roles: roles)
        let code = try await create("/v1/invitations", request, token: admin).message(NewInvitation.self).code
        let acceptance = InvitationAcceptance(
            code: code,
            name: try DisplayName("Mei Lin"),
            email: try EmailAddress(email),
            password: try Password(password)
        )
        let accepted = try await create("/v1/invitations/accept", acceptance)
        #expect(accepted.status == 201, "\(accepted.text)")
        let welcome = try #require(try accepted.message(AcceptedInvitation.self).welcome)
        #expect(welcome.token == nil, "who has a password has no token lying about")
        return welcome.person
    }

    func organisation(of token: String) async throws -> OrganisationID {
        try await portal.ask("GET", "/v1/me", token: token).message(Me.self).organisation.id
    }

    func audit(_ token: String) async throws -> [PortalLogEntry] {
        try await portal.ask("GET", "/v1/audit?limit=200", token: token).message(Page<AuditItem>.self).items
            .map { try JSONDecoder().decode(PortalLogEntry.self, from: Data($0.entry.bytes)) }
    }
}
