public import PortalProtocol
public import Vocabulary

/// What a person signs in with.
public struct AccountRecord: Sendable, Hashable {
    public let person: PersonID
    /// The email address in small letters; no two accounts have one.
    public let login: String
    /// As `PasswordRecord` writes it: never the password.
    public var password: String
    public var passwordSetAt: Instant
    /// Secret of the authenticator that counts, sealed.
    public var authenticator: [UInt8]?
    public var authenticatorSince: Instant?
    /// Newest time step of a code that was accepted; no step counts twice.
    public var lastStep: Int64
    /// Secret of an authenticator that is being set up, sealed.
    public var pending: [UInt8]?
    public var pendingAt: Instant?

    public init(
        person: PersonID,
        login: String,
        password: String,
        passwordSetAt: Instant,
        authenticator: [UInt8]? = nil,
        authenticatorSince: Instant? = nil,
        lastStep: Int64 = -1,
        pending: [UInt8]? = nil,
        pendingAt: Instant? = nil
    ) {
        (self.person, self.login) = (person, login)
        (self.password, self.passwordSetAt) = (password, passwordSetAt)
        (self.authenticator, self.authenticatorSince) = (authenticator, authenticatorSince)
        (self.lastStep, self.pending, self.pendingAt) = (lastStep, pending, pendingAt)
    }
}

/// One sign-in in one browser.
public struct SessionRecord: Sendable, Hashable {
    public let id: SessionID
    /// SHA-256 of the cookie's text.
    public let digest: Digest256
    public let person: PersonID
    /// False: the second factor is yet to be set up.
    public let isComplete: Bool
    public let createdAt: Instant
    public let seenAt: Instant
    /// When it was last proved who sits there.
    public let verifiedAt: Instant
    public let expiresAt: Instant
    public let address: String
    public let agent: String?
    public let revokedAt: Instant?

    public init(
        id: SessionID,
        digest: Digest256,
        person: PersonID,
        isComplete: Bool,
        createdAt: Instant,
        seenAt: Instant,
        verifiedAt: Instant,
        expiresAt: Instant,
        address: String,
        agent: String?,
        revokedAt: Instant? = nil
    ) {
        (self.id, self.digest, self.person, self.isComplete) = (id, digest, person, isComplete)
        (self.createdAt, self.seenAt, self.verifiedAt) = (createdAt, seenAt, verifiedAt)
        (self.expiresAt, self.address, self.agent) = (expiresAt, address, agent)
        self.revokedAt = revokedAt
    }
}
