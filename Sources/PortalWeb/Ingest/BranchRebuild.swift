import PortalCore
import PortalStore
import Statements
import TransparencyLog
import Verify
import Vocabulary

/// One step of bringing a branch to where it parts from its parent: the shared entries are copied and judged again,
/// units and credentials move over, so that the parent keeps those of its lost tail alone. Roll-ups and quarantine keep
/// what they counted.
struct BranchRebuild {
    let transaction: any SQLTransaction
    let registry: any EdgeRegistry
    let rootAuthority: P256Point?
    let branch: Int64
    let most: Int

    /// True when there is nothing left to do.
    func step() throws -> Bool {
        let logs = JournalLogs(transaction)
        guard var log = try logs.log(branch), log.stage == .rebuilding, let parent = log.parent else { return true }
        guard var old = try logs.log(parent), let edge = try registry.edge(log.edgeHSM, in: transaction) else {
            throw Refusal(IngestError.edgeUnknown, log.edgeHSM.text)
        }
        let trust = JournalAudit.Trust(identity: edge.identity, root: rootAuthority, enrolment: edge.enrolment)
        var judge =
            try logs.judge(of: branch).map { try JournalJudge(resuming: $0, trust: trust) }
            ?? JournalJudge(trust: trust)
        let end = min(log.size + most, log.base)
        let preparations = PreparationTable(transaction)
        if log.size == 0 { try preparations.forgetJournaled(of: log.edgeHSM) }
        let octets = try JournalEntries(transaction, log: parent).octets(log.size..<end)
        let issuers = judge.issuers
        let reads = octets.map { ReadEntry($0, issuers: issuers) }
        let growth = LogGrowth(of: judge.frontier, by: reads.lazy.map(\.leaf))
        var ledger = StoredLedger(transaction, log: branch, growth: growth, takingOver: parent)
        var work = JudgedChunk(edge: log.edgeHSM)
        try ledger.prefetch(for: reads, in: transaction)
        try work.judge(reads[...], with: &judge, into: &ledger, edges: { _ in nil })
        try ledger.rows.write(octets, in: transaction)
        try JournaledFacts(transaction).noteAgain(reads, except: work.notes, of: log.edgeHSM)
        try logs.put(judge: judge.snapshot(), of: branch)
        log.size = judge.size
        log.root = judge.root
        log.epoch = judge.epoch
        log.quarantined += work.notes.count
        if log.size == log.base {
            log.stage = .current
            old.stage = .superseded
            try logs.put(old)
        }
        try logs.put(log)
        if log.stage == .current {
            try BatchTable(transaction).unsettle(log.edgeHSM)
            try preparations.dropUnprepared(of: log.edgeHSM)
        }
        return log.stage == .current
    }
}
