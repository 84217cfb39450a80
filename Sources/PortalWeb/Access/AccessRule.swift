public import PortalProtocol

/// Who may call an operation. Each context type has one, and nothing else decides.
public enum AccessRule: Sendable, Hashable {
    /// Anybody who reaches the people's listener.
    case everybody
    /// Anybody who reaches the people's listener; the operation itself keeps count of failures, so that the neighbours'
    /// failures keep nobody out.
    case visitor
    /// Anybody with a valid token or session.
    case person
    /// Anybody with a session, also one that still wants its second factor. No token: what a session may do to its own
    /// account, a stolen token must not.
    case session
    /// A person with one of these roles.
    case oneOf(Set<Role>)
    /// A factory's service, over mutual TLS, on the sync listener alone.
    case site

    /// A role counts only in an organisation of its kind.
    public func admits(_ person: PersonIdentity) -> Bool {
        switch self {
        case .everybody, .visitor, .person, .session: true
        case .oneOf(let roles): person.roles.contains { roles.contains($0) && $0.kind == person.kind }
        case .site: false
        }
    }

    /// True where no credential is wanted.
    var isOpen: Bool { self == .everybody || self == .visitor }

    /// The roles by name, sorted, for the API document.
    var roleNames: [String]? {
        if case .oneOf(let roles) = self { roles.map(\.rawValue).sorted() } else { nil }
    }
}
