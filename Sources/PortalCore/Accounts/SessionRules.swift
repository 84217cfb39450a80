public import PortalProtocol
public import Vocabulary

/// How long a session lives, and who needs a second factor. All in seconds.
public enum SessionRules {
    /// Since the last request.
    public static let idle: Int64 = 3_600
    /// Since sign-in, whatever happens.
    public static let longest: Int64 = 12 * 3_600
    /// How long after a proof of who sits there the riskiest acts are open.
    public static let fresh: Int64 = 900
    /// Between two notes of a session's use: a look-up is no write.
    public static let resolution: Int64 = 60
    /// Sessions of one person at a time; one more ends the oldest.
    public static let most = 20
    /// Browsers of one person that are known; one more forgets the one that was longest away.
    public static let mostDevices = 20
    /// How long a browser is known.
    public static let deviceLife: Int64 = 365 * 86_400
    /// How long a new authenticator secret waits for its first code.
    public static let pending: Int64 = 900
    /// How long a reset link is good.
    public static let resetLife: Int64 = 86_400

    /// An officer signs for the OEM and an administrator makes officers: neither hangs on a password alone.
    public static func needsAuthenticator(roles: Set<Role>, officer: OfficerName?) -> Bool {
        officer != nil || !roles.isDisjoint(with: [.oemAdmin, .oemSecurityOfficer])
    }

    /// Neither idle for too long nor at its end. A clock that steps back makes no session live longer than it would.
    public static func isAlive(seenAt: Instant, expiresAt: Instant, at now: Instant) -> Bool {
        now < expiresAt && now - seenAt < idle
    }

    public static func isFresh(verifiedAt: Instant, at now: Instant) -> Bool { now - verifiedAt < fresh }
}
