import Governance
import KeyCustody
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// What the use cases of accounts work with.
struct AccountTools: Sendable {
    let cost: PasswordCost
    let hasher = PasswordHasher()
    let keys: AccountKeys
    let limiter = SignInLimiter()
    let audit: SignInAudit
    /// Stands in where there is no account, so that an answer takes as long.
    private let nobody = PersonID.random()
    private let nothing: PasswordRecord

    init(cost: PasswordCost, token: any Token, database: any PortalDatabase) {
        self.cost = cost
        keys = AccountKeys(token: token)
        audit = SignInAudit(database: database)
        nothing = PasswordRecord(
            cost: cost,
            salt: FreshBytes.make(PasswordRecord.saltSize),
            tag: FreshBytes.make(PasswordRecord.tagSize)
        )
    }

    /// The login of an address: small letters.
    static func login(_ email: String) -> String { email.lowercased() }

    /// What is to be kept of a new password. Throws `portal.password.weak`, `portal.sign-in.busy`, `key.*`.
    ///
    /// - Parameter words: what an attacker knows of the person.
    func keep(_ password: Password, knowing words: [String]) async throws -> String {
        if let complaint = PasswordRules.complaint(password.text, knowing: words) {
            throw Refusal(AccountError.weakPassword, complaint)
        }
        return try await keep(password)
    }

    /// The same of a password that is in use already, at the cost that is asked now.
    func keep(_ password: Password) async throws -> String {
        let salt = FreshBytes.make(PasswordRecord.saltSize)
        let tag = try await keys.tag(hasher.hash(password.text, salt: salt, cost: cost))
        return PasswordRecord(cost: cost, salt: salt, tag: tag).text
    }

    /// Takes as long, and does as much, where there is no account. Throws `portal.sign-in.busy`, `key.*`.
    func isRight(_ password: Password, for account: AccountRecord?, isKnown: Bool) async throws -> Bool {
        let record = account.flatMap { PasswordRecord(text: $0.password) } ?? nothing
        let hash = try await hasher.hash(password.text, salt: record.salt, cost: record.cost, isKnown: isKnown)
        let tag = try await keys.tag(hash)
        return constantTimeEqual(tag, record.tag) && account != nil
    }

    /// The step of a code, nil where it is wrong, was used, or there is no authenticator; then it takes as long.
    func step(of code: AuthenticatorCode?, for account: AccountRecord?, at time: Instant) async throws -> Int64? {
        let person = account?.person ?? nobody
        let secret: Secret
        if let sealed = account?.authenticator {
            secret = try await keys.open(sealed, of: person)
        } else {
            secret = Secret(FreshBytes.make(TOTP.secretSize))
            _ = try await keys.seal(secret, of: person)
        }
        let step = TOTP.match(code?.text ?? "", secret, at: time, after: account?.lastStep ?? -1)
        return account?.authenticator == nil ? nil : step
    }

    /// Whether a password was kept at another cost than what is asked now.
    func isOutdated(_ account: AccountRecord) -> Bool { PasswordRecord(text: account.password)?.cost != cost }
}
