public import HTTPTypes
import PortalProtocol
import Statements
import Vocabulary

/// Somebody who looks at pages: the judged caller with which the pages ask the API, and what their forms carry.
public struct PageSession: Sendable {
    public let caller: Caller
    public let person: PersonIdentity
    /// What every form of this session carries and must bring back.
    public let csrf: String
    /// Nothing but setting up the second factor and signing out is open.
    public let needsSecondFactor: Bool

    public init(caller: Caller, person: PersonIdentity, csrf: String, needsSecondFactor: Bool = false) {
        (self.caller, self.person, self.csrf) = (caller, person, csrf)
        self.needsSecondFactor = needsSecondFactor
    }

    /// Of a form. Throws `portal.access.csrf` where it did not come from a page of this session.
    func requireOwnForm(csrf given: String?, headers: HTTPFields, authority: String?) throws {
        try SameOrigin.check(headers, authority)
        guard let given, constantTimeEqual(Array(given.utf8), Array(csrf.utf8)) else {
            throw Refusal(PortalError.forged, "csrf")
        }
    }
}

/// Who is behind a request for a page. Judged anew for each.
public protocol PageSessions: Sendable {
    /// Nil for nobody, and where a session has ended.
    func session(_ headers: HTTPFields, address: String) async throws -> PageSession?
}
