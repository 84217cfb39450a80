import Governance
import PortalCore
import PortalStore
import Statements
import Verify
import Vocabulary

/// What judging the entries of a chunk gave, beside the ledger's rows.
struct JudgedChunk: Sendable {
    let edge: EdgeHSMID
    private(set) var notes: [Quarantine.Note] = []
    private(set) var alarms: [Alarm] = []
    private(set) var tally = RollUpTally()
    /// Allotment given up by entries that nothing is wrong with.
    private(set) var releases: [AllotmentRelease] = []
    /// Authorizations that entries load or use, with the first such entry's position.
    private(set) var uses: [Digest256: (batch: JudgedBatch, position: Int)] = [:]

    init(edge: EdgeHSMID) { self.edge = edge }

    mutating func judge(
        _ reads: ArraySlice<ReadEntry>,
        with judge: inout JournalJudge,
        into ledger: inout StoredLedger,
        edges: (Int64) throws -> EdgeHSMID?
    ) throws {
        for read in reads {
            ledger.turn(to: read)
            let judged = try judge.judge(read, into: &ledger)
            tally.count(judged)
            note(judged)
            let duplicates = try ledger.settle(judged, of: edge, edges: edges)
            guard !judged.findings.isEmpty || !duplicates.isEmpty else { continue }
            let findings = judged.findings + duplicates.map { finding($0, judged.position) }
            notes.append(
                .init(sequence: judged.position, kind: judged.event?.kind ?? "malformed", findings: findings)
            )
            alarms += AlarmRules.alarms(judged.findings, at: judged.position, of: edge) + duplicates
        }
    }

    private mutating func note(_ judged: JudgedEntry) {
        // Closing takes nothing from anybody.
        if let batch = judged.batch, uses[batch.id] == nil, !(judged.event?.is(Closed.self) ?? false) {
            uses[batch.id] = (batch, judged.position)
        }
        guard judged.findings.isEmpty,
            let body = judged.event?.content(as: AllotmentReleased.self)
        else { return }
        releases.append(
            AllotmentRelease(
                order: body.order,
                edgeHSM: edge,
                product: body.product,
                keeps: body.units,
                sequence: body.sequence
            )
        )
    }

    private func finding(_ alarm: Alarm, _ position: Int) -> JournalAudit.Finding {
        let error: IngestError =
            switch alarm.kind {
            case .duplicateKey: .duplicateKey
            case .duplicateSerial: .duplicateSerial
            default: .duplicateChip
            }
        let other = alarm.other.map { "\($0): " } ?? ""
        return .init(sequence: position, refusal: Refusal(error, other + alarm.detail))
    }
}
