import Vocabulary

/// What a key is for. The role fixes the mechanism and every attribute of the key: `docs/key-policies.md` has a row for
/// each role and attribute, and a test reads the attributes back against that table.
public enum KeyRole: String, CaseIterable, Sendable, Codable {
    // Ceremony tokens, offline.
    case rootAuthority = "root-authority"
    case paa = "paa"
    case debugRoot = "debug-root"
    case firmwareSigning = "firmware-signing"
    // One token for each officer.
    case officerApproval = "officer-approval"
    // Portal token.
    case authorizer = "authorizer"
    case portal = "portal"
    case productFleetKey = "product-fleet-key"
    case productMasterKey = "product-master-key"
    case labelRecord = "label-record"
    case enrolmentCA = "enrolment-ca"
    case accountSecret = "account-secret"
    case trustedTransport = "trusted-transport"
    // EdgeHSM token.
    case edgeIdentity = "edge-identity"
    case edgeTLS = "edge-tls"
    case edgeTransport = "edge-transport"
    case edgeSeal = "edge-seal"
    case pai = "pai"
    case debugIntermediate = "debug-intermediate"
    case unitSecret = "unit-secret"
    case siteCA = "site-ca"
    case importedFleetKey = "imported-fleet-key"
    case importedMasterKey = "imported-master-key"
}

extension KeyName {
    /// Longest instance, in characters.
    public static let longestInstance = 160

    /// The label, or `key.name.malformed` unless the instance has 1 to 160 characters of `a-z A-Z 0-9 . _ - : /`.
    public func checkedLabel() throws -> String {
        if let instance {
            let allowed = instance.utf8.allSatisfy { character in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: ":"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
            guard allowed, (1...Self.longestInstance).contains(instance.utf8.count) else {
                throw Refusal(KeyCustodyError.nameMalformed, role.rawValue)
            }
        }
        return label
    }
}

/// A key of a role, and which one where the role has several (a product, an authorization, an EdgeHSM).
public struct KeyName: Hashable, Sendable, CustomStringConvertible {
    public let role: KeyRole
    public let instance: String?

    public init(_ role: KeyRole, _ instance: String? = nil) {
        self.role = role
        self.instance = instance
    }

    /// From a label as `label` makes it; nil for any other.
    public init?(label: String) {
        let parts = label.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let role = KeyRole(rawValue: String(first)) else { return nil }
        self.init(role, parts.count == 2 ? String(parts[1]) : nil)
    }

    /// CKA_LABEL: `role` or `role/instance`. Matched whole, never by prefix.
    public var label: String { instance.map { "\(role.rawValue)/\($0)" } ?? role.rawValue }
    public var description: String { label }
}
