public import Vocabulary

/// One's own account, as the session that asks may see it.
public struct AccountView: Codable, Sendable, Hashable {
    public let person: Person
    public let organisation: Organisation
    /// The address to sign in with, in small letters.
    public let email: String
    public let passwordSetAt: Instant
    /// Since when an authenticator is set up; absent: there is none.
    public let authenticatorSince: Instant?
    /// True where the person's roles ask for an authenticator.
    public let needsAuthenticator: Bool
    public let recoveryCodesLeft: Int
    public let session: SessionID
    /// False: nothing but setting up the authenticator and signing out is open to this session.
    public let isComplete: Bool
    /// Until when acts that want a fresh proof of who sits there are open to this session.
    public let freshUntil: Instant

    public init(
        person: Person,
        organisation: Organisation,
        email: String,
        passwordSetAt: Instant,
        authenticatorSince: Instant?,
        needsAuthenticator: Bool,
        recoveryCodesLeft: Int,
        session: SessionID,
        isComplete: Bool,
        freshUntil: Instant
    ) {
        (self.person, self.organisation, self.email) = (person, organisation, email)
        (self.passwordSetAt, self.authenticatorSince) = (passwordSetAt, authenticatorSince)
        (self.needsAuthenticator, self.recoveryCodesLeft) = (needsAuthenticator, recoveryCodesLeft)
        (self.session, self.isComplete, self.freshUntil) = (session, isComplete, freshUntil)
    }
}

public struct PasswordChange: Codable, Sendable, Hashable {
    public let current: Password
    public let new: Password

    public init(current: Password, new: Password) { (self.current, self.new) = (current, new) }
}

/// A new authenticator secret, shown this once. It counts after a code of it came back.
public struct AuthenticatorSecret: Codable, Sendable, Hashable {
    /// RFC 4648 base32 of 20 octets, for typing.
    public let secret: String
    /// `otpauth://totp/…`, what the QR code holds.
    public let uri: String
    /// SVG 1.1 of the QR code: numbers and path commands alone, no text of anybody's.
    public let qr: String

    public init(secret: String, uri: String, qr: String) { (self.secret, self.uri, self.qr) = (secret, uri, qr) }
}

public struct AuthenticatorConfirmation: Codable, Sendable, Hashable {
    public let code: AuthenticatorCode
    public init(code: AuthenticatorCode) { self.code = code }
}

/// The authenticator counts from now on; the session has a new cookie.
public struct ConfirmedAuthenticator: Codable, Sendable, Hashable {
    public let session: OpenedSession
    /// Each signs in once in place of a code. Shown this once.
    public let recoveryCodes: [String]

    public init(session: OpenedSession, recoveryCodes: [String]) {
        (self.session, self.recoveryCodes) = (session, recoveryCodes)
    }
}

/// New codes; those from before are void.
public struct RecoveryCodes: Codable, Sendable, Hashable {
    public let codes: [String]
    public init(codes: [String]) { self.codes = codes }
}

/// A link for a person who has no password yet or lost it, shown this once. It works once, for a day.
public struct NewReset: Codable, Sendable, Hashable {
    public let code: OneTimeCode
    /// `https://…/reset#CODE`.
    public let link: String
    public let expiresAt: Instant

    public init(code: OneTimeCode, link: String, expiresAt: Instant) {
        (self.code, self.link, self.expiresAt) = (code, link, expiresAt)
    }
}

/// Uses such a link. Authenticator, recovery codes and sessions from before are void afterwards.
public struct ResetAcceptance: Codable, Sendable, Hashable {
    public let code: OneTimeCode
    public let password: Password

    public init(code: OneTimeCode, password: Password) { (self.code, self.password) = (code, password) }
}
