import PortalCore
public import PortalProtocol
public import Vocabulary

/// A session that is alive now, as it was found by its cookie.
public struct SessionIdentity: Sendable, Hashable {
    public let id: SessionID
    public let person: PersonIdentity
    /// False: the second factor is yet to be set up, and until then the session is good for nothing else.
    public let isComplete: Bool
    /// When it was last proved who sits there.
    public let verifiedAt: Instant
    public let expiresAt: Instant

    public init(
        id: SessionID,
        person: PersonIdentity,
        isComplete: Bool,
        verifiedAt: Instant,
        expiresAt: Instant
    ) {
        (self.id, self.person, self.isComplete) = (id, person, isComplete)
        (self.verifiedAt, self.expiresAt) = (verifiedAt, expiresAt)
    }
}

/// By what a person was recognised.
public enum Credential: Sendable, Hashable {
    case token(TokenID)
    case session(SessionIdentity)

    var token: TokenID? { if case .token(let id) = self { id } else { nil } }
    var session: SessionIdentity? { if case .session(let session) = self { session } else { nil } }

    /// How logs and idempotency keys name it.
    var text: String {
        switch self {
        case .token(let id): id.text
        case .session(let session): session.id.text
        }
    }
}
