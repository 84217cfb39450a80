public import Vocabulary

/// The portal's word to one EdgeHSM: time, revoked authorizations, early closings, and the receipt of what it stored.
/// Signed by the portal key, which may take power from authorizations only and gives none.
public struct PortalStatus: Statement {
    public static let payloadType = "application/vnd.obis.portal-status.v1+json"
    public static let mostRevocations = 4_096
    public static let largestPayload = 400 * 1024

    public let edgeHSM: EdgeHSMID
    public let time: Instant
    public let nonce: Nonce
    public let revokedAuthorizations: [Digest256]
    /// Authorizations to close before their notAfter.
    public let closeAuthorizations: [Digest256]
    public let roleKeysVersion: Int
    /// The journal as far as the portal has stored it: 0 and the empty tree's root before the first upload.
    public let storedSize: Int
    public let storedRoot: Digest256

    public init(
        edgeHSM: EdgeHSMID,
        time: Instant,
        nonce: Nonce,
        revokedAuthorizations: [Digest256],
        closeAuthorizations: [Digest256],
        roleKeysVersion: Int,
        storedSize: Int,
        storedRoot: Digest256
    ) {
        self.edgeHSM = edgeHSM
        self.time = time
        self.nonce = nonce
        self.revokedAuthorizations = revokedAuthorizations
        self.closeAuthorizations = closeAuthorizations
        self.roleKeysVersion = roleKeysVersion
        self.storedSize = storedSize
        self.storedRoot = storedRoot
    }

    public func validate() throws {
        try require(revokedAuthorizations.count <= Self.mostRevocations, "\(revokedAuthorizations.count) revocations")
        try require(closeAuthorizations.count <= Self.mostRevocations, "\(closeAuthorizations.count) closings")
        try require(roleKeysVersion >= 1, "RoleKeys version")
        try require(storedSize >= 0, "stored size")
    }
}

/// What goes down to one EdgeHSM, the same octets by network and by file: every RoleKeys since the EdgeHSM's own in
/// order, OfficerOrders, then the PortalStatus. Applied in that order.
public struct DownlinkBundle: Codable, Sendable, Hashable {
    public static let largest = 4 * 1024 * 1024
    public let roleKeys: [Envelope]
    public let orders: [Envelope]
    public let status: Envelope?

    public init(roleKeys: [Envelope] = [], orders: [Envelope] = [], status: Envelope? = nil) {
        self.roleKeys = roleKeys
        self.orders = orders
        self.status = status
    }

    /// Throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(DownlinkBundle.self, from: bytes)
    }
}
