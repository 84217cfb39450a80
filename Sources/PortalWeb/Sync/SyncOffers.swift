public import PortalProtocol
public import PortalStore
public import Statements
public import Vocabulary

/// What the portal has for one EdgeHSM.
public struct EdgeOffers: Sendable, Hashable {
    /// Packages that no journal entry says are loaded.
    public var packages: [SyncState.Package] = []
    /// Firmware of this EdgeHSM's batches.
    public var firmware: [SyncState.Firmware] = []
    /// Products whose certificates no journal entry says are installed.
    public var certificates: [ProductName] = []
    /// Products to be prepared.
    public var preparations: [SyncState.Preparation] = []
    /// For the next status: authorizations revoked and to be closed.
    public var revoked: [Digest256] = []
    public var closed: [Digest256] = []
    public init() {}
}

/// A firmware file by its octets.
public struct OfferedFile: Sendable {
    public let size: Int
    let read: @Sendable (Range<Int>) async throws -> [UInt8]

    /// - Parameter read: a range within the file, of 1 MiB at most.
    public init(size: Int, read: @escaping @Sendable (Range<Int>) async throws -> [UInt8]) {
        self.size = size
        self.read = read
    }
}

/// Where sync finds what goes down. Batches, versions and preparations have their own tables and rules.
public protocol SyncOffers: Sendable {
    func offers(to edge: EdgeHSMID, in transaction: any SQLTransaction) throws -> EdgeOffers
    /// The package file of an authorization for this EdgeHSM.
    func package(_ authorization: Digest256, for edge: EdgeHSMID, in transaction: any SQLTransaction) throws -> [UInt8]?
    /// JSON of `ProductCertificates`.
    func certificates(
        of product: ProductName,
        for edge: EdgeHSMID,
        in transaction: any SQLTransaction
    ) throws -> [UInt8]?
    /// Firmware that one of `edges` has a batch of.
    func firmware(_ digest: Digest256, for edges: [EdgeHSMID]) async throws -> OfferedFile?
    /// A verified `ProductPreparation`.
    func take(_ preparation: Verified<ProductPreparation>, in transaction: any SQLTransaction, at time: Instant) throws
}

/// EdgeHSMs as their enrolments were handed in.
public struct StoredEdges: EdgeRegistry {
    public init() {}

    public func edge(_ id: EdgeHSMID, in transaction: any SQLTransaction) throws -> EnrolledEdge? {
        guard let found = try GovernanceTable(transaction).edge(id) else { return nil }
        // It was verified before it was stored.
        let content = try EdgeHSMEnrolment.read(payload: found.envelope.payload)
        return EnrolledEdge(
            edgeHSM: id,
            factory: found.factory,
            identity: content.identity,
            enrolment: found.envelope
        )
    }
}
