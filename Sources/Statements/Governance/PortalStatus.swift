public import Vocabulary

/// The portal's word to one EdgeHSM: time, revoked authorizations, early closings, and the receipt of what it stored.
/// Signed by the portal key, which may take power from authorizations only and gives none.
public struct PortalStatus: Statement {
    public static let payloadType = "application/vnd.obis.portal-status.v1+json"
    /// Revoked and closed authorizations together: a status of that many still fits a frame of the line protocol in
    /// base64. An EdgeHSM keeps what an older status revoked, so a longer list goes down in several.
    public static let mostRevocations = 2_048
    public static let largestPayload = 160 * 1024

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
        let (revoked, closed) = (revokedAuthorizations.count, closeAuthorizations.count)
        try require(revoked + closed <= Self.mostRevocations, "\(revoked) revocations and \(closed) closings")
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

    /// The bundle as several whose serialized envelopes take at most `limit` octets each, in the order in which they are
    /// to be applied: one after the other they do what the whole does. At least one, even where nothing is in it.
    ///
    /// Throws `statement.size.too-large` where one envelope alone is larger.
    public func parts(limit: Int) throws -> [DownlinkBundle] {
        var parts: [DownlinkBundle] = []
        var next = (roleKeys: [Envelope](), orders: [Envelope](), size: 0)
        func part(_ status: Envelope? = nil) -> DownlinkBundle {
            DownlinkBundle(roleKeys: next.roleKeys, orders: next.orders, status: status)
        }
        func makeRoom(for envelope: Envelope) throws {
            // With the comma behind it.
            let size = try envelope.serialized().count + 1
            guard size <= limit else { throw Refusal(StatementError.tooLarge, "\(size) octets, limit \(limit)") }
            if next.size + size > limit {
                parts.append(part())
                next = ([], [], 0)
            }
            next.size += size
        }
        for envelope in roleKeys {
            try makeRoom(for: envelope)
            next.roleKeys.append(envelope)
        }
        for envelope in orders {
            try makeRoom(for: envelope)
            next.orders.append(envelope)
        }
        if let status { try makeRoom(for: status) }
        return parts + [part(status)]
    }
}
