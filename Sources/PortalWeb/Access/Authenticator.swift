import Crypto
import HTTPTypes
import PortalCore
public import PortalProtocol
public import ServiceSupport
import Statements
import SwiftASN1
import Vocabulary
import X509

/// Who sent a request, as found out. Only the authenticator makes one, so whoever holds a context has passed it.
public struct Caller: Sendable {
    enum Kind: Sendable {
        case unknown
        case person(PersonIdentity, Credential, Set<TokenScope>)
        case site(SiteIdentity)
    }

    let kind: Kind
    /// What a caller's stored answers are sealed with beside the request itself: the token's text, or what stays of the
    /// cookie's while the session lasts.
    let secret: [UInt8]

    fileprivate init(kind: Kind, secret: [UInt8]) {
        self.kind = kind
        self.secret = secret
    }

    /// A person with a session may do there whatever their roles allow.
    init(_ session: SessionIdentity, cookie: String) {
        kind = .person(session.person, .session(session), Set(TokenScope.allCases))
        secret = Array(SessionCookie.lasting(of: cookie).utf8)
    }

    /// How logs and idempotency keys name the caller.
    var name: String {
        switch kind {
        case .unknown: "nobody"
        case .person(_, let credential, _): credential.text
        case .site(let site): site.factory.text
        }
    }

    /// Whose one-time keys are looked up: a form that was carried through sign-in has its key from the session before.
    var keyOwner: String {
        if case .person(let person, .session, _) = kind { person.id.text } else { name }
    }

    var logName: String {
        switch kind {
        case .unknown: "nobody"
        case .person(let person, _, _): person.id.text
        case .site(let site): site.factory.text
        }
    }
}

/// A person whom a rule has admitted. Nobody else can make one, so a context proves its rule.
public struct Grant: Sendable, Hashable {
    public let person: PersonIdentity
    public let credential: Credential
    /// What the credential allows beside this.
    public let scopes: Set<TokenScope>

    fileprivate init(person: PersonIdentity, credential: Credential, scopes: Set<TokenScope>) {
        self.person = person
        self.credential = credential
        self.scopes = scopes
    }
}

extension Caller {
    /// Throws `portal.access.second-factor`, `portal.access.role` or `portal.access.scope`.
    func admit(under rule: AccessRule, scope: TokenScope) throws {
        guard case .person(let person, let credential, let scopes) = kind else { return }
        try Self.requireComplete(credential, rule)
        guard rule.admits(person) else {
            throw Refusal(PortalError.missingRole, rule.roleNames?.joined(separator: " or ") ?? "")
        }
        guard scopes.contains(scope) else { throw Refusal(PortalError.missingScope, scope.rawValue) }
    }

    var actor: LogActor {
        switch kind {
        case .unknown: .nobody
        case .person(let person, _, _): .person(person)
        case .site(let site): .factory(site.factory, site.organisation)
        }
    }

    func grant(under rule: AccessRule) throws -> Grant {
        guard case .person(let person, let credential, let scopes) = kind else {
            throw Refusal(PortalError.unauthenticated)
        }
        try Self.requireComplete(credential, rule)
        guard rule.admits(person) else { throw Refusal(PortalError.missingRole) }
        if rule == .session, credential.session == nil { throw Refusal(PortalError.unauthenticated) }
        return Grant(person: person, credential: credential, scopes: scopes)
    }

    /// A session without its second factor opens what sets it up, and nothing else.
    private static func requireComplete(_ credential: Credential, _ rule: AccessRule) throws {
        guard let session = credential.session, !session.isComplete, rule != .session else { return }
        throw Refusal(PortalError.secondFactorMissing)
    }

    /// For the riskiest acts: a session must have proved a short while ago who sits there. A token was made for what it
    /// does, and can prove nothing. Throws `portal.access.stale`.
    func requireFresh(at now: Instant) throws {
        guard case .person(_, .session(let session), _) = kind else { return }
        guard SessionRules.isFresh(verifiedAt: session.verifiedAt, at: now) else { throw Refusal(PortalError.stale) }
    }
}

/// The head of a request, as far as it says who sent it.
struct RequestHead: Sendable {
    let headers: HTTPFields
    /// Host and port as the client named them.
    let authority: String?
    /// GET or HEAD: changes nothing.
    let isSafe: Bool
}

/// Finds out who sent a request and whether the rule of the operation admits them. Judged anew on each request: a resumed
/// TLS session or a long-lived connection outlives neither a revocation nor an expiry.
public struct Authenticator: Sendable {
    let identities: any IdentityStore
    let clock: ClockSource
    /// Judges factories' certificates; nil where there is no sync listener.
    private let siteJudge: PeerJudge?
    /// Wrong codes of public operations.
    let limiter: FailureLimiter
    /// Bad tokens: a script with one that expired keeps nobody behind the same address from using a link.
    private let tokenLimiter = FailureLimiter()

