public import PortalProtocol
public import Vocabulary

public struct OrganisationRecord: Sendable, Hashable {
    public let id: OrganisationID
    public let name: String
    public let kind: OrganisationKind
    public let createdAt: Instant

    public init(id: OrganisationID, name: String, kind: OrganisationKind, createdAt: Instant) {
        (self.id, self.name, self.kind, self.createdAt) = (id, name, kind, createdAt)
    }
}

public struct PersonRecord: Sendable, Hashable {
    public let id: PersonID
    public let organisation: OrganisationID
    /// Of the organisation.
    public let kind: OrganisationKind
    public var name: String
    public let email: String
    public var roles: Set<Role>
    public var officer: OfficerName?
    /// False: none of this person's tokens counts.
    public var isActive: Bool
    /// Grows with each change.
    public var version: Int
    public let createdAt: Instant

    public init(
        id: PersonID,
        organisation: OrganisationID,
        kind: OrganisationKind,
        name: String,
        email: String,
        roles: Set<Role>,
        officer: OfficerName?,
        isActive: Bool,
        version: Int,
        createdAt: Instant
    ) {
        (self.id, self.organisation, self.kind, self.name, self.email) = (id, organisation, kind, name, email)
        (self.roles, self.officer, self.isActive) = (roles, officer, isActive)
        (self.version, self.createdAt) = (version, createdAt)
    }
}

public struct TokenRecord: Sendable, Hashable {
    public let id: TokenID
    /// SHA-256 of the token's text.
    public let digest: Digest256
    public let person: PersonID
    public let name: String
    public let scopes: Set<TokenScope>
    public let createdAt: Instant
    public let expiresAt: Instant
    public let lastUsedAt: Instant?
    public let revokedAt: Instant?

    public init(
        id: TokenID,
        digest: Digest256,
        person: PersonID,
        name: String,
        scopes: Set<TokenScope>,
        createdAt: Instant,
        expiresAt: Instant,
        lastUsedAt: Instant? = nil,
        revokedAt: Instant? = nil
    ) {
        (self.id, self.digest, self.person, self.name, self.scopes) = (id, digest, person, name, scopes)
        (self.createdAt, self.expiresAt) = (createdAt, expiresAt)
        (self.lastUsedAt, self.revokedAt) = (lastUsedAt, revokedAt)
    }
}

public struct InvitationRecord: Sendable, Hashable {
    public let id: InvitationID
    /// SHA-256 of the code.
    public let digest: Digest256
    public let kind: InvitationKind
    /// Into which organisation; nil where it is yet to be made.
    public let organisation: OrganisationID?
    /// Name of the organisation to be made.
    public let organisationName: String?
    public let roles: Set<Role>
    public let officer: OfficerName?
    public let product: ProductName?
    public let createdAt: Instant
    public let expiresAt: Instant
    public let usedAt: Instant?
    public let revokedAt: Instant?

    public init(
        id: InvitationID,
        digest: Digest256,
        kind: InvitationKind,
        organisation: OrganisationID?,
        organisationName: String?,
        roles: Set<Role>,
        officer: OfficerName?,
        product: ProductName?,
        createdAt: Instant,
        expiresAt: Instant,
        usedAt: Instant? = nil,
        revokedAt: Instant? = nil
    ) {
        (self.id, self.digest, self.kind) = (id, digest, kind)
        (self.organisation, self.organisationName) = (organisation, organisationName)
        (self.roles, self.officer, self.product) = (roles, officer, product)
        (self.createdAt, self.expiresAt) = (createdAt, expiresAt)
        (self.usedAt, self.revokedAt) = (usedAt, revokedAt)
    }

    /// Neither used, nor revoked, nor expired.
    public func isOpen(at time: Instant) -> Bool { usedAt == nil && revokedAt == nil && time < expiresAt }
}
