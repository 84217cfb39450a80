public import Vocabulary

/// The first start: the code that the portal printed, and who the OEM is.
public struct SetupRequest: Codable, Sendable, Hashable {
    public let code: OneTimeCode
    /// Name of the OEM.
    public let organisation: DisplayName
    /// Of the first administrator.
    public let name: DisplayName
    public let email: EmailAddress
    /// To sign in with. Absent: a first token comes back instead.
    public let password: Password?

    public init(
        code: OneTimeCode,
        organisation: DisplayName,
        name: DisplayName,
        email: EmailAddress,
        password: Password? = nil
    ) {
        (self.code, self.organisation, self.name, self.email) = (code, organisation, name, email)
        self.password = password
    }
}

/// Whether the portal waits for its first start.
public struct SetupState: Codable, Sendable, Hashable {
    /// True before the OEM is there.
    public let isOpen: Bool
    public init(isOpen: Bool) { self.isOpen = isOpen }
}

/// A new person. Who gave a password signs in with it; who gave none has a first token, whose text is shown this once.
public struct Welcome: Codable, Sendable, Hashable {
    public let person: Person
    public let token: NewToken?

    public init(person: Person, token: NewToken?) { (self.person, self.token) = (person, token) }
}

public struct Organisation: Codable, Sendable, Hashable {
    public let id: OrganisationID
    public let name: String
    public let kind: OrganisationKind
    public let createdAt: Instant

    public init(id: OrganisationID, name: String, kind: OrganisationKind, createdAt: Instant) {
        (self.id, self.name, self.kind, self.createdAt) = (id, name, kind, createdAt)
    }
}

/// An ODM, made by the OEM's administrator.
public struct NewOrganisation: Codable, Sendable, Hashable {
    public let name: DisplayName
    public init(name: DisplayName) { self.name = name }
}

public struct Person: Codable, Sendable, Hashable {
    public let id: PersonID
    public let organisation: OrganisationID
    public let name: String
    public let email: String
    public let roles: [Role]
    /// Which officer of RoleKeys this person is.
    public let officer: OfficerName?
    public let isActive: Bool

    public init(
        id: PersonID,
        organisation: OrganisationID,
        name: String,
        email: String,
        roles: [Role],
        officer: OfficerName?,
        isActive: Bool
    ) {
        (self.id, self.organisation, self.name, self.email) = (id, organisation, name, email)
        (self.roles, self.officer, self.isActive) = (roles, officer, isActive)
    }
}

/// What is absent stays as it is.
public struct PersonChange: Codable, Sendable, Hashable {
    public let name: DisplayName?
    public let roles: Set<Role>?
    public let officer: OfficerName?
    /// True: the person is no officer any more. Not together with `officer`.
    public let isNoOfficer: Bool?
    public let isActive: Bool?

    public init(
        name: DisplayName? = nil,
        roles: Set<Role>? = nil,
        officer: OfficerName? = nil,
        isNoOfficer: Bool? = nil,
        isActive: Bool? = nil
    ) {
        (self.name, self.roles, self.officer) = (name, roles, officer)
        (self.isNoOfficer, self.isActive) = (isNoOfficer, isActive)
    }
}

/// Who I am, by this token or session.
public struct Me: Codable, Sendable, Hashable {
    public let person: Person
    public let organisation: Organisation
    public let token: TokenID?
    public let session: SessionID?

    public init(person: Person, organisation: Organisation, token: TokenID?, session: SessionID?) {
        (self.person, self.organisation, self.token, self.session) = (person, organisation, token, session)
    }
}

/// Days that a token lives, 1 to 365.
public struct TokenDays: BoundedNumber {
    public static let bounds = 1...365
    public let value: Int
    public init(validated value: Int) { self.value = value }
}

public struct TokenRequest: Codable, Sendable, Hashable {
    public let name: DisplayName
    /// Only what the asking token has itself.
    public let scopes: Set<TokenScope>
    public let days: TokenDays

    public init(name: DisplayName, scopes: Set<TokenScope>, days: TokenDays) {
        (self.name, self.scopes, self.days) = (name, scopes, days)
    }
}

public struct NewToken: Codable, Sendable, Hashable {
    public let id: TokenID
    /// `obis_…`: shown this once, kept as a digest alone.
    public let token: String
    public let expiresAt: Instant

    public init(id: TokenID, token: String, expiresAt: Instant) {
        (self.id, self.token, self.expiresAt) = (id, token, expiresAt)
    }
}

public struct TokenView: Codable, Sendable, Hashable {
    public let id: TokenID
    public let name: String
    public let scopes: [TokenScope]
    public let createdAt: Instant
    public let expiresAt: Instant
    /// To the nearest quarter of an hour.
    public let lastUsedAt: Instant?
    public let revokedAt: Instant?

    public init(
        id: TokenID,
        name: String,
        scopes: [TokenScope],
        createdAt: Instant,
        expiresAt: Instant,
        lastUsedAt: Instant?,
        revokedAt: Instant?
    ) {
        (self.id, self.name, self.scopes) = (id, name, scopes)
        (self.createdAt, self.expiresAt) = (createdAt, expiresAt)
        (self.lastUsedAt, self.revokedAt) = (lastUsedAt, revokedAt)
    }
}
