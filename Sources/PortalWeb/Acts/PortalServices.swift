public import Governance
public import KeyCustody
public import PortalCore
import PortalProtocol
public import PortalStore
public import ServiceSupport
import Statements
public import Vocabulary

/// What every use case works with.
public struct PortalServices: Sendable {
    /// What the operator has configured.
    public struct Settings: Sendable {
        /// Host and port under which people and factories reach the people's listener.
        public let publicHost: String
        public let publicPort: Int
        /// SHA-256 of the certificate (DER) that issued the portal's TLS certificate: what joining codes pin.
        public let tlsIssuer: Digest256
        /// The OEM's root authority. Nothing signed counts without it.
        public let root: P256Point
        public let profile: CustodyProfile
        /// Of new passwords.
        public let passwordCost: PasswordCost

        public init(
            publicHost: String,
            publicPort: Int,
            tlsIssuer: Digest256,
            root: P256Point,
            profile: CustodyProfile,
            passwordCost: PasswordCost = .usual
        ) {
            self.publicHost = publicHost
            self.publicPort = publicPort
            self.tlsIssuer = tlsIssuer
            self.root = root
            self.profile = profile
            self.passwordCost = passwordCost
        }
    }

    public let settings: Settings
    public let database: any PortalDatabase
    public let token: any Token
    public let enrolment: EnrolmentAuthority
    public let clock: ClockSource
    public let cursors: PageCursors
    public let acts: Acts
    public let authenticator: Authenticator
    let accounts: AccountTools

    /// Makes what needs making in the database: the key of the cursors.
    public init(
        settings: Settings,
        database: any PortalDatabase,
        token: any Token,
        enrolment: EnrolmentAuthority,
        clock: ClockSource
    ) async throws {
        self.settings = settings
        self.database = database
        self.token = token
        self.enrolment = enrolment
        self.clock = clock
        acts = Acts(database: database)
        accounts = AccountTools(cost: settings.passwordCost, token: token, database: database)
        let secret = try await database.write("cursor-key") { transaction in
            try IdempotencyTable(transaction).secret("cursors") { FreshBytes.make(32) }
        }
        cursors = PageCursors(key: Secret(secret))
        // Acts from before they could be looked for.
        while try await database.write("log-facts", { try PortalLogSearch($0).catchUp() }) {}
        authenticator = try Authenticator(
            identities: StoredIdentities(database: database),
            clock: clock,
            siteAuthorities: [enrolment.certificate]
        )
    }

    /// The portal's signing key as the newest RoleKeys name it; before there are any, the token's first.
    func portalKey() async throws -> any SigningKey {
        guard let envelope = try await database.read({ try GovernanceTable($0).newestRoleKeys() }) else {
            return try await token.signingKey(KeyName(.portal))
        }
        return try await token.signingKey(.portal, equal: RoleKeys.read(payload: envelope.payload).portal)
    }
}
