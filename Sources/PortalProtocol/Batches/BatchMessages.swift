public import Statements
public import Vocabulary

/// Units of one batch: 1 to 10,000,000.
public struct BatchQuantity: BoundedNumber {
    public static let bounds = 1...10_000_000
    public let value: Int
    public init(validated value: Int) { self.value = value }
}

/// A batch as it is asked for. The portal gives it its serial numbers.
public struct NewBatch: Codable, Sendable, Hashable {
    /// Never used again for this product.
    public let batch: BatchName
    public let product: ProductName
    public let version: VersionName
    public let edgeHSM: EdgeHSMID
    public let quantity: BatchQuantity
    public let notBefore: Instant
    /// New units end here.
    public let notAfter: Instant
    /// Seconds after notAfter in which a counted unit may finish; absent: 24 hours.
    public let grace: Int64?
    /// Absent: none.
    public let debugUnlocks: ProductionAuthorization.Allowance?
    public let reprovisions: ProductionAuthorization.Allowance?
    public let rotations: ProductionAuthorization.Allowance?

    public init(
        batch: BatchName,
        product: ProductName,
        version: VersionName,
        edgeHSM: EdgeHSMID,
        quantity: BatchQuantity,
        notBefore: Instant,
        notAfter: Instant,
        grace: Int64? = nil,
        debugUnlocks: ProductionAuthorization.Allowance? = nil,
        reprovisions: ProductionAuthorization.Allowance? = nil,
        rotations: ProductionAuthorization.Allowance? = nil
    ) {
        self.batch = batch
        self.product = product
        self.version = version
        self.edgeHSM = edgeHSM
        self.quantity = quantity
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.grace = grace
        self.debugUnlocks = debugUnlocks
        self.reprovisions = reprovisions
        self.rotations = rotations
    }
}

/// Where a batch stands, as far as the portal knows.
public enum BatchState: String, Codable, Sendable, Hashable, CaseIterable {
    /// Granted; its package is being made.
    case granted
    /// Its package waits for the factory.
    case packaged
    /// The EdgeHSM's journal says that it is loaded.
    case loaded
    /// Somebody asked to close or revoke it; the journal does not say so yet, so its units still count.
    case ending
    /// The journal says that it is closed or void.
    case ended
}

/// What somebody took from a batch.
public struct BatchWithdrawal: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        /// No new units; counted ones may finish.
        case close
        /// Nothing more at all.
        case revoke
    }

    public let kind: Kind
    public let person: PersonID
    public let at: Instant
    public let reason: Remark

    public init(kind: Kind, person: PersonID, at: Instant, reason: Remark) {
        self.kind = kind
        self.person = person
        self.at = at
        self.reason = reason
    }
}

/// The sealed file of a batch.
public struct BatchPackage: Codable, Sendable, Hashable {
    /// SHA-256 of the file.
    public let digest: Digest256
    /// Octets.
    public let size: Int
    public let madeAt: Instant
    /// When the factory fetched it over its link; absent before, and where it comes by stick.
    public let deliveredAt: Instant?

    public init(digest: Digest256, size: Int, madeAt: Instant, deliveredAt: Instant? = nil) {
        self.digest = digest
        self.size = size
        self.madeAt = madeAt
        self.deliveredAt = deliveredAt
    }
}

/// Why a package is not there yet.
public struct PackageFailure: Codable, Sendable, Hashable {
    /// Code of the last try.
    public let code: String
    public let attempts: Int
    /// Absent: at once, or never where it was given up.
    public let nextAt: Instant?
    /// Nothing can make it any more: the batch counts until it is closed.
    public let givenUpAt: Instant?

    public init(code: String, attempts: Int, nextAt: Instant?, givenUpAt: Instant?) {
        (self.code, self.attempts, self.nextAt, self.givenUpAt) = (code, attempts, nextAt, givenUpAt)
    }
}

public struct Batch: Codable, Sendable, Hashable {
    public let id: BatchID
    public let batch: BatchName
    public let product: ProductName
    public let version: VersionName
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public let organisation: OrganisationID
    /// Id of the authorization: SHA-256 of its payload.
    public let authorization: Digest256
    /// Id of the approval that it stands under.
    public let approval: Digest256
    public let quantity: Int
    public let firstSerial: DeviceSerial
    public let lastSerial: DeviceSerial
    public let notBefore: Instant
    public let notAfter: Instant
    /// Seconds.
    public let grace: Int64
    public let debugUnlocks: ProductionAuthorization.Allowance
    public let reprovisions: ProductionAuthorization.Allowance
    public let rotations: ProductionAuthorization.Allowance
    public let state: BatchState
    /// Units that are issued or burned, as its EdgeHSM's journal says; absent before it is loaded.
    public let begun: Int?
    /// Why its EdgeHSM gets no packages: `forked`, `restored`, `truncated`; absent while it does.
    public let edgeHalted: String?
    /// Absent while it is being made.
    public let package: BatchPackage?
    /// Absent unless making the package failed so far.
    public let failure: PackageFailure?
    public let withdrawals: [BatchWithdrawal]
    public let createdBy: PersonID
    public let createdAt: Instant

    public init(
        id: BatchID,
        version: VersionName,
        organisation: OrganisationID,
        authorization: Digest256,
        content: ProductionAuthorization,
        state: BatchState,
        begun: Int? = nil,
        edgeHalted: String? = nil,
        package: BatchPackage?,
        failure: PackageFailure? = nil,
        withdrawals: [BatchWithdrawal],
        createdBy: PersonID,
        createdAt: Instant
    ) throws {
        self.id = id
        self.batch = content.batch
        self.product = content.product
        self.version = version
        self.edgeHSM = content.edgeHSM
        self.factory = content.factory
        self.organisation = organisation
        self.authorization = authorization
        self.approval = content.approval
        self.quantity = content.quantity
        self.firstSerial = try content.serials.serial(0)
        self.lastSerial = try content.serials.serial(content.quantity - 1)
        self.notBefore = content.notBefore
        self.notAfter = content.notAfter
        self.grace = content.grace
        self.debugUnlocks = content.debugUnlocks
        self.reprovisions = content.reprovisions
        self.rotations = content.rotations
        self.state = state
        (self.begun, self.edgeHalted) = (begun, edgeHalted)
        self.package = package
        self.failure = failure
        self.withdrawals = withdrawals
        self.createdBy = createdBy
        self.createdAt = createdAt
    }
}

/// Why a batch is closed or revoked.
public struct BatchEnding: Codable, Sendable, Hashable {
    public let reason: Remark
    public init(reason: Remark) { self.reason = reason }
}

/// Where the units of a batch are: granted = issued + burned + returned + remaining + unaccounted.
public struct BatchReconciliation: Codable, Sendable, Hashable {
    public let granted: Int
    public let issued: Int
    public let burned: Int
    public let returned: Int
    /// In the EdgeHSM's newest checkpoint.
    public let remaining: Int
    /// What neither the journal nor the checkpoint explains; all of a batch that was not loaded yet.
    public let unaccounted: Int
    public let isLoaded: Bool
    public let isClosed: Bool

    public init(
        granted: Int,
        issued: Int,
        burned: Int,
        returned: Int,
        remaining: Int,
        unaccounted: Int,
        isLoaded: Bool,
        isClosed: Bool
    ) {
        self.granted = granted
        self.issued = issued
        self.burned = burned
        self.returned = returned
        self.remaining = remaining
        self.unaccounted = unaccounted
        self.isLoaded = isLoaded
        self.isClosed = isClosed
    }
}
