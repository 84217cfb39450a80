public import Vocabulary

/// Who may say what: the officers (m of n), the authorizer and the portal key. Signed by the OEM's root authority, and
/// by the old root too when the root changes. The first version is pinned in an EdgeHSM's token at enrolment.
public struct RoleKeys: Statement {
    public static let payloadType = "application/vnd.obis.role-keys.v1+json"
    public static let mostOfficers = 16

    public struct Officer: Codable, Sendable, Hashable {
        public let name: OfficerName
        public let key: P256Point

        public init(name: OfficerName, key: P256Point) {
            self.name = name
            self.key = key
        }
    }

    public let oem: String
    /// 1, 2, 3 … without gaps.
    public let version: Int
    /// Statement id of the version before; absent in version 1.
    public let previous: Digest256?
    public let root: P256Point
    public let officers: [Officer]
    /// m: how many different officers must sign.
    public let threshold: Int
    public let authorizer: P256Point
    public let portal: P256Point
    /// Receives sealed label records (HPKE).
    public let labelRecord: P256Point
    public let issuedAt: Instant
    /// With expired RoleKeys nothing new loads.
    public let expiresAt: Instant

    public init(
        oem: String,
        version: Int,
        previous: Digest256?,
        root: P256Point,
        officers: [Officer],
        threshold: Int,
        authorizer: P256Point,
        portal: P256Point,
        labelRecord: P256Point,
        issuedAt: Instant,
        expiresAt: Instant
    ) {
        self.oem = oem
        self.version = version
        self.previous = previous
        self.root = root
        self.officers = officers
        self.threshold = threshold
        self.authorizer = authorizer
        self.portal = portal
        self.labelRecord = labelRecord
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    /// Any two quorums share an officer (2m > n), no key has two roles, and no officer two keys or one key two officers.
    public func validate() throws {
        try require((1...128).contains(oem.utf8.count), "oem name length")
        try require(version >= 1 && (version == 1) == (previous == nil), "version \(version) and previous")
        try require(officers.count <= Self.mostOfficers, "\(officers.count) officers")
        try require(threshold >= 1 && threshold <= officers.count, "threshold \(threshold) of \(officers.count)")
        try require(
            2 * threshold > officers.count,
            "two quorums of \(threshold) in \(officers.count) could be disjoint"
        )
        try require(Set(officers.map(\.name)).count == officers.count, "an officer is listed twice")
        let keys = officers.map(\.key) + [root, authorizer, portal, labelRecord]
        try require(Set(keys).count == keys.count, "one key has two roles")
        try require(keys.allSatisfy { $0.signingKey != nil }, "a key is not on the curve")
        try require(issuedAt < expiresAt, "expiry")
    }

    /// The next version: signed by its own root and, where that differs, by the root before.
    public func successor(_ envelope: Envelope, ownID: Digest256) throws -> Verified<RoleKeys> {
        let next = try RoleKeys.read(payload: envelope.payload)
        let verified = try Verified<RoleKeys>(envelope, signedBy: root)
        guard next.root == root || envelope.isSigned(by: next.root) else {
            throw Refusal(StatementError.notSigned, "the new root has not signed")
        }
        try require(next.version == version + 1, "version \(next.version) after \(version)")
        try require(next.previous == ownID, "version \(next.version) follows another version \(version)")
        try require(next.oem == oem, "another OEM")
        return verified
    }
}
