public import Vocabulary

/// One sign-in of one person in one browser.
public struct SessionID: ObjectID {
    public static let letter = "s"
    public let text: String
    public init(validated text: String) { self.text = text }
}

/// Email, password and, where the account has one, a second factor: all at once, so that an answer never tells which of
/// them was wrong.
public struct SignInRequest: Codable, Sendable, Hashable {
    public let email: EmailAddress
    public let password: Password
    public let code: AuthenticatorCode?
    /// In place of `code`, where the authenticator is lost. Works once.
    public let recoveryCode: RecoveryCode?

    public init(
        email: EmailAddress,
        password: Password,
        code: AuthenticatorCode? = nil,
        recoveryCode: RecoveryCode? = nil
    ) {
        (self.email, self.password, self.code, self.recoveryCode) = (email, password, code, recoveryCode)
    }
}

/// Proves again who sits there: the authenticator's code where the account has one, else the password.
public struct VerificationRequest: Codable, Sendable, Hashable {
    public let password: Password?
    public let code: AuthenticatorCode?

    public init(password: Password? = nil, code: AuthenticatorCode? = nil) {
        (self.password, self.code) = (password, code)
    }
}

/// A session that was opened or made anew. Its cookie comes in the answer's head.
public struct OpenedSession: Codable, Sendable, Hashable {
    public let session: SessionID
    /// What every request but GET and HEAD says in the header `X-OBIS-CSRF`. Good as long as the cookie.
    public let csrf: String
    /// True where the person must set up an authenticator before the session is good for anything else.
    public let needsSecondFactor: Bool
    /// The latest end; an idle session ends earlier.
    public let expiresAt: Instant

    public init(session: SessionID, csrf: String, needsSecondFactor: Bool, expiresAt: Instant) {
        (self.session, self.csrf) = (session, csrf)
        (self.needsSecondFactor, self.expiresAt) = (needsSecondFactor, expiresAt)
    }
}

public struct SessionView: Codable, Sendable, Hashable {
    public let id: SessionID
    public let createdAt: Instant
    /// To the minute.
    public let lastSeenAt: Instant
    public let expiresAt: Instant
    /// Network address at sign-in.
    public let address: String
    /// What the browser says of itself; unproven.
    public let agent: String?
    /// True for the session that asks.
    public let isCurrent: Bool

    public init(
        id: SessionID,
        createdAt: Instant,
        lastSeenAt: Instant,
        expiresAt: Instant,
        address: String,
        agent: String?,
        isCurrent: Bool
    ) {
        (self.id, self.createdAt, self.lastSeenAt, self.expiresAt) = (id, createdAt, lastSeenAt, expiresAt)
        (self.address, self.agent, self.isCurrent) = (address, agent, isCurrent)
    }
}
