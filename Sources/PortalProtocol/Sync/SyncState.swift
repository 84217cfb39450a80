public import Vocabulary

/// What the portal has and wants of one Factory Service. A file of it tells an offline site where to go on.
///
/// `GET /sync/v1/state?source=HEX`, with an ETag over everything but `time`.
public struct SyncState: SyncMessage {
    public static let largest = 1024 * 1024

    /// A package that no journal entry says is loaded.
    public struct Package: Codable, Sendable, Hashable {
        public let authorization: Digest256
        /// SHA-256 of the package file.
        public let digest: Digest256
        /// Octets of the package file.
        public let size: Int
        public init(authorization: Digest256, digest: Digest256, size: Int) {
            self.authorization = authorization
            self.digest = digest
            self.size = size
        }
    }

    public struct Firmware: Codable, Sendable, Hashable {
        public let digest: Digest256
        public let size: Int
        public init(digest: Digest256, size: Int) {
            self.digest = digest
            self.size = size
        }
    }

    /// A product whose keys the EdgeHSM is asked to make, until its preparation was received.
    public struct Preparation: Codable, Sendable, Hashable {
        public let product: ProductName
        public let vendorID: VendorID
        public let productID: ProductID
        public init(product: ProductName, vendorID: VendorID, productID: ProductID) {
            self.product = product
            self.vendorID = vendorID
            self.productID = productID
        }
    }

    public struct Edge: Codable, Sendable, Hashable {
        public let edgeHSM: EdgeHSMID
        /// Journal entries stored, and their Merkle root.
        public let storedSize: Int
        public let storedRoot: Digest256
        public let roleKeysVersion: Int
        /// Digest of what a downlink bundle would say beside time and receipt: RoleKeys, orders, revocations, closings.
        /// Another value asks the Factory Service to fetch one.
        public let downlink: Digest256
        public let packages: [Package]
        /// Firmware of this EdgeHSM's batches.
        public let firmware: [Firmware]
        /// Products whose certificates no journal entry says are installed.
        public let certificates: [ProductName]
        public let preparations: [Preparation]

        public init(
            edgeHSM: EdgeHSMID,
            storedSize: Int,
            storedRoot: Digest256,
            roleKeysVersion: Int,
            downlink: Digest256,
            packages: [Package] = [],
            firmware: [Firmware] = [],
            certificates: [ProductName] = [],
            preparations: [Preparation] = []
        ) {
            self.edgeHSM = edgeHSM
            self.storedSize = storedSize
            self.storedRoot = storedRoot
            self.roleKeysVersion = roleKeysVersion
            self.downlink = downlink
            self.packages = packages
            self.firmware = firmware
            self.certificates = certificates
            self.preparations = preparations
        }
    }

    /// Tells a file of this type from others.
    public let format: String
    public let factory: FactoryID
    public let time: Instant
    public let edges: [Edge]
    /// Label records 1 to this number of `source` are stored.
    public let labelsStored: Int
    /// Events 1 to this number of `source` are stored.
    public let eventsStored: Int
    public let source: RecordSource?
    /// The running digests at these numbers (`RecordStream`); absent while the portal knows nothing of `source`.
    public let labelsHead: Digest256?
    public let eventsHead: Digest256?

    public static let format = "obis-sync-state-v1"

    public init(
        factory: FactoryID,
        time: Instant,
        edges: [Edge],
        labelsStored: Int,
        eventsStored: Int,
        source: RecordSource? = nil,
        labelsHead: Digest256? = nil,
        eventsHead: Digest256? = nil
    ) {
        self.format = Self.format
        self.factory = factory
        self.time = time
        self.edges = edges
        self.labelsStored = labelsStored
        self.eventsStored = eventsStored
        self.source = source
        self.labelsHead = labelsHead
        self.eventsHead = eventsHead
    }

    public func validate() throws {
        try requireMessage(format == Self.format, "format")
        try requireMessage(labelsStored >= 0 && eventsStored >= 0, "stored numbers")
        try requireMessage((labelsHead == nil) == (eventsHead == nil), "one running digest alone")
        try requireMessage(source != nil || labelsHead == nil, "running digests of no source")
        try requireMessage(edges.count <= SyncLimits.mostListed, "\(edges.count) EdgeHSMs")
        try requireMessage(Set(edges.map(\.edgeHSM)).count == edges.count, "an EdgeHSM is listed twice")
        for edge in edges {
            try requireMessage(
                edge.storedSize >= 0 && edge.roleKeysVersion >= 0,
                "\(edge.edgeHSM): a number is below 0"
            )
            let lists = [
                edge.packages.count, edge.firmware.count, edge.certificates.count, edge.preparations.count,
            ]
            try requireMessage(lists.allSatisfy { $0 <= SyncLimits.mostListed }, "\(edge.edgeHSM): a list is too long")
            try requireMessage(edge.packages.allSatisfy { $0.size > 0 }, "\(edge.edgeHSM): an empty package")
            try requireMessage(edge.firmware.allSatisfy { $0.size > 0 }, "\(edge.edgeHSM): an empty firmware file")
        }
    }

    /// The same of these EdgeHSMs.
    public func with(_ edges: [Edge]) -> SyncState {
        SyncState(
            factory: factory,
            time: time,
            edges: edges,
            labelsStored: labelsStored,
            eventsStored: eventsStored,
            source: source,
            labelsHead: labelsHead,
            eventsHead: eventsHead
        )
    }

    /// The same words at another time: what an ETag is made of.
    public func at(_ time: Instant) -> SyncState {
        SyncState(
            factory: factory,
            time: time,
            edges: edges,
            labelsStored: labelsStored,
            eventsStored: eventsStored,
            source: source,
            labelsHead: labelsHead,
            eventsHead: eventsHead
        )
    }
}
