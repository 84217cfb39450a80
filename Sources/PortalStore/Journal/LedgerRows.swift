internal import TransparencyLog
internal import Verify
internal import Vocabulary

/// What judging a chunk of entries changed in a log: a value, so that judging may go before the transaction that
/// writes it.
public struct LedgerRows: Sendable {
    struct Batch: Sendable {
        let batch: JudgedBatch
        /// It was loaded just now.
        let isNew: Bool
    }

    /// An authorization that can never be loaded, and the entry that says so.
    struct Void: Sendable {
        let authorization: Digest256
        let position: Int
    }

    let log: Int64
    let parent: Int64?
    let growth: LogGrowth
    let leaves: [Digest256]
    let units: [JournalUnit]
    let credentials: [JournalUnits.Credential]
    let batches: [Batch]
    let voids: [Void]

    /// Writes entries and everything that changed.
    ///
    /// - Parameter octets: of the entries.
    public func write(_ octets: [[UInt8]], in transaction: any SQLTransaction) throws {
        let entries = JournalEntries(transaction, log: log)
        try entries.append(octets, leaves: leaves, from: growth.first)
        try entries.append(growth.subtrees)
        let table = JournalUnits(transaction)
        try table.put(units)
        try table.put(credentials)
        let batchTable = JournalBatches(transaction)
        for batch in batches { try batchTable.put(batch.batch, withTerms: batch.isNew, log: log) }
        for void in voids { try batchTable.putVoid(void.authorization, at: void.position, log: log) }
        if let parent {
            let range = growth.first..<growth.first + leaves.count
            let issued = units.filter { range.contains($0.unit.position) }.map(\.unit.id)
            try table.remove(issued, credentialsIn: range, log: parent)
        }
    }
}
