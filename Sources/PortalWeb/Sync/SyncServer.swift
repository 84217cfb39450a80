import Governance
public import KeyCustody
import PortalCore
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
    /// The portal's log.
    let acts: Acts

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
        acts = Acts(database: database)
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
        if !upload.preparations.isEmpty {
            // By themselves: what is wrong with records beside them does not hold them up.
            try await database.write("preparations") { transaction in
                for envelope in upload.preparations {
                    try take(preparation: envelope, of: factory, in: transaction, at: time)
                }
            }
        }
        let state: RecordSourceState
        do {
            state = try await database.write("records") { try take(recordsOf: upload, in: $0, at: time) }
        } catch let refusal as Refusal
            where refusal.has(SyncError.recordsDiffer) || refusal.has(SyncError.recordsQuota)
        {
            let detail = "\(upload.service): \(refusal.detail)"
            try await database.write("records-alarm") { transaction in
                if refusal.has(SyncError.recordsQuota) {
                    try stand(.recordsQuota, detail, of: factory, in: transaction, at: time)
                } else {
                    try alarm(detail, of: factory, in: transaction, at: time)
                }
            }
            throw refusal
        }
        return SyncReceipt(
            edgeHSM: upload.journal?.edgeHSM,
            storedSize: outcome?.storedSize,
            storedRoot: outcome?.storedRoot,
            labelsStored: state.labels.number,
            eventsStored: state.events.number
        )
    }

    /// The alarm stands with the factory's first EdgeHSM: a Factory Service serves one, and has no alarms of its own.
    private func alarm(
        _ detail: String,
        of factory: FactoryID,
        in transaction: any SQLTransaction,
        at time: Instant
    ) throws {
        guard let edge = try SiteRecords(transaction).edges(of: factory).first else { return }
        try Alarms(transaction).raise([Alarm(.recordsReplaced, edge, detail)], factory: factory, at: time)
    }

    /// Once, however often the Factory Service tries again.
    private func stand(
        _ kind: AlarmKind,
        _ detail: String,
        of factory: FactoryID,
        in transaction: any SQLTransaction,
        at time: Instant
    ) throws {
        guard let edge = try SiteRecords(transaction).edges(of: factory).first else { return }
        try Alarms(transaction).stand(Alarm(kind, edge, detail), factory: factory, at: time)
    }

    private func take(
        recordsOf upload: SyncUpload,
        in transaction: any SQLTransaction,
        at time: Instant
    ) throws -> RecordSourceState {
        let records = SiteRecords(transaction)
        let known = try records.source(upload.source, of: upload.factory)
        if let known, known.service != upload.service { throw Refusal(SyncError.sourceTaken) }
        var state =
            known ?? RecordSourceState(source: upload.source, factory: upload.factory, service: upload.service)
        guard upload.labels != nil || upload.events != nil else { return state }
        if known == nil, try records.countSources(of: upload.factory) >= RecordQuota.mostSources {
            throw Refusal(SyncError.recordsQuota, "\(RecordQuota.mostSources) sources")
        }
        if known == nil, try records.knows(upload.service, of: upload.factory) {
            let detail = "\(upload.service) tells its records anew, as source \(upload.source)"
            try alarm(detail, of: upload.factory, in: transaction, at: time)
        }
        if let chunk = upload.labels {
            let octets = try chunk.recordOctets()
            let new = try state.labels.advance(over: octets, from: chunk.from, after: chunk.after, "label")
            var added = 0
            for (index, label) in chunk.records.suffix(new).enumerated() {
                let number = state.labels.number - new + 1 + index
                added += try records.insert(label, number: number, of: state, at: time)
            }
            if added > 0 { try requireQuota(added, of: upload.factory, records) }
        }
        if let chunk = upload.events {
            let octets = chunk.recordOctets()
            let new = try state.events.advance(over: octets, from: chunk.from, after: chunk.after, "event")
            for (index, line) in chunk.lines.suffix(new).enumerated() {
                try records.insert(line, number: state.events.number - new + 1 + index, of: state, at: time)
            }
        }
        if state != known { try records.put(state, at: time) }
        return state
    }

    /// Label records that were there before, told once more by another source, take nothing of it.
    private func requireQuota(_ added: Int, of factory: FactoryID, _ records: SiteRecords) throws {
        let most = RecordQuota.mostLabels(granted: try records.granted(factory))
        guard try records.tally(added, of: factory) <= most else {
            throw Refusal(SyncError.recordsQuota, "more than \(most) label records")
        }
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
        // Of another factory's source nothing is stored for this one.
        let own = try source.flatMap { try records.source($0, of: factory) }
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
        let state = SyncState(
            factory: factory,
            time: time,
            edges: edges,
            labelsStored: own?.labels.number ?? 0,
            eventsStored: own?.events.number ?? 0,
            source: source,
            labelsHead: own?.labels.head,
            eventsHead: own?.events.head
        )
        return try state.fitting()
    }

    /// Throws `portal.sync.other-factory` unless the EdgeHSM is enrolled for this factory.
    func requireEdge(_ edge: EdgeHSMID, of factory: FactoryID, in transaction: any SQLTransaction) throws {
        guard try registry.edge(edge, in: transaction)?.factory == factory else {
            throw Refusal(SyncError.otherFactory)
        }
    }
}

extension RecordSourceState.Place {
    /// Moves on over the records of a chunk. Those that are stored are passed over, if they are the same ones; the answer is
    /// how many at the chunk's end are new.
    ///
    /// Throws `portal.records.gap` and `portal.records.differ`.
    fileprivate mutating func advance(
        over records: [[UInt8]],
        from first: Int,
        after head: Digest256,
        _ what: String
    ) throws -> Int {
        guard first <= number + 1 else { throw Refusal(SyncError.recordGap, "\(what) \(number)") }
        let known = number + 1 - first
        // All of it was told before, and what follows it too: where they part, a later chunk shows.
        guard records.count >= known else { return 0 }
        var head = head
        for record in records.prefix(known) { head = RecordStream.head(after: head, record) }
        guard head == self.head else { throw Refusal(SyncError.recordsDiffer, "\(what) \(number) and before") }
        for record in records.dropFirst(known) { head = RecordStream.head(after: head, record) }
        self = Self(number: number + records.count - known, head: head)
        return records.count - known
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
        ids = keys.flatMap { $0.statementID.bytes } + [0] + orders.flatMap { Self.bytes($0.envelope) }
    }

    /// An order that more officers signed goes down anew.
    private static func bytes(_ order: Envelope) -> [UInt8] {
        order.statementID.bytes + order.signatures.flatMap { $0.keyID.bytes }
    }

    func digest(revoked: [Digest256], closed: [Digest256]) -> Digest256 {
        Digest256.of(ids + [1] + revoked.sorted().flatMap(\.bytes) + [2] + closed.sorted().flatMap(\.bytes))
    }
}
