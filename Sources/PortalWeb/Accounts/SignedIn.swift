public import HTTPTypes
import PortalProtocol
import ServiceSupport
import Statements
import Vocabulary

/// A browser's session as a page sees it: the judged caller with which the page asks the API, and what its forms carry.
public struct SignedIn: Sendable {
    public let caller: Caller
    public let session: SessionIdentity
    /// For forms (`csrf`) and the header `X-OBIS-CSRF`.
    public let csrf: String

    public var person: PersonIdentity { session.person }
    /// True where nothing but setting up the authenticator and signing out is open.
    public var needsSecondFactor: Bool { !session.isComplete }

    /// Of a form or another request that changes something. Throws `portal.access.csrf`.
    public func requireOwnForm(csrf given: String?, headers: HTTPFields, authority: String?) throws {
        try SameOrigin.check(headers, authority)
        guard let given, constantTimeEqual(Array(given.utf8), Array(csrf.utf8)) else {
            throw Refusal(PortalError.forged, "csrf")
        }
    }
}

/// Whether a request comes from a page of the portal's own.
public enum SameOrigin {
    /// The address under which the browser reached the portal: what `Origin` must say, where it is there.
    ///
    /// Throws `portal.access.csrf`.
    public static func check(_ headers: HTTPFields, _ authority: String?) throws {
        if let origin = headers[.origin] {
            guard let authority, !authority.isEmpty, origin == "https://\(authority)" else {
                throw Refusal(PortalError.forged, "origin")
            }
        }
        if let site = headers[.fetchSite] {
            guard ["same-origin", "none"].contains(site) else { throw Refusal(PortalError.forged, "site") }
        }
    }
}

extension HTTPField.Name {
    static let fetchSite = HTTPField.Name.known("Sec-Fetch-Site")
    static let csrf = HTTPField.Name.known("X-OBIS-CSRF")
}

extension Authenticator {
    /// Who is signed in, for a page. Nil for nobody, and for a session that ended: the page then leads to sign-in.
    ///
    /// What a page changes must pass `SignedIn.requireOwnForm` first. A live stream runs by itself: it keeps no session
    /// from falling idle.
    public func signedIn(_ headers: HTTPFields) async throws -> SignedIn? {
        guard let cookie = BrowserFacts(headers: headers).session else { return nil }
        return try await signedIn(cookie: cookie, isUse: headers[.accept] != "text/event-stream")
    }

    func signedIn(cookie: String, isUse: Bool = true) async throws -> SignedIn? {
        let (now, digest) = (clock.realtime(), Digest256.of(cookie.utf8))
        guard let session = try await identities.session(digest: digest, at: now, isUse: isUse) else { return nil }
        return SignedIn(
            caller: Caller(session, cookie: cookie),
            session: session,
            csrf: SessionCookie.csrf(of: cookie)
        )
    }
}
