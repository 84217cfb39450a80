public import Statements
public import Vocabulary

/// A station or Factory Service that the local operator enrolled.
public struct EnrolledPeer: Sendable, Equatable {
    public let name: StationName
    /// `station` or `service`.
    public let role: String
    public internal(set) var isRevoked = false
}

/// The newest PortalStatus applied.
public struct PortalContact: Sendable, Equatable {
    public let statement: Digest256
    /// Portal time, or that of an officers' clock reset that came later and is earlier.
    public private(set) var time: Instant
    public let nonce: Nonce
    public let storedSize: Int
    public let isContained: Bool

    init(statement: Digest256, time: Instant, nonce: Nonce, storedSize: Int, isContained: Bool) {
        self.statement = statement
        self.time = time
        self.nonce = nonce
        self.storedSize = storedSize
        self.isContained = isContained
    }

    /// What the officers say the time is: words of the portal from then on are news again, and its silence counts.
    mutating func lower(to reset: Instant) { time = min(time, reset) }
}

/// Everything that the journal says, and nothing else: `EdgeHSMState.apply` alone changes it.
public struct DurableFacts: Sendable, Equatable {
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public let identity: P256Point
    public let seal: P256Point
    /// Entries so far; the sequence of the next one.
    public internal(set) var size = 1
    public internal(set) var epoch: UInt64 = 0
    /// Sequence of the newest entry that is neither `genesis` nor made by a start.
    public internal(set) var lastServed = 0
    /// Epoch of that entry.
    public internal(set) var lastServedEpoch: UInt64 = 0
    public internal(set) var lastClockReset = 0
    public internal(set) var roleKeys: RoleKeys
    public internal(set) var roleKeysID: Digest256
    /// Persisted part of trusted time.
    public internal(set) var floor: Instant
    public internal(set) var contact: PortalContact?
    public internal(set) var authorizations: [Digest256: AuthorizationAccount] = [:]
    public internal(set) var approvals: [Digest256: VersionApproval] = [:]
    public internal(set) var manifests: [Digest256: Manifest] = [:]
    public internal(set) var products: [ProductName: ProductAccount] = [:]
    public internal(set) var tombstones: Set<Digest256> = []
    public internal(set) var revocations: Set<RevocationTarget> = []
    public internal(set) var orders: Set<Digest256> = []
    /// By SHA-256 of the certificate.
    public internal(set) var peers: [Digest256: EnrolledPeer] = [:]
    public internal(set) var isZeroised = false

    init(genesis: Genesis, roleKeys: RoleKeys) {
        edgeHSM = genesis.edgeHSM
        factory = genesis.factory
        identity = genesis.identity
        seal = genesis.seal
        self.roleKeys = roleKeys
        roleKeysID = genesis.roleKeys.statementID
        floor = roleKeys.issuedAt
    }
}
