public import PortalProtocol
public import PortalStore
public import Statements
import Synchronization
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
    /// Enrolments by the octets that they were read from: each chunk asks twice, once within its transaction.
    private final class Known: Sendable {
        static let most = 1_024
        let edges = Mutex<[EdgeHSMID: (octets: [UInt8], edge: EnrolledEdge)]>([:])
    }

    private let known = Known()

    public init() {}

    public func edge(_ id: EdgeHSMID, in transaction: any SQLTransaction) throws -> EnrolledEdge? {
        guard let (factory, octets) = try GovernanceTable(transaction).enrolment(id) else { return nil }
        if let known = known.edges.withLock({ $0[id] }), known.octets == octets, known.edge.factory == factory {
            return known.edge
        }
        // It was verified before it was stored.
        let envelope = try Envelope(parsing: octets)
        let content = try EdgeHSMEnrolment.read(payload: envelope.payload)
        let edge = EnrolledEdge(edgeHSM: id, factory: factory, identity: content.identity, enrolment: envelope)
        known.edges.withLock { edges in
            if edges.count >= Known.most { edges = [:] }
            edges[id] = (octets, edge)
        }
        return edge
    }
}
