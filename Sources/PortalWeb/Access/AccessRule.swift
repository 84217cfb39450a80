public import PortalProtocol

/// Who may call an operation. Each context type has one, and nothing else decides.
public enum AccessRule: Sendable, Hashable {
    /// Anybody who reaches the people's listener.
    case everybody
    /// Anybody with a valid token.
    case person
    /// A person with one of these roles.
    case oneOf(Set<Role>)
    /// A factory's service, over mutual TLS, on the sync listener alone.
    case site

    /// A role counts only in an organisation of its kind.
    public func admits(_ person: PersonIdentity) -> Bool {
        switch self {
        case .everybody, .person: true
        case .oneOf(let roles): person.roles.contains { roles.contains($0) && $0.kind == person.kind }
        case .site: false
        }
    }

    /// The roles by name, sorted, for the API document.
    var roleNames: [String]? {
        if case .oneOf(let roles) = self { roles.map(\.rawValue).sorted() } else { nil }
    }
}
