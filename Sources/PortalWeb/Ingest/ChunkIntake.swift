import PortalCore
import PortalProtocol
import PortalStore
import Statements
import TransparencyLog
import Verify
import Vocabulary

/// Takes one prepared chunk in, within one write transaction.
struct ChunkIntake {
    /// What is remembered of a journal between chunks, so that its snapshot is not read again. The same root means the
    /// same entries, so it fits or it is left aside.
    struct Memory: Sendable {
        let edge: EnrolledEdge
        var log: Int64
        var root: Digest256
        var judge: JournalJudge
        /// Roots at the ends of the last chunks: portal statuses name them.
        var roots: [Int: Digest256] = [:]

        static let mostRoots = 128
    }

    static let largestState = 16 * 1024 * 1024

    let transaction: any SQLTransaction
    let prepared: PreparedChunk
    let rootAuthority: P256Point?
    /// Nil: batches are made elsewhere, and nothing is held against them.
    let grants: (any GrantRegistry)?
    let now: Instant
    let memory: Memory?
    /// What was made of the chunk before this transaction, if it still holds beside what other logs have.
    let draft: ChunkDraft?

    private var logs: JournalLogs { JournalLogs(transaction) }
    private var alarms: Alarms { Alarms(transaction) }

    func run() throws -> (outcome: IngestOutcome, memory: Memory?) {
        let all = try logs.all(of: prepared.edge.edgeHSM)
        if let branch = all.last(where: { $0.stage == .rebuilding }) {
            let held = all.last { $0.stage == .current }
            return (IngestOutcome(held, refusal: Refusal(IngestError.restoring), branch: branch.log), nil)
        }
        let log =
            try all.last { $0.stage == .current }
            ?? JournalLog(
                log: logs.nextNumber(),
                edgeHSM: prepared.edge.edgeHSM,
                factory: prepared.edge.factory,
                root: MerkleHash.empty,
                heardAt: now
            )
        let chunk = prepared.chunk
        guard prepared.checkpoint.edgeHSM == prepared.edge.edgeHSM, prepared.checkpoint.size >= chunk.end else {
            let detail = "checkpoint of \(prepared.checkpoint.size), entries to \(chunk.end)"
            return try refuse(.incomplete, .altered, log, detail)
        }
        if try isLostTail(log) { return (IngestOutcome(log), nil) }
        guard chunk.from <= log.size else {
            return try refuse(.gap, .gap, log, "from \(chunk.from), stored \(log.size)")
        }
        if let place = try firstDifference(log) { return try Divergence(intake: self, log: log, place: place).settle() }
        return prepared.chunk.end > log.size ? try extend(log) : try compare(log)
    }

    /// The first entry that is stored otherwise.
    private func firstDifference(_ log: JournalLog) throws -> Int? {
        let overlap = prepared.chunk.from..<min(log.size, prepared.chunk.end)
        guard !overlap.isEmpty else { return nil }
        let stored = try JournalEntries(transaction, log: log.log).hashes(level: 0, overlap)
        let brought = prepared.reads.prefix(overlap.count).map(\.leaf)
        guard stored != brought else { return nil }
        return zip(stored, brought).enumerated().first { $0.element.0 != $0.element.1 }.map {
            overlap.lowerBound + $0.offset
        }
            ?? overlap.upperBound
    }

    /// A branch is held, and this is a tail that the EdgeHSM lost, brought once more: a log before the branch has it.
    private func isLostTail(_ log: JournalLog) throws -> Bool {
        var (branch, shared) = (log, Int.max)
        while let number = branch.parent, let parent = try logs.log(number) {
            shared = min(shared, branch.base)
            if try isHeld(by: parent, shared: shared) { return true }
            branch = parent
        }
        return false
    }

    private func isHeld(by parent: JournalLog, shared: Int) throws -> Bool {
        guard prepared.checkpoint.size > shared, prepared.chunk.end <= parent.size else { return false }
        let entries = JournalEntries(transaction, log: parent.log)
        if !prepared.reads.isEmpty {
            let stored = try entries.hashes(level: 0, prepared.chunk.from..<prepared.chunk.end)
            guard stored == prepared.reads.map(\.leaf) else { return false }
            if prepared.chunk.end > shared { return true }
        }
        // Shared entries, or none, are the branch's as well: the checkpoint tells.
        guard prepared.checkpoint.size <= parent.size else { return false }
        let tree = TiledTree(size: parent.size, source: entries)
        return try tree.root(at: prepared.checkpoint.size) == prepared.checkpoint.root
    }

    // MARK: Nothing new

