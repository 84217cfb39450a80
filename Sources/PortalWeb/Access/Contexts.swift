public import PortalProtocol
import Vocabulary

/// What a handler is given of its caller. A handler names the type that it needs, and the mount builds it from a judged
/// caller or refuses: a handler for officers can't be mounted for anybody else.
public protocol PortalContext: Sendable {
    static var rule: AccessRule { get }
    var facts: RequestFacts { get }
    /// Who acts, for the portal's log.
    var actor: LogActor { get }
    /// Throws `portal.access.*`. Only the authenticator makes callers.
    init(_ caller: Caller, _ facts: RequestFacts) throws
}

/// A context with a person behind it.
public protocol PersonalContext: PortalContext {
    var grant: Grant { get }
    init(grant: Grant, facts: RequestFacts)
}

extension PersonalContext {
    public var person: PersonIdentity { grant.person }
    public var actor: LogActor { .person(person) }

    public init(_ caller: Caller, _ facts: RequestFacts) throws {
        self.init(grant: try caller.grant(under: Self.rule), facts: facts)
    }
}

/// Anybody.
public struct PublicContext: PortalContext {
    public static let rule = AccessRule.everybody
    public let facts: RequestFacts
    public var actor: LogActor { .nobody }
    public init(_ caller: Caller, _ facts: RequestFacts) { self.facts = facts }
}

/// Anybody; the operation keeps count of failures itself.
public struct VisitorContext: PortalContext {
    public static let rule = AccessRule.visitor
    public let facts: RequestFacts
    public var actor: LogActor { .nobody }
    public init(_ caller: Caller, _ facts: RequestFacts) { self.facts = facts }
}

/// A person in a browser, with their own account.
public struct SessionContext: PortalContext {
    public static let rule = AccessRule.session
    public let session: SessionIdentity
    public let facts: RequestFacts
    public var person: PersonIdentity { session.person }
    public var actor: LogActor { .person(session.person) }

    public init(_ caller: Caller, _ facts: RequestFacts) throws {
        guard let session = try caller.grant(under: Self.rule).credential.session else {
            throw Refusal(PortalError.unauthenticated)
        }
        (self.session, self.facts) = (session, facts)
    }
}

/// Anybody with a token or a session.
public struct PersonContext: PersonalContext {
    public static let rule = AccessRule.person
    public let grant: Grant
    public let facts: RequestFacts
    public init(grant: Grant, facts: RequestFacts) { (self.grant, self.facts) = (grant, facts) }
}

/// Any role in the OEM.
public struct OEMReaderContext: PersonalContext {
    public static let rule = AccessRule.oneOf([.oemAdmin, .oemSecurityOfficer, .oemViewer])
    public let grant: Grant
    public let facts: RequestFacts
    public init(grant: Grant, facts: RequestFacts) { (self.grant, self.facts) = (grant, facts) }
}

public struct OEMAdminContext: PersonalContext {
    public static let rule = AccessRule.oneOf([.oemAdmin])
    public let grant: Grant
    public let facts: RequestFacts
    public init(grant: Grant, facts: RequestFacts) { (self.grant, self.facts) = (grant, facts) }
}

public struct SecurityOfficerContext: PersonalContext {
    public static let rule = AccessRule.oneOf([.oemSecurityOfficer])
    public let grant: Grant
    public let facts: RequestFacts
    public init(grant: Grant, facts: RequestFacts) { (self.grant, self.facts) = (grant, facts) }
}

/// An ODM's engineer: products, versions, firmware.
public struct EngineerContext: PersonalContext {
    public static let rule = AccessRule.oneOf([.odmEngineer])
    public let grant: Grant
    public let facts: RequestFacts
    public init(grant: Grant, facts: RequestFacts) { (self.grant, self.facts) = (grant, facts) }
}

/// An ODM's production manager: batches.
public struct ProductionManagerContext: PersonalContext {
    public static let rule = AccessRule.oneOf([.odmProductionManager])
    public let grant: Grant
    public let facts: RequestFacts
    public init(grant: Grant, facts: RequestFacts) { (self.grant, self.facts) = (grant, facts) }
}

/// Any role in the OEM or an ODM. What of the OEM's world an ODM sees is for the use case to check, workspace by workspace.
public struct MemberContext: PersonalContext {
    public static let rule = AccessRule.oneOf(Set(Role.allCases))
    public let grant: Grant
    public let facts: RequestFacts
    public init(grant: Grant, facts: RequestFacts) { (self.grant, self.facts) = (grant, facts) }

    /// The ODM to whose workspaces the view is limited; nil for the OEM, which sees all.
    public var limitedTo: OrganisationID? { person.kind == .oem ? nil : person.organisation }
}

/// Who may bring a factory's files by stick: everybody but those who only look on.
public struct CourierContext: PersonalContext {
    public static let rule = AccessRule.oneOf([.oemAdmin, .odmEngineer, .odmProductionManager])
    public let grant: Grant
    public let facts: RequestFacts
    public init(grant: Grant, facts: RequestFacts) { (self.grant, self.facts) = (grant, facts) }

    /// The ODM whose factories alone these are; nil for the OEM.
    public var limitedTo: OrganisationID? { person.kind == .oem ? nil : person.organisation }
}

/// A factory's service on the sync listener.
public struct SiteContext: PortalContext {
    public static let rule = AccessRule.site
    public let site: SiteIdentity
    public let facts: RequestFacts
    public var actor: LogActor { .factory(site.factory, site.organisation) }

    public init(_ caller: Caller, _ facts: RequestFacts) throws {
        guard case .site(let site) = caller.kind else { throw Refusal(PortalError.siteRefused) }
        self.site = site
        self.facts = facts
    }
}
