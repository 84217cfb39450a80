public import Vocabulary

public enum InvitationKind: String, Codable, Sendable, Hashable, CaseIterable {
    /// A person into an organisation that is there.
    case person
    /// A new ODM with its first person.
    case organisation
    /// An ODM that is there into a product's workspace.
    case workspace
}

/// Days that an invitation or a joining code is good for, 1 to 30.
public struct CodeDays: BoundedNumber {
    public static let bounds = 1...30
    public static let usual = CodeDays(validated: 7)
    public let value: Int
    public init(validated value: Int) { self.value = value }
}

/// `person`: organisation and roles, an officer's name where the person is one; `organisation`: organisationName, roles, a
/// product where a workspace comes with it; `workspace`: organisation and product.
public struct InvitationRequest: Codable, Sendable, Hashable {
    public let kind: InvitationKind
    public let organisation: OrganisationID?
    public let organisationName: DisplayName?
    public let roles: Set<Role>?
    public let officer: OfficerName?
    public let product: ProductName?
    /// Absent: 7.
    public let days: CodeDays?

    public init(
        kind: InvitationKind,
        organisation: OrganisationID? = nil,
        organisationName: DisplayName? = nil,
        roles: Set<Role>? = nil,
        officer: OfficerName? = nil,
        product: ProductName? = nil,
        days: CodeDays? = nil
    ) {
        (self.kind, self.organisation, self.organisationName) = (kind, organisation, organisationName)
        (self.roles, self.officer, self.product, self.days) = (roles, officer, product, days)
    }
}

/// The link to pass on, shown this once.
public struct NewInvitation: Codable, Sendable, Hashable {
    public let id: InvitationID
    public let code: OneTimeCode
    /// `https://…/join#CODE`: the code stands behind `#`, so a browser sends it to nobody.
    public let link: String
    public let expiresAt: Instant

    public init(id: InvitationID, code: OneTimeCode, link: String, expiresAt: Instant) {
        (self.id, self.code, self.link, self.expiresAt) = (id, code, link, expiresAt)
    }
}

public struct Invitation: Codable, Sendable, Hashable {
    public let id: InvitationID
    public let kind: InvitationKind
    public let organisation: OrganisationID?
    public let organisationName: String?
    public let roles: [Role]
    public let officer: OfficerName?
    public let product: ProductName?
    public let createdAt: Instant
    public let expiresAt: Instant
    public let usedAt: Instant?
    public let revokedAt: Instant?

    public init(
        id: InvitationID,
        kind: InvitationKind,
        organisation: OrganisationID?,
        organisationName: String?,
        roles: [Role],
        officer: OfficerName?,
        product: ProductName?,
        createdAt: Instant,
        expiresAt: Instant,
        usedAt: Instant?,
        revokedAt: Instant?
    ) {
        (self.id, self.kind, self.organisation) = (id, kind, organisation)
        (self.organisationName, self.roles, self.officer) = (organisationName, roles, officer)
        (self.product, self.createdAt, self.expiresAt) = (product, createdAt, expiresAt)
        (self.usedAt, self.revokedAt) = (usedAt, revokedAt)
    }
}

/// Name and email are wanted where a person comes with it, and refused, like a password, for `workspace`.
public struct InvitationAcceptance: Codable, Sendable, Hashable {
    public let code: OneTimeCode
    public let name: DisplayName?
    public let email: EmailAddress?
    /// To sign in with. Absent where a person comes with it: a first token comes back instead.
    public let password: Password?

    public init(
        code: OneTimeCode,
        name: DisplayName? = nil,
        email: EmailAddress? = nil,
        password: Password? = nil
    ) {
        (self.code, self.name, self.email, self.password) = (code, name, email, password)
    }
}

public struct AcceptedInvitation: Codable, Sendable, Hashable {
    public let organisation: OrganisationID
    public let product: ProductName?
    /// Where a person came with it.
    public let welcome: Welcome?

    public init(organisation: OrganisationID, product: ProductName?, welcome: Welcome?) {
        (self.organisation, self.product, self.welcome) = (organisation, product, welcome)
    }
}

/// A code of an invitation, to look at before it is used.
public struct InvitationLook: Codable, Sendable, Hashable {
    public let code: OneTimeCode
    public init(code: OneTimeCode) { self.code = code }
}

/// What an invitation is for, told to who has its code.
public struct InvitationOffer: Codable, Sendable, Hashable {
    public let kind: InvitationKind
    /// Name of the organisation that one joins, or of the ODM that comes into a workspace.
    public let organisation: String
    public let roles: [Role]
    public let officer: OfficerName?
    public let product: ProductName?
    public let expiresAt: Instant

    public init(
        kind: InvitationKind,
        organisation: String,
        roles: [Role],
        officer: OfficerName?,
        product: ProductName?,
        expiresAt: Instant
    ) {
        (self.kind, self.organisation, self.roles) = (kind, organisation, roles)
        (self.officer, self.product, self.expiresAt) = (officer, product, expiresAt)
    }
}
