import PortalProtocol
import Statements
import Synchronization
import Vocabulary

@testable import PortalWeb

/// Identities in memory: every role, in the OEM and two ODMs.
final class TestIdentities: IdentityStore {
    struct Someone: Sendable {
        let person: PersonIdentity
        let token: APIToken
    }

    static let oem = OrganisationID(validated: "o-oem")
    static let odms = ["o-odm1", "o-odm2"].map { OrganisationID(validated: $0) }

    private struct State {
        var tokens: [Digest256: TokenIdentity] = [:]
        var sites: [Digest256: SiteIdentity] = [:]
    }

    private let state = Mutex(State())

    func token(digest: Digest256) async throws -> TokenIdentity? { state.withLock { $0.tokens[digest] } }
    func noteUse(of token: TokenID, at time: Instant) async {}
    func site(publicKeyDigest: Digest256) async throws -> SiteIdentity? { state.withLock { $0.sites[publicKeyDigest] } }

    func register(_ site: SiteIdentity?, key: Digest256) { state.withLock { $0.sites[key] = site } }

    /// A person with a token of these properties.
    func add(
        _ roles: Set<Role>,
        in organisation: OrganisationID,
        scopes: Set<TokenScope> = [.read, .write],
        expiresAt: Instant = .noExpiry,
        isRevoked: Bool = false
    ) -> Someone {
        let person = PersonIdentity(
            id: .random(),
            organisation: organisation,
            kind: organisation == Self.oem ? .oem : .odm,
            name: "Somebody",
            roles: roles,
            officer: nil
        )
        let token = APIToken()
        let identity = TokenIdentity(
            id: .random(),
            person: person,
            scopes: scopes,
            expiresAt: expiresAt,
            isRevoked: isRevoked
        )
        state.withLock { $0.tokens[token.digest] = identity }
        return Someone(person: person, token: token)
    }
}