    /// - Parameter siteAuthorities: certificates (DER) of the authority that enrols factories; empty: no factory may call.
    public init(
        identities: any IdentityStore,
        clock: ClockSource,
        siteAuthorities: [[UInt8]],
        limiter: FailureLimiter = FailureLimiter()
    ) throws {
        self.identities = identities
        self.clock = clock
        self.limiter = limiter
        siteJudge =
            siteAuthorities.isEmpty
            ? nil : try PeerJudge(authorities: siteAuthorities, purpose: .client) { clock.realtime() }
    }

    /// What a TLS handshake on the sync listener asks: is this one of our factories' certificates at all.
    func judgeHandshake(_ der: [UInt8]) throws {
        guard let siteJudge else { throw Refusal(PortalError.siteRefused) }
        _ = try siteJudge.judge(der)
    }

    /// - Parameter peer: the certificate (DER) that the connection's other side showed, looked up only where it matters.
    /// Throws `portal.access.*`. Whether the caller may do it is for `Caller.admit` to say.
    func caller(
        for rule: AccessRule,
        head: RequestHead,
        address: String,
        peer: () async -> [UInt8]?
    ) async throws -> Caller {
        switch rule {
        case .everybody: return Caller(kind: .unknown, secret: [])
        case .visitor:
            // No foreign page signs somebody in as somebody else.
            try SameOrigin.check(head.headers, head.authority)
            return Caller(kind: .unknown, secret: [])
        case .person, .oneOf:
            return try await head.headers[.authorization] == nil ? session(head) : person(head.headers, address)
        case .session: return try await session(head)
        case .site: return try await site(peer)
        }
    }

    /// Before a setup, invitation, reset or joining code is looked at. Throws `portal.access.throttled`. Of public operations
    /// these alone: whoever shares an address with somebody who guesses still learns whether the portal is well.
    func checkFailures(of address: String) throws { try limiter.check(address, at: clock.realtime()) }

    /// Counts a wrong setup, invitation, reset or joining code of a public operation.
    func noteFailure(of address: String) { limiter.note(address, at: clock.realtime()) }

    private func person(_ headers: HTTPFields, _ address: String) async throws -> Caller {
        let now = clock.realtime()
        guard let header = headers[.authorization] else { throw Refusal(PortalError.unauthenticated) }
        guard let text = APIToken.text(ofHeader: header),
            let token = try await identities.token(digest: Digest256.of(text.utf8)),
            !token.isRevoked, now < token.expiresAt
        else {
            // Who has a good token is not kept out by others behind the same address.
            try tokenLimiter.check(address, at: now)
            tokenLimiter.note(address, at: now)
            throw Refusal(PortalError.tokenRefused)
        }
        await identities.noteUse(of: token.id, at: now)
        return Caller(kind: .person(token.person, .token(token.id), token.scopes), secret: Array(text.utf8))
    }

    /// By cookie, from the portal's own pages alone: a browser sends the cookie whoever wrote the page.
    private func session(_ head: RequestHead) async throws -> Caller {
        guard let cookie = BrowserFacts(headers: head.headers).session else {
            throw Refusal(PortalError.unauthenticated)
        }
        guard let signedIn = try await signedIn(cookie: cookie) else { throw Refusal(PortalError.sessionEnded) }
        try SameOrigin.check(head.headers, head.authority)
        if !head.isSafe {
            try signedIn.requireOwnForm(csrf: head.headers[.csrf], headers: head.headers, authority: head.authority)
        }
        return signedIn.caller
    }

    private func site(_ peer: () async -> [UInt8]?) async throws -> Caller {
        guard let siteJudge, let der = await peer() else { throw Refusal(PortalError.siteRefused, "no certificate") }
        let peer: PeerCertificate
        do { peer = try siteJudge.judge(der) } catch let refusal as Refusal {
            throw Refusal(PortalError.siteRefused, refusal.code)
        }
        guard peer.organizationalUnit == "factory",
            let site = try await identities.site(publicKeyDigest: peer.publicKeyDigest),
            site.service == peer.commonName, Self.organisation(of: peer) == site.factory.text
        else { throw Refusal(PortalError.siteRefused, peer.commonName) }
        return Caller(kind: .site(site), secret: [])
    }

    /// The one O of the subject: the factory.
    private static func organisation(of peer: PeerCertificate) -> String? {
        guard let certificate = try? Certificate(derEncoded: peer.der) else { return nil }
        let values = certificate.subject.flatMap { $0 }.filter { $0.type == .RDNAttributeType.organizationName }
        return values.count == 1 ? values.first.flatMap { String($0.value) } : nil
    }
}