    private func compare(_ stored: JournalLog) throws -> (IngestOutcome, Memory?) {
        var log = stored
        let content = prepared.checkpoint
        let tree = TiledTree(size: log.size, source: JournalEntries(transaction, log: log.log))
        guard content.size <= log.size else {
            guard prepared.isVouched(try tree.root(at: prepared.chunk.end)) else {
                return try refuse(.altered, .altered, log, "no proof to size \(content.size)", keeping: true)
            }
            return (IngestOutcome(log), nil)
        }
        guard try tree.root(at: content.size) == content.root else {
            return try halt(log, .forked, .forked, "another root at size \(content.size)")
        }
        guard content.size == log.size else {
            if let held = try log.newestCheckpoint()?.content,
                AlarmRules.isTruncated(content, after: held, clockResetAt: log.clockResetAt)
            {
                return try halt(log, .truncated, .truncated, "\(content.size) at \(content.time), held \(held.size)")
            }
            return (IngestOutcome(log), nil)
        }
        // A checkpoint that is here already is no sign of life: whoever withholds a journal could send it for ever.
        guard log.size > 0, log.checkpointTime.map({ content.time > $0 }) ?? true else {
            return (IngestOutcome(log), nil)
        }
        var judge = try judge(of: log)
        // A heartbeat comes often: what it gets wrong is counted in the alarm alone.
        let raised = AlarmRules.alarms(judge.findings(on: content), at: nil, of: log.edgeHSM)
        try alarms.raise(raised, factory: log.factory, at: now)
        try finish(&log, content)
        return (IngestOutcome(log), remember(log, judge))
    }

    // MARK: New entries

    private func extend(_ stored: JournalLog) throws -> (IngestOutcome, Memory?) {
        var log = stored
        let new = prepared.reads.dropFirst(log.size - prepared.chunk.from)
        guard let draft = try usable(log) ?? judged(new, log) else {
            return try refuse(.altered, .altered, log, "signed root \(prepared.checkpoint.root)", keeping: true)
        }
        guard draft.state.count <= Self.largestState else {
            throw Refusal(IngestError.stateTooLarge, "\(draft.state.count) octets")
        }
        let (judge, work) = (draft.judge, draft.work)
        try draft.rows.write(new.map(\.bytes), in: transaction)
        log.size = judge.size
        log.root = judge.root
        log.epoch = judge.epoch
        log.quarantined += work.notes.count
        let governance = new.filter(\.isGovernance)
        let reset = governance.last { $0.event?.is(ClockReset.self) == true }
        log.clockResetAt = reset?.entry.map { $0.sequence + 1 } ?? log.clockResetAt
        try RollUps(transaction).add(work.tally, log: log.log, at: now) { id in
            draft.places[id]
                ?? .init(edgeHSM: log.edgeHSM, factory: prepared.edge.factory, product: nil, name: nil)
        }
        try JournaledFacts(transaction).note(governance, except: work.notes, of: log.edgeHSM, at: now)
        try Quarantine(transaction).add(work.notes, of: log, at: now)
        try alarms.raise(work.alarms + notGranted(work), factory: log.factory, at: now)
        for release in work.releases { try ReleaseTable(transaction).insert(release) }
        try note(draft.findings, on: &log)
        try finish(&log, prepared.checkpoint)
        try logs.put(judge: draft.state, of: log.log)
        let outcome = IngestOutcome(log, added: new.count, quarantined: log.quarantined - stored.quarantined)
        return (outcome, remember(log, judge))
    }

    /// Authorizations that the portal has not made, whatever their signatures say.
    private func notGranted(_ work: JudgedChunk) throws -> [Alarm] {
        guard let grants, !work.uses.isEmpty else { return [] }
        let granted = try grants.granted(Array(work.uses.keys), in: transaction)
        return work.uses.values.filter { !granted.contains($0.batch.id) }.map {
            AlarmRules.notGranted($0.batch, of: prepared.edge.edgeHSM, at: $0.position)
        }
    }

    /// The draft made before, if it goes on from the log as it is stored.
    private func usable(_ log: JournalLog) -> ChunkDraft? {
        guard let draft, draft.log == log.log, draft.base == log.root, prepared.chunk.from == log.size else {
            return nil
        }
        return draft
    }

    /// Judged now; nil when the checkpoint does not vouch for the entries.
    private func judged(_ new: ArraySlice<ReadEntry>, _ log: JournalLog) throws -> ChunkDraft? {
        let judge = try judge(of: log)
        let growth = LogGrowth(of: judge.frontier, by: new.lazy.map(\.leaf))
        guard prepared.isVouched(growth.root) else { return nil }
        let ledger = StoredLedger(transaction, log: log.log, growth: growth, knownRoots: memory?.roots ?? [:])
        try ledger.prefetch(for: new, in: transaction)
        return try ChunkDraft(prepared, new: new, judge: judge, ledger: ledger, edges: edges())
    }

