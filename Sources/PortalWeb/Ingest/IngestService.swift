internal import PortalCore
public import PortalProtocol
public import PortalStore
internal import Statements
internal import Synchronization
internal import TransparencyLog
internal import Verify
public import Vocabulary

/// Takes journals in, one transaction a chunk: reading, signatures and mostly judging go before the writer's turn and on
/// all cores. Sending a chunk again changes nothing.
public final class IngestService: Sendable {
    private let database: any PortalDatabase
    private let registry: any EdgeRegistry
    private let rootAuthority: P256Point?
    private let grants: (any GrantRegistry)?
    private let now: @Sendable () -> Instant
    private let memory = Mutex<[EdgeHSMID: ChunkIntake.Memory]>([:])
    private let turns = EdgeTurns()
    private let uses = RecentUses()
    /// Size of the newest checkpoint that came, of EdgeHSMs that are enrolled.
    private let newest = Mutex<[EdgeHSMID: Int]>([:])

    /// How far the EdgeHSMs' own checkpoints reached, since this process runs.
    var announced: [EdgeHSMID: Int] { newest.withLock { $0 } }

    /// Journals whose judge is kept in memory.
    private static let mostRemembered = 64
    private static let readers = 4
    /// Octets of entries in one chunk.
    private static let mostOctets = 6 * 1024 * 1024
    private static let longestJournal = 1 << 48

    /// - Parameters:
    ///   - rootAuthority: the OEM's root key, which journals must obey.
    ///   - grants: authorizations that are not in it raise an alarm; nil where batches are made elsewhere.
    public init(
        database: any PortalDatabase,
        registry: any EdgeRegistry,
        rootAuthority: P256Point?,
        grants: (any GrantRegistry)? = StoredGrants(),
        now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.registry = registry
        self.rootAuthority = rootAuthority
        self.grants = grants
        self.now = now
    }

    /// Takes a chunk in; chunks of one EdgeHSM one after the other.
    ///
    /// Throws `portal.journal.edge-unknown`, `portal.journal.too-large`, `portal.journal.checkpoint` and what the database
    /// throws, having changed nothing. Every other refusal is in the outcome, with the stored size to go on from.
    ///
    /// - Parameter factory: who brings it; nil when it does not matter.
    public func ingest(_ chunk: JournalChunk, from factory: FactoryID?) async throws -> IngestOutcome {
        let prepared = try await prepare(chunk, from: factory)
        return try await turns.run(chunk.edgeHSM) { try await self.store(prepared) }
    }

    /// The part without state: may run for the next chunk while this one is stored.
    public func prepare(_ chunk: JournalChunk, from factory: FactoryID?) async throws -> PreparedChunk {
        let octets = chunk.entries.reduce(0) { $0 + $1.bytes.count }
        guard chunk.entries.count <= SyncLimits.mostItems, octets <= Self.mostOctets, chunk.from >= 0,
            chunk.from <= Self.longestJournal, chunk.consistency.count <= Int.bitWidth
        else {
            throw Refusal(IngestError.tooLarge, "\(chunk.entries.count) entries, \(octets) octets")
        }
        let edge = try await database.read { [registry] in try registry.edge(chunk.edgeHSM, in: $0) }
        guard let edge, factory == nil || edge.factory == factory else { throw Refusal(IngestError.edgeUnknown) }
        let checkpoint: Checkpoint
        do {
            checkpoint = try Verified<Checkpoint>(chunk.checkpoint, signedBy: edge.identity).content
        } catch let refusal as Refusal {
            throw Refusal(IngestError.checkpoint, "\(refusal.code) \(refusal.detail)")
        }
        let issuers = memory.withLock { $0[chunk.edgeHSM]?.judge.issuers } ?? []
        let reads = await Self.read(chunk.entries, issuers: issuers)
        return PreparedChunk(
            chunk: chunk,
            edge: edge,
            reads: reads,
            checkpoint: checkpoint,
            claims: RecentUses.Claims(reads)
        )
    }

