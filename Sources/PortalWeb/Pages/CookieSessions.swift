public import HTTPTypes

/// Pages for who has signed in: the browser sends the session's cookie.
public struct CookieSessions: PageSessions {
    private let authenticator: Authenticator

    public init(authenticator: Authenticator) { self.authenticator = authenticator }

    public func session(_ headers: HTTPFields, address: String) async throws -> PageSession? {
        guard let signedIn = try await authenticator.signedIn(headers) else { return nil }
        return PageSession(
            caller: signedIn.caller,
            person: signedIn.person,
            csrf: signedIn.csrf,
            needsSecondFactor: signedIn.needsSecondFactor
        )
    }
}

/// By token where a request carries one, as on the API; by cookie else.
public struct PortalSessions: PageSessions {
    private let tokens: BearerSessions
    private let cookies: CookieSessions

    public init(authenticator: Authenticator) {
        tokens = BearerSessions(authenticator: authenticator)
        cookies = CookieSessions(authenticator: authenticator)
    }

    public func session(_ headers: HTTPFields, address: String) async throws -> PageSession? {
        headers[.authorization] == nil
            ? try await cookies.session(headers, address: address) : try await tokens.session(headers, address: address)
    }
}
