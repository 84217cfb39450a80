import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Verify
import Vocabulary

/// New entries judged, and what is to be written of it. All that it rests on is the log's own past and what the entries
/// name in other logs, so it may be made before the transaction that writes it, while other chunks are written.
struct ChunkDraft: Sendable {
    let log: Int64
    /// Of the log before the new entries.
    let base: Digest256
    /// After them.
    let judge: JournalJudge
    let state: [UInt8]
    let work: JudgedChunk
    /// What the checkpoint gets wrong, where it is of exactly these entries.
    let findings: [JournalAudit.Finding]
    let rows: LedgerRows
    let places: [Digest256: RollUps.Place]

    /// - Parameters:
    ///   - new: the entries that are not stored yet.
    ///   - judge: after those that are.
    ///   - edges: the EdgeHSM of another log.
    init(
        _ prepared: PreparedChunk,
        new: ArraySlice<ReadEntry>,
        judge before: JournalJudge,
        ledger: StoredLedger,
        edges: (Int64) throws -> EdgeHSMID?
    ) throws {
        var (judge, ledger) = (before, ledger)
        var work = JudgedChunk(edge: prepared.edge.edgeHSM)
        try work.judge(new, with: &judge, into: &ledger, edges: edges)
        var places: [Digest256: RollUps.Place] = [:]
        for key in work.tally.counts.keys where places[key.authorization] == nil {
            let id = key.authorization
            let content = try id == .zero ? nil : ledger.batch(id)?.terms.content
            places[id] = RollUps.Place(
                edgeHSM: prepared.edge.edgeHSM,
                factory: prepared.edge.factory,
                product: content?.product,
                name: content?.batch
            )
        }
        findings = prepared.checkpoint.size == judge.size ? judge.findings(on: prepared.checkpoint) : []
        log = ledger.log
        base = before.root
        state = try judge.snapshot()
        rows = ledger.rows
        self.judge = judge
        self.work = work
        self.places = places
    }

    /// Before the transaction; nil where only the transaction can tell: nothing is remembered of the log, entries are
    /// here already or not vouched for, or something is asked for that was not read.
    ///
    /// - Parameter read: reads between two writes.
    static func ahead(
        of prepared: PreparedChunk,
        memory: ChunkIntake.Memory?,
        _ read: (_ body: @escaping @Sendable (any SQLTransaction) throws -> LedgerFacts) async throws -> LedgerFacts
    ) async throws -> ChunkDraft? {
        guard let memory, memory.edge == prepared.edge, memory.judge.size == prepared.chunk.from,
            !prepared.reads.isEmpty
        else { return nil }
        let growth = LogGrowth(of: memory.judge.frontier, by: prepared.reads.lazy.map(\.leaf))
        guard prepared.isVouched(growth.root) else { return nil }
        let facts = try await read { try LedgerFacts(for: prepared.reads, log: memory.log, in: $0) }
        let ledger = StoredLedger(NoTransaction(), log: memory.log, growth: growth, knownRoots: memory.roots)
        ledger.adopt(facts)
        do {
            return try ChunkDraft(prepared, new: prepared.reads[...], judge: memory.judge, ledger: ledger) { _ in
                throw NoTransaction.Needed()
            }
        } catch is NoTransaction.Needed { return nil }
    }
}
