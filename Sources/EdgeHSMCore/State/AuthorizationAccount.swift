public import Statements
public import Vocabulary

/// One loaded authorization and its counters. granted = issued + burned + returned + remaining at every instant.
public struct AuthorizationAccount: Sendable, Equatable {
    public let id: Digest256
    public let content: ProductionAuthorization
    /// Statement id of the package that brought it.
    public let package: Digest256
    /// Key ids that signed approval and authorization: when one is compromised, the authorization stops.
    public let signers: Set<Digest256>
    public internal(set) var issued = 0
    public internal(set) var burned = 0
    public internal(set) var returned = 0
    public internal(set) var isClosed = false
    /// Units that are completed now.
    public internal(set) var completed = 0
    public internal(set) var failed = 0
    public internal(set) var unlocks = 0
    public internal(set) var reprovisions = 0
    /// Re-provisioned units that have their new DAC.
    public internal(set) var reissues = 0
    public internal(set) var rotations = 0

    init(id: Digest256, content: ProductionAuthorization, package: Digest256, signers: Set<Digest256>) {
        self.id = id
        self.content = content
        self.package = package
        self.signers = signers
    }

    public var granted: Int { content.quantity }
    /// Units whose signature exists or may exist.
    public var consumed: Int { issued + burned }
    public var remaining: Int { granted - issued - burned - returned }

    public var account: Checkpoint.Account {
        Checkpoint.Account(
            authorization: id,
            granted: granted,
            issued: issued,
            burned: burned,
            returned: returned,
            remaining: remaining
        )
    }

    public var debugUnlocksLeft: Int { content.debugUnlocks.count - unlocks }
    public var reprovisionsLeft: Int { content.reprovisions.count - reprovisions }
    public var rotationsLeft: Int { content.rotations.count - rotations }

    /// Until when a unit in this state of its life may be finished.
    public func finishBy(_ unit: UnitRecord) -> Instant {
        var end = content.notAfter
        if unit.isReissue { end = max(end, content.reprovisions.notAfter) }
        if unit.wasUnlocked { end = max(end, content.debugUnlocks.notAfter) }
        return end + content.grace
    }
}

/// One product at this EdgeHSM, over all approvals and versions.
public struct ProductAccount: Sendable, Equatable {
    /// Approvals seen here, by sequence.
    public internal(set) var approvals: [Int: Digest256] = [:]
    /// What each approval seen says of its predecessor, by the predecessor's sequence.
    public internal(set) var predecessors: [Int: Digest256] = [:]
    /// Sequence whose figure counts: of the newest approval seen, or of a release.
    public internal(set) var sequence = 0
    /// Cumulative units of the product that this EdgeHSM may ever be granted.
    public internal(set) var allotment = 0
    /// The newest release, by the officers' order that it carried out, and what the figure was before it.
    public internal(set) var release: Release?
    /// Granted and not returned, over all authorizations.
    public internal(set) var granted = 0
    /// Units of this EdgeHSM that a fleet key below `vendorCertificate` was sealed to, by slot.
    public internal(set) var fleetUnits: [KeySlot: Int] = [:]
    public internal(set) var preparation: Envelope?
    public internal(set) var certificates: CertificatesInstalled?

    public init() {}

    public struct Release: Sendable, Equatable {
        public let order: Digest256
        /// The approval after this sequence is the one that cites it.
        public let sequence: Int
        public let before: Int
    }
}
