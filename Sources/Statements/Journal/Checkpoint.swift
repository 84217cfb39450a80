public import Vocabulary

/// The state of one EdgeHSM's journal, and its heartbeat. Signed by the EdgeHSM's identity.
public struct Checkpoint: Statement {
    public static let payloadType = "application/vnd.obis.checkpoint.v1+json"
    public static let largestPayload = 256 * 1024

    /// The account of one authorization: granted = issued + burned + returned + remaining.
    public struct Account: Codable, Sendable, Hashable {
        public let authorization: Digest256
        public let granted: Int
        public let issued: Int
        public let burned: Int
        public let returned: Int
        public let remaining: Int
        public init(authorization: Digest256, granted: Int, issued: Int, burned: Int, returned: Int, remaining: Int) {
            self.authorization = authorization
            self.granted = granted
            self.issued = issued
            self.burned = burned
            self.returned = returned
            self.remaining = remaining
        }
    }

    public let edgeHSM: EdgeHSMID
    public let epoch: UInt64
    /// Entries in the journal.
    public let size: Int
    /// Merkle tree hash (RFC 6962) over the entries.
    public let root: Digest256
    public let time: Instant
    /// Nonce of the newest PortalStatus applied.
    public let portalNonce: Nonce?
    public let roleKeysVersion: Int
    public let accounts: [Account]
    public let softwareVersion: String

    public init(
        edgeHSM: EdgeHSMID,
        epoch: UInt64,
        size: Int,
        root: Digest256,
        time: Instant,
        portalNonce: Nonce?,
        roleKeysVersion: Int,
        accounts: [Account],
        softwareVersion: String
    ) {
        self.edgeHSM = edgeHSM
        self.epoch = epoch
        self.size = size
        self.root = root
        self.time = time
        self.portalNonce = portalNonce
        self.roleKeysVersion = roleKeysVersion
        self.accounts = accounts
        self.softwareVersion = softwareVersion
    }

    public func validate() throws {
        try require(size >= 0, "size")
        for account in accounts {
            let parts = [account.issued, account.burned, account.returned, account.remaining]
            try require(parts.allSatisfy { (0...Limits.largestBatch).contains($0) }, "a count is out of range")
            try require(account.granted == parts.reduce(0, +), "an account does not balance")
        }
    }
}