    /// The part with state: judged beside what others write, and taken in by one transaction. Chunks of one EdgeHSM must come in their order to be accepted.
    public func store(_ prepared: PreparedChunk) async throws -> IngestOutcome {
        let edge = prepared.edge.edgeHSM
        let known = memory.withLock { $0[edge] }
        let seen = uses.seen
        let draft = try await ChunkDraft.ahead(of: prepared, memory: known) { [database] body in
            try await database.readNewest(body)
        }
        let (rootAuthority, registry, grants) = (rootAuthority, registry, grants)
        let (uses, time) = (uses, now())
        let number = uses.begin(prepared.claims)
        defer { uses.end(number) }
        let (outcome, kept) = try await database.write("ingest") { transaction in
            let isTouched = uses.isTouched(prepared.claims, after: seen, by: number)
            guard try registry.edge(edge, in: transaction) == prepared.edge else {
                throw Refusal(IngestError.edgeUnknown, "the enrolment was changed meanwhile")
            }
            return try ChunkIntake(
                transaction: transaction,
                prepared: prepared,
                rootAuthority: rootAuthority,
                grants: grants,
                now: time,
                memory: known,
                draft: isTouched ? nil : draft
            ).run()
        }
        newest.withLock { $0[edge] = max($0[edge] ?? 0, prepared.checkpoint.size) }
        if let kept { remember(kept, of: edge) }
        if let branch = outcome.branch { try await rebuild(branch) }
        return outcome
    }

    private func remember(_ kept: ChunkIntake.Memory, of edge: EdgeHSMID) {
        memory.withLock { memory in
            if memory[edge] == nil, memory.count >= Self.mostRemembered, let other = memory.keys.first {
                memory[other] = nil
            }
            memory[edge] = kept
        }
    }

    private static func read(_ entries: [Octets], issuers: IssuerKeys) async -> [ReadEntry] {
        let reads = await inParts(entries) { ReadEntry($0.bytes, issuers: issuers) }
        // The journal's first entries: their DACs are by a PAI that they install themselves.
        let installed = reads.compactMap(\.installedPAI)
        guard !installed.isEmpty else { return reads }
        let theirs = IssuerKeys(pais: installed)
        return await inParts(reads) { $0.verified(with: theirs) }
    }

    /// In their order, on all cores.
    private static func inParts<Element: Sendable, Value: Sendable>(
        _ elements: [Element],
        _ change: @escaping @Sendable (Element) -> Value
    ) async -> [Value] {
        let width = max(32, (elements.count + readers - 1) / readers)
        let starts = stride(from: 0, to: elements.count, by: width)
        return await withTaskGroup(of: (Int, [Value]).self) { group in
            for start in starts {
                let part = elements[start..<min(start + width, elements.count)]
                group.addTask { (start, part.map(change)) }
            }
            var parts: [Int: [Value]] = [:]
            for await (start, part) in group { parts[start] = part }
            return starts.flatMap { parts[$0] ?? [] }
        }
    }

    // MARK: After a lost tail

    /// Entries of a branch judged again in one transaction.
    private static let rebuildStep = 1_000

    /// Goes on with branches that a stop interrupted. Call it at start.
    public func resume() async throws {
        var last: Int64 = 0
        while true {
            let after = last
            let page = try await database.read { try JournalLogs($0).list(after: after, limit: 1_000) }
            guard let end = page.last else { return }
            for log in page where log.stage == .rebuilding { try await rebuild(log.log) }
            last = end.log
        }
    }

    /// Judges the entries that a branch shares with its parent again, from the first on, and then makes it the journal of
    /// its EdgeHSM. Each step is a transaction of its own.
    private func rebuild(_ branch: Int64) async throws {
        let rootAuthority = rootAuthority
        let registry = registry
        var isDone = false
        while !isDone {
            isDone = try await database.write("rebuild") { transaction in
                try BranchRebuild(
                    transaction: transaction,
                    registry: registry,
                    rootAuthority: rootAuthority,
                    branch: branch,
                    most: Self.rebuildStep
                ).step()
            }
        }
    }
}
