import Governance
public import KeyCustody
public import PortalProtocol
public import PortalStore
import Statements
public import Vocabulary

/// The portal's end of sync, for the link and for sticks: the same octets, the same checks.
public struct SyncServer: Sendable {
    let database: any PortalDatabase
    let ingest: IngestService
    let registry: any EdgeRegistry
    let offers: any SyncOffers
    let portalKey: @Sendable () async throws -> any SigningKey
    let now: @Sendable () -> Instant

    /// - Parameter portalKey: signs statuses.
    public init(
        database: any PortalDatabase,
        ingest: IngestService,
        registry: any EdgeRegistry,
        offers: any SyncOffers,
        portalKey: @escaping @Sendable () async throws -> any SigningKey,
        now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.ingest = ingest
        self.registry = registry
        self.offers = offers
        self.portalKey = portalKey
        self.now = now
    }

    // MARK: Up

    /// Takes an upload in; the same again changes nothing.
    ///
    /// Throws `portal.sync.*`, `portal.records.gap` and `portal.journal.*`.
    public func take(_ upload: SyncUpload, from factory: FactoryID) async throws -> SyncReceipt {
        guard upload.factory == factory else { throw Refusal(SyncError.otherFactory) }
        var outcome: IngestOutcome?
        if let chunk = upload.journal {
            var taken = try await ingest.ingest(chunk, from: factory)
            // The branch of a restored EdgeHSM stands by now: the same chunk goes on behind it.
            if taken.refusal?.has(IngestError.restoring) == true {
                taken = try await ingest.ingest(chunk, from: factory)
            }
            if let refusal = taken.refusal { throw JournalRefusal(refusal, storedSize: taken.storedSize) }
            outcome = taken
        }
        let time = now()
        let state = try await database.write("records") { transaction in
            for envelope in upload.preparations {
                try take(preparation: envelope, of: factory, in: transaction, at: time)
            }
            return try take(recordsOf: upload, in: transaction, at: time)
        }
        return SyncReceipt(
            edgeHSM: upload.journal?.edgeHSM,
            storedSize: outcome?.storedSize,
            storedRoot: outcome?.storedRoot,
            labelsStored: state.labels,
            eventsStored: state.events
        )
    }

    private func take(
        recordsOf upload: SyncUpload,
        in transaction: any SQLTransaction,
        at time: Instant
    ) throws -> RecordSourceState {
        let records = SiteRecords(transaction)
        let known = try records.source(upload.source)
        if let known, known.factory != upload.factory || known.service != upload.service {
            throw Refusal(SyncError.sourceTaken)
        }
        var state =
            known ?? RecordSourceState(source: upload.source, factory: upload.factory, service: upload.service)
        guard upload.labels != nil || upload.events != nil else { return state }
        if let chunk = upload.labels {
            guard chunk.from <= state.labels + 1 else { throw Refusal(SyncError.recordGap, "labels \(state.labels)") }
            for label in chunk.records.dropFirst(state.labels + 1 - chunk.from) {
                state.labels += 1
                try records.insert(label, number: state.labels, of: state, at: time)
            }
        }
        if let chunk = upload.events {
            guard chunk.from <= state.events + 1 else { throw Refusal(SyncError.recordGap, "events \(state.events)") }
            for line in chunk.lines.dropFirst(state.events + 1 - chunk.from) {
                state.events += 1
                try records.insert(line, number: state.events, of: state, at: time)
            }
        }
        if state != known { try records.put(state, at: time) }
        return state
    }

    private func take(
        preparation envelope: Envelope,
        of factory: FactoryID,
        in transaction: any SQLTransaction,
        at time: Instant
    ) throws {
        guard let claimed = try? ProductPreparation.read(payload: envelope.payload),
            let edge = try registry.edge(claimed.edgeHSM, in: transaction), edge.factory == factory
        else { throw Refusal(SyncError.preparation) }
        let verified: Verified<ProductPreparation>
        do { verified = try Verified(envelope, signedBy: edge.identity) } catch let refusal as Refusal {
            throw Refusal(SyncError.preparation, refusal.code)
        }
        try offers.take(verified, in: transaction, at: time)
    }

    // MARK: State

    /// What the portal has and wants of one factory; the numbers are those of `source`.
    public func state(of factory: FactoryID, source: RecordSource?) async throws -> SyncState {
        let time = now()
        return try await database.read { try state(of: factory, source: source, at: time, in: $0) }
    }

    func state(
        of factory: FactoryID,
        source: RecordSource?,
        at time: Instant,
        in transaction: any SQLTransaction
    ) throws -> SyncState {
        let records = SiteRecords(transaction)
        let known = try source.flatMap { try records.source($0) }
        // Another factory's source is not told about: it has stored nothing here.
        let own = known?.factory == factory ? known : nil
        let governance = try GovernanceDigest(transaction)
        let edges = try records.edges(of: factory).map { edge in
            let log = try JournalLogs(transaction).current(of: edge)
            let offered = try offers.offers(to: edge, in: transaction)
            return SyncState.Edge(
                edgeHSM: edge,
                storedSize: log?.size ?? 0,
                storedRoot: log?.root ?? JournalLog.emptyRoot,
                roleKeysVersion: governance.roleKeysVersion,
                downlink: governance.digest(revoked: offered.revoked, closed: offered.closed),
                packages: offered.packages,
                firmware: offered.firmware,
                certificates: offered.certificates,
                preparations: offered.preparations
            )
        }
        return SyncState(
            factory: factory,
            time: time,
            edges: edges,
            labelsStored: own?.labels ?? 0,
            eventsStored: own?.events ?? 0,
            source: source
        )
    }

    /// Throws `portal.sync.other-factory` unless the EdgeHSM is enrolled for this factory.
    func requireEdge(_ edge: EdgeHSMID, of factory: FactoryID, in transaction: any SQLTransaction) throws {
        guard try registry.edge(edge, in: transaction)?.factory == factory else {
            throw Refusal(SyncError.otherFactory)
        }
    }
}

/// RoleKeys and orders in force, by their ids.
private struct GovernanceDigest {
    let roleKeysVersion: Int
    private let ids: [UInt8]

    init(_ transaction: any SQLTransaction) throws {
        let table = GovernanceTable(transaction)
        let (keys, orders) = (try table.roleKeys(), try table.everyOrder())
        roleKeysVersion = keys.count
        ids = keys.flatMap { $0.statementID.bytes } + [0] + orders.flatMap { $0.envelope.statementID.bytes }
    }

    func digest(revoked: [Digest256], closed: [Digest256]) -> Digest256 {
        Digest256.of(ids + [1] + revoked.sorted().flatMap(\.bytes) + [2] + closed.sorted().flatMap(\.bytes))
    }
}