    /// The judge after the entries stored.
    func judge(of log: JournalLog) throws -> JournalJudge {
        let edge = prepared.edge
        if let memory, memory.edge == edge, memory.log == log.log, memory.root == log.root { return memory.judge }
        let trust = JournalAudit.Trust(identity: edge.identity, root: rootAuthority, enrolment: edge.enrolment)
        guard let state = try logs.judge(of: log.log) else { return JournalJudge(trust: trust) }
        return try JournalJudge(resuming: state, trust: trust)
    }

    private func remember(_ log: JournalLog, _ judge: JournalJudge) -> Memory {
        var roots = memory?.log == log.log ? memory?.roots ?? [:] : [:]
        roots[log.size] = log.root
        if roots.count > Memory.mostRoots, let oldest = roots.keys.min() { roots[oldest] = nil }
        return Memory(edge: prepared.edge, log: log.log, root: log.root, judge: judge, roots: roots)
    }

    /// The EdgeHSM of a log, looked up when a duplicate asks for it.
    private func edges() -> (Int64) throws -> EdgeHSMID? {
        var known: [Int64: EdgeHSMID?] = [:]
        return { number in
            if let found = known[number] { return found }
            let found = try logs.log(number)?.edgeHSM
            known[number] = .some(found)
            return found
        }
    }

    /// What a checkpoint gets wrong, once for each checkpoint.
    private func note(_ findings: [JournalAudit.Finding], on log: inout JournalLog) throws {
        guard !findings.isEmpty else { return }
        log.quarantined += 1
        let note = Quarantine.Note(sequence: nil, kind: "checkpoint", findings: findings)
        try Quarantine(transaction).add([note], of: log, at: now)
        let raised = AlarmRules.alarms(findings, at: nil, of: log.edgeHSM)
        try alarms.raise(raised, factory: log.factory, at: now)
    }

    /// The log row; the EdgeHSM was heard. A checkpoint of more than is stored is not kept: it proves no single entry.
    private func finish(_ log: inout JournalLog, _ content: Checkpoint) throws {
        try alarms.clear(.gap, of: log.edgeHSM, at: now)
        log.heardAt = now
        try noteTime(of: content, on: log)
        if content.size == log.size {
            // Fresh by every rule. Whether an older one ends the silence is for the watch to say.
            let isFresh = !AlarmRules.isSilent(
                lastHeard: content.time,
                now: now,
                allowed: AlarmRules.shortestSilence
            )
            if isFresh, log.isSilent || log.checkpoint == nil {
                try alarms.clear(.silent, of: log.edgeHSM, at: now)
                log.isSilent = false
            }
            let envelope = try prepared.chunk.checkpoint.serialized()
            log.checkpoint = envelope
            log.checkpointTime = content.time
            let day = Int(now.seconds / 86_400)
            try logs.put(checkpoint: envelope, size: content.size, day: day, of: log.log)
        }
        try logs.put(log)
    }

    private func noteTime(of content: Checkpoint, on log: JournalLog) throws {
        guard AlarmRules.isAhead(content, now: now) else {
            return try alarms.clear(.clockAhead, of: log.edgeHSM, at: now)
        }
        let alarm = Alarm(.clockAhead, log.edgeHSM, "a checkpoint of \(content.time), here it is \(now)")
        try alarms.stand(alarm, factory: log.factory, at: now)
    }

    // MARK: Refusals that leave a trace

    /// Nothing is stored of the chunk but an alarm and, where it can prove something, the chunk itself.
    func refuse(
        _ error: IngestError,
        _ kind: AlarmKind,
        _ log: JournalLog,
        _ detail: String,
        keeping: Bool = false
    ) throws -> (outcome: IngestOutcome, memory: Memory?) {
        let alarm = Alarm(kind, log.edgeHSM, sequence: prepared.chunk.from, "\(error.rawValue): \(detail)")
        try alarms.raise([alarm], factory: log.factory, at: now)
        if keeping { try keep(kind, log) }
        return (IngestOutcome(log, refusal: Refusal(error, detail)), nil)
    }

    /// The EdgeHSM's own signatures contradict each other: no package until officers decide.
    func halt(
        _ stored: JournalLog,
        _ error: IngestError,
        _ kind: AlarmKind,
        _ detail: String
    ) throws -> (outcome: IngestOutcome, memory: Memory?) {
        var log = stored
        if log.halted == nil {
            log.haltedAt = now
            // Once for each halt: whatever else such an EdgeHSM brings, it is halted already.
            try PortalLogTable(transaction).enter(
                .haltJournal,
                object: log.edgeHSM.text,
                detail: "\(kind.rawValue): \(detail)",
                at: now
            )
        }
        log.halted = kind
        try logs.put(log)
        return try refuse(error, kind, log, detail, keeping: true)
    }

    func keep(_ kind: AlarmKind, _ log: JournalLog) throws {
        try Evidence(transaction).keep(kind, against: log, prepared.chunk, at: now)
    }
}
