public import PortalProtocol
public import Vocabulary

/// Who a token speaks for.
public struct PersonIdentity: Sendable, Hashable {
    public let id: PersonID
    public let organisation: OrganisationID
    public let kind: OrganisationKind
    public let name: String
    public let roles: Set<Role>
    /// The officer in RoleKeys that this person is.
    public let officer: OfficerName?

    public init(
        id: PersonID,
        organisation: OrganisationID,
        kind: OrganisationKind,
        name: String,
        roles: Set<Role>,
        officer: OfficerName?
    ) {
        self.id = id
        self.organisation = organisation
        self.kind = kind
        self.name = name
        self.roles = roles
        self.officer = officer
    }
}

/// An API token as it was found by its digest.
public struct TokenIdentity: Sendable, Hashable {
    public let id: TokenID
    public let person: PersonIdentity
    public let scopes: Set<TokenScope>
    public let expiresAt: Instant
    public let isRevoked: Bool

    public init(
        id: TokenID,
        person: PersonIdentity,
        scopes: Set<TokenScope>,
        expiresAt: Instant,
        isRevoked: Bool
    ) {
        self.id = id
        self.person = person
        self.scopes = scopes
        self.expiresAt = expiresAt
        self.isRevoked = isRevoked
    }
}

/// A factory's client certificate that is registered now.
public struct SiteIdentity: Sendable, Hashable {
    public let factory: FactoryID
    /// The ODM whose factory this is.
    public let organisation: OrganisationID
    /// Common name of the service.
    public let service: String
    /// SHA-256 of the certificate's public key point.
    public let publicKeyDigest: Digest256

    public init(factory: FactoryID, organisation: OrganisationID, service: String, publicKeyDigest: Digest256) {
        self.factory = factory
        self.organisation = organisation
        self.service = service
        self.publicKeyDigest = publicKeyDigest
    }
}

/// Where identities are looked up, on each request.
public protocol IdentityStore: Sendable {
    /// `digest`: SHA-256 of the whole token text. Nil when there is none.
    func token(digest: Digest256) async throws -> TokenIdentity?
    /// Notes that a token was used; may be coarse and late.
    func noteUse(of token: TokenID, at time: Instant) async
    /// `publicKeyDigest`: SHA-256 of the certificate's key point. Nil when it is not registered or no longer.
    func site(publicKeyDigest: Digest256) async throws -> SiteIdentity?
    /// `digest`: SHA-256 of the cookie's text. Nil unless there is a session that is alive, of a person who is active.
    ///
    /// - Parameter isUse: a request of a person, whose time is noted; may be coarse and late.
    func session(digest: Digest256, at time: Instant, isUse: Bool) async throws -> SessionIdentity?
    /// Whose session a cookie is or was. Nil where there never was one, or it is long forgotten.
    func owner(ofSession digest: Digest256) async throws -> PersonID?
}

extension IdentityStore {
    /// Where there are no sessions.
    public func session(digest: Digest256, at time: Instant, isUse: Bool) async throws -> SessionIdentity? { nil }
    public func owner(ofSession digest: Digest256) async throws -> PersonID? { nil }
}
