public import PortalCore
internal import Statements
public import Vocabulary

extension JournalRecords {
    /// An authorization whose units are looked for.
    public struct Granted: Sendable, Hashable {
        let batch: Digest256
        let edgeHSM: EdgeHSMID
        /// Its quantity.
        let granted: Int

        public init(batch: Digest256, edgeHSM: EdgeHSMID, granted: Int) {
            (self.batch, self.edgeHSM, self.granted) = (batch, edgeHSM, granted)
        }
    }

    /// What is read of an EdgeHSM's journals once for all its batches.
    private struct Journal {
        /// Oldest first.
        let logs: [JournalLog]
        let current: JournalLog?
        let checkpoint: Checkpoint?
    }

    /// Where the units of an authorization are, by its own EdgeHSM's journal as it goes on; what only a lost tail knows of
    /// it stays counted.
    ///
    /// - Parameter granted: its quantity.
    public func reconciliation(of batch: Digest256, at edge: EdgeHSMID, granted: Int) throws -> Reconciliation {
        try reconciliations([Granted(batch: batch, edgeHSM: edge, granted: granted)])[batch]
            ?? Reconciliation(granted: granted, counted: nil, stated: nil, isClosed: false, isVoid: false)
    }

    /// The same of many, by authorization.
    public func reconciliations(_ batches: [Granted]) throws -> [Digest256: Reconciliation] {
        let table = JournalBatches(transaction)
        let counts = try table.counts(batches.map(\.batch))
        let voids = try table.voids(batches.map(\.batch))
        var journals: [EdgeHSMID: Journal] = [:]
        return try batches.reduce(into: [:]) { found, batch in
            let journal = try journals[batch.edgeHSM] ?? journal(of: batch.edgeHSM)
            journals[batch.edgeHSM] = journal
            found[batch.batch] = reconciliation(of: batch, journal, counts[batch.batch] ?? [], voids[batch.batch] ?? [])
        }
    }

    private func journal(of edge: EdgeHSMID) throws -> Journal {
        let logs = try JournalLogs(transaction).all(of: edge).filter { $0.stage != .rebuilding }
        let current = logs.last { $0.stage == .current }
        return Journal(logs: logs, current: current, checkpoint: try current?.newestCheckpoint()?.content)
    }

    private func reconciliation(
        of batch: Granted,
        _ journal: Journal,
        _ counts: [JournalBatches.Counts],
        _ voids: Set<Int64>
    ) -> Reconciliation {
        guard let log = journal.current else {
            return Reconciliation(granted: batch.granted, counted: nil, stated: nil, isClosed: false, isVoid: false)
        }
        func counted(by log: JournalLog) -> JournalBatches.Counts? { counts.first { $0.log == log.log } }
        let own = counted(by: log)
        let counted = own ?? journal.logs.reversed().lazy.compactMap(counted).first
        return Reconciliation(
            granted: batch.granted,
            counted: counted?.account,
            stated: journal.checkpoint?.accounts.first { $0.authorization == batch.batch },
            isBehind: journal.checkpoint.map { $0.size < log.size } ?? false,
            isClosed: own?.isClosed ?? false,
            isVoid: voids.contains(log.log)
        )
    }
}
