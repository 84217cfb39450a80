public import HTTPTypes
import Vocabulary

/// Sessions of pages by the portal's own cookie. A request that carries an API token is a program's, and judged by it.
public struct CookieSessions: PageSessions {
    private let authenticator: Authenticator
    private let programs: BearerSessions

    public init(authenticator: Authenticator) {
        self.authenticator = authenticator
        programs = BearerSessions(authenticator: authenticator)
    }

    public func session(_ headers: HTTPFields, address: String) async throws -> PageSession? {
        if headers[.authorization] != nil { return try await programs.session(headers, address: address) }
        guard let signedIn = try await authenticator.signedIn(headers) else { return nil }
        return PageSession(
            caller: signedIn.caller,
            person: signedIn.person,
            csrf: signedIn.csrf,
            needsSecondFactor: signedIn.needsSecondFactor
        )
    }

    public func requireOwnForm(
        _ session: PageSession,
        csrf: String?,
        headers: HTTPFields,
        authority: String?
    ) throws {
        try SameOrigin.check(headers, authority)
        guard let csrf, constantTimeEqual(Array(csrf.utf8), Array(session.csrf.utf8)) else {
            throw Refusal(PortalError.forged, "csrf")
        }
    }
}
