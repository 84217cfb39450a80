public import Statements
public import Vocabulary

/// ISO 3166-1 alpha-2: `CN`, `DE`.
public struct CountryCode: BoundedText {
    public static let lengths = 2...2
    public static let pattern = "^[A-Z]{2}$"
    public static var schemaExample: CountryCode { CountryCode(validated: "DE") }
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool { text.utf8.allSatisfy { (0x41...0x5A).contains($0) } }
}

/// A name of the IANA time zone database: `Asia/Shanghai`. Its form is checked, not that it exists.
public struct TimeZoneName: BoundedText {
    public static let lengths = 1...64
    public static let pattern = "^[A-Za-z0-9_+/-]+$"
    public let text: String
    public init(validated text: String) { self.text = text }

    public static func accepts(_ text: String) -> Bool {
        text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || [0x5F, 0x2B, 0x2F, 0x2D].contains($0)
        }
    }
}

public struct NewFactory: Codable, Sendable, Hashable {
    public let id: FactoryID
    /// The ODM whose factory it is.
    public let organisation: OrganisationID
    public let name: DisplayName
    public let country: CountryCode
    public let timeZone: TimeZoneName

    public init(
        id: FactoryID,
        organisation: OrganisationID,
        name: DisplayName,
        country: CountryCode,
        timeZone: TimeZoneName
    ) {
        (self.id, self.organisation, self.name) = (id, organisation, name)
        (self.country, self.timeZone) = (country, timeZone)
    }
}

public struct Factory: Codable, Sendable, Hashable {
    public let id: FactoryID
    public let organisation: OrganisationID
    public let name: String
    public let country: String
    public let timeZone: String
    public let createdAt: Instant

    public init(
        id: FactoryID,
        organisation: OrganisationID,
        name: String,
        country: String,
        timeZone: String,
        createdAt: Instant
    ) {
        (self.id, self.organisation, self.name) = (id, organisation, name)
        (self.country, self.timeZone, self.createdAt) = (country, timeZone, createdAt)
    }
}

public struct JoiningCodeRequest: Codable, Sendable, Hashable {
    /// Absent: 7.
    public let days: CodeDays?
    public init(days: CodeDays? = nil) { self.days = days }
}

/// The text for `obis-factory join --code`, shown this once.
public struct NewJoiningCode: Codable, Sendable, Hashable {
    public let text: String
    public let expiresAt: Instant
    public init(text: String, expiresAt: Instant) { (self.text, self.expiresAt) = (text, expiresAt) }
}

/// A certificate of a factory's service.
public struct SiteCertificate: Codable, Sendable, Hashable {
    /// SHA-256 of the key's 65 octets; the id here.
    public let key: Digest256
    public let service: StationName
    public let issuedAt: Instant
    public let notAfter: Instant
    public let revokedAt: Instant?

    public init(key: Digest256, service: StationName, issuedAt: Instant, notAfter: Instant, revokedAt: Instant?) {
        (self.key, self.service, self.issuedAt) = (key, service, issuedAt)
        (self.notAfter, self.revokedAt) = (notAfter, revokedAt)
    }
}

public struct NewWorkspace: Codable, Sendable, Hashable {
    public let organisation: OrganisationID
    public init(organisation: OrganisationID) { self.organisation = organisation }
}

/// What an ODM may see of a product: all of it but other ODMs' factories, batches and people.
public struct Workspace: Codable, Sendable, Hashable {
    public let product: ProductName
    public let organisation: OrganisationID
    public let since: Instant

    public init(product: ProductName, organisation: OrganisationID, since: Instant) {
        (self.product, self.organisation, self.since) = (product, organisation, since)
    }
}

/// RoleKeys as the root authority signed them, version 1 first.
public struct RoleKeysChain: Codable, Sendable, Hashable {
    public let roleKeys: [Envelope]
    public init(roleKeys: [Envelope]) { self.roleKeys = roleKeys }
}

/// OfficerOrders to be loaded, signed by m officers each.
public struct OrderList: Codable, Sendable, Hashable {
    public let orders: [Envelope]
    public init(orders: [Envelope]) { self.orders = orders }
}

public struct NumberedOrder: Codable, Sendable, Hashable {
    public let number: Int
    public let order: Envelope
    public init(number: Int, order: Envelope) { (self.number, self.order) = (number, order) }
}

/// An EdgeHSM as it was enrolled.
public struct EdgeSummary: Codable, Sendable, Hashable {
    public let id: EdgeHSMID
    public let factory: FactoryID
    public let enrolledAt: Instant
    /// Why no package is made for it: `forked`, `restored`, `truncated`.
    public let halted: String?

    public init(id: EdgeHSMID, factory: FactoryID, enrolledAt: Instant, halted: String? = nil) {
        (self.id, self.factory, self.enrolledAt, self.halted) = (id, factory, enrolledAt, halted)
    }
}

/// A signed checkpoint of the portal's own log (`PortalCheckpoint`).
public struct AuditCheckpoint: Codable, Sendable, Hashable {
    public let size: Int
    public let root: Digest256
    public let checkpoint: Envelope
    public init(size: Int, root: Digest256, checkpoint: Envelope) {
        (self.size, self.root, self.checkpoint) = (size, root, checkpoint)
    }
}

/// Proof hashes (RFC 9162), for an entry in the log or for one size being a prefix of another.
public struct AuditProof: Codable, Sendable, Hashable {
    /// Root at the (second) size.
    public let root: Digest256
    public let hashes: [Digest256]
    public init(root: Digest256, hashes: [Digest256]) { (self.root, self.hashes) = (root, hashes) }
}
