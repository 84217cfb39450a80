import PortalCore
import PortalProtocol
import PortalStore
import Statements
import TransparencyLog
import Verify
import Vocabulary

/// A chunk brings another entry than the one that is stored at its place: who did that, and how does it go on?
struct Divergence {
    let intake: ChunkIntake
    let log: JournalLog
    /// Position of the first entry that differs.
    let place: Int

    private var prepared: PreparedChunk { intake.prepared }

    func settle() throws -> (outcome: IngestOutcome, memory: ChunkIntake.Memory?) {
        let entries = JournalEntries(intake.transaction, log: log.log)
        let tree = TiledTree(size: log.size, source: entries)
        var frontier = try tree.frontier(at: place)
        let new = prepared.reads.dropFirst(place - prepared.chunk.from)
        for read in new { frontier.append(read.leaf) }
        guard prepared.isVouched(frontier.root) else {
            // The EdgeHSM never signed this: whoever brought it has changed it.
            return try intake.refuse(.altered, .altered, log, "entry \(place) differs, and no checkpoint covers it")
        }
        if let point = try branchPoint(new.first?.entry, entries, tree) { return try branch(at: point) }
        return try intake.halt(log, .forked, .forked, "two signed versions of entry \(place)")
    }

    private func branchPoint(
        _ entry: JournalEntry?,
        _ entries: JournalEntries,
        _ tree: TiledTree<JournalEntries>
    ) throws -> BranchPoint? {
        guard let entry, place > 0, let bytes = try entries.octets(place - 1..<place).first,
            let before = try? JournalEntry(parsing: bytes)
        else { return nil }
        return try BranchPoint(entry, at: place, after: before, heldSize: log.size, heldEpoch: log.epoch) {
            try tree.root(at: $0)
        }
    }

    /// A restored tail: the branch becomes a log of its own, after its shared entries were judged again.
    private func branch(at point: BranchPoint) throws -> (outcome: IngestOutcome, memory: ChunkIntake.Memory?) {
        let logs = JournalLogs(intake.transaction)
        let detail = "goes on from \(point.anchoredSize) anchored entries, \(log.size - point.size) entries were lost"
        let halted = try intake.halt(log, .restoring, .restored, detail)
        var branch = JournalLog(
            log: try logs.nextNumber(),
            edgeHSM: log.edgeHSM,
            factory: log.factory,
            stage: .rebuilding,
            parent: log.log,
            base: point.size,
            root: MerkleHash.empty,
            heardAt: intake.now
        )
        branch.halted = .restored
        branch.haltedAt = intake.now
        try logs.put(branch)
        return (IngestOutcome(log, refusal: halted.outcome.refusal, branch: branch.log), nil)
    }
}
