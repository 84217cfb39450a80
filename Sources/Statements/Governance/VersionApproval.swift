public import Vocabulary

/// How a chip proves who it is, in the manifest and in the officers' rules.
public enum ChipIdentityLevel: String, Codable, Sendable, CaseIterable {
    /// A certificate of the silicon vendor, verifiable offline.
    case vendorCertificate
    /// A signed provisioning applet; proves nothing unless the chip's ROM attests the image.
    case applet
    case none
}

/// What the officers permit for one version of one product, and how much of the product at each EdgeHSM.
///
/// Figures are cumulative over all approvals and versions of the product, so issuing one again never resets anything.
/// Signed by m officers.
public struct VersionApproval: Statement {
    public static let payloadType = "application/vnd.obis.version-approval.v1+json"
    public static let mostEdgeHSMs = 64
    public static let understood: Set<String> = ["releases"]

    /// Upper bounds for each batch made under this approval.
    public struct Allowances: Codable, Sendable, Hashable {
        public let debugUnlocks: Int
        public let reprovisions: Int
        public let rotations: Int
        public init(debugUnlocks: Int, reprovisions: Int, rotations: Int) {
            self.debugUnlocks = debugUnlocks
            self.reprovisions = reprovisions
            self.rotations = rotations
        }
    }

    public struct Rules: Codable, Sendable, Hashable {
        /// Largest quantity of one batch; absent: no rule.
        public let largestBatch: Int?
        /// Longest notAfter − notBefore in seconds; absent: no rule.
        public let longestWindow: Int64?
        public let chipIdentity: ChipIdentityLevel
        /// Longest time without a PortalStatus, in seconds, before new units stop; absent: no rule.
        public let longestSilence: Int64?
        public init(
            largestBatch: Int? = nil,
            longestWindow: Int64? = nil,
            chipIdentity: ChipIdentityLevel,
            longestSilence: Int64? = nil
        ) {
            self.largestBatch = largestBatch
            self.longestWindow = longestWindow
            self.chipIdentity = chipIdentity
            self.longestSilence = longestSilence
        }
    }

    public struct Allotment: Codable, Sendable, Hashable {
        public let edgeHSM: EdgeHSMID
        /// Cumulative units of the product that this EdgeHSM may ever be granted.
        public let units: Int
        public init(edgeHSM: EdgeHSMID, units: Int) {
            self.edgeHSM = edgeHSM
            self.units = units
        }
    }

    /// The officers' exception that lets a fleet key go to chips below `vendorCertificate`.
    public struct FleetKeyException: Codable, Sendable, Hashable {
        public let slot: KeySlot
        public let mostUnits: Int
        public init(slot: KeySlot, mostUnits: Int) {
            self.slot = slot
            self.mostUnits = mostUnits
        }
    }

    public let product: ProductName
    public let vendorID: VendorID
    public let productID: ProductID
    public let version: String
    /// SHA-256 of the manifest's octets.
    public let manifest: Digest256
    /// Units of the product that may ever be made, everywhere.
    public let lifetimeTotal: Int
    public let allotments: [Allotment]
    /// 1, 2, 3 … over all approvals of the product.
    public let sequence: Int
    /// Statement id of the product's approval before; absent at sequence 1.
    public let previous: Digest256?
    public let allowances: Allowances
    public let rules: Rules
    public let fleetKeyExceptions: [FleetKeyException]
    /// Ids of the officers' orders on whose strength allotments fall against the approval before, each carried out: one
    /// for each fall. Absent where none falls.
    public let releases: [Digest256]?
    /// `["releases"]` where there are any: a reader that does not know them must not take the approval.
    let mustUnderstand: [String]?
    public let issuedAt: Instant
    /// After this, no new authorization loads under the approval.
    public let expiresAt: Instant

    public init(
        product: ProductName,
        vendorID: VendorID,
        productID: ProductID,
        version: String,
        manifest: Digest256,
        lifetimeTotal: Int,
        allotments: [Allotment],
        sequence: Int,
        previous: Digest256?,
        allowances: Allowances,
        rules: Rules,
        fleetKeyExceptions: [FleetKeyException] = [],
        releases: [Digest256] = [],
        issuedAt: Instant,
        expiresAt: Instant
    ) {
        self.product = product
        self.vendorID = vendorID
        self.productID = productID
        self.version = version
        self.manifest = manifest
        self.lifetimeTotal = lifetimeTotal
        self.allotments = allotments
        self.sequence = sequence
        self.previous = previous
        self.allowances = allowances
        self.rules = rules
        self.fleetKeyExceptions = fleetKeyExceptions
        self.releases = releases.isEmpty ? nil : releases
        mustUnderstand = releases.isEmpty ? nil : ["releases"]
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    public func allotment(of edgeHSM: EdgeHSMID) -> Int {
        allotments.first { $0.edgeHSM == edgeHSM }?.units ?? 0
    }

    /// The allotments together never exceed the lifetime total.
    public func validate() throws {
        try require((1...64).contains(version.utf8.count), "version length")
        try require((1...Limits.mostUnits).contains(lifetimeTotal), "lifetime total \(lifetimeTotal)")
        try require(allotments.count <= Self.mostEdgeHSMs, "\(allotments.count) EdgeHSMs")
        try require(Set(allotments.map(\.edgeHSM)).count == allotments.count, "an EdgeHSM is listed twice")
        try require(allotments.allSatisfy { (0...Limits.mostUnits).contains($0.units) }, "an allotment is out of range")
        let sum = allotments.reduce(0) { $0 + $1.units }
        try require(sum <= lifetimeTotal, "allotments sum to \(sum), lifetime total \(lifetimeTotal)")
        try require(sequence >= 1 && (sequence == 1) == (previous == nil), "sequence \(sequence) and previous")
        let counts = [allowances.debugUnlocks, allowances.reprovisions, allowances.rotations]
        try require(counts.allSatisfy { (0...Limits.mostUnits).contains($0) }, "an allowance is out of range")
        try require(rules.largestBatch.map { $0 >= 1 } ?? true, "largest batch")
        try require(rules.longestWindow.map { $0 >= 60 } ?? true, "longest window")
        try require(rules.longestSilence.map { $0 >= 60 } ?? true, "longest silence")
        try require(Set(fleetKeyExceptions.map(\.slot)).count == fleetKeyExceptions.count, "a slot has two exceptions")
        try require(fleetKeyExceptions.allSatisfy { $0.mostUnits >= 1 }, "an exception without units")
        try require(issuedAt < expiresAt, "expiry")
        let cited = releases ?? []
        try require(cited.count <= Self.mostEdgeHSMs && Set(cited).count == cited.count, "releases")
        try require(releases.map { !$0.isEmpty && sequence > 1 } ?? true, "releases without a fall")
        try require(mustUnderstand == (releases == nil ? nil : ["releases"]), "releases and mustUnderstand")
    }
}

/// Bounds that several statements share.
public enum Limits {
    /// Units in any one figure: ten thousand million fit every counter with room to add.
    public static let mostUnits = 10_000_000_000
    /// Units of one authorization.
    public static let largestBatch = 10_000_000
    /// Grace after notAfter in which a counted unit may finish, in seconds: 24 hours unless stated.
    public static let defaultGrace: Int64 = 86_400
    public static let longestGrace: Int64 = 30 * 86_400
}
