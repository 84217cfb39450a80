internal import Statements
public import Verify
internal import Vocabulary

/// What is stored of everything that a chunk's entries name, in this log and in others.
public struct LedgerFacts: Sendable {
    let wanted: WantedRows
    /// Chips of the entries and of the units that they are about.
    let chips: Set<ChipUID>
    let units: [JournalUnit]
    /// Nil when there are more than an honest line makes: then each is asked for alone, in this log and in others.
    let unitsOfChips: [JournalUnit]?
    let unitsOfSerials: [JournalUnit]?
    let credentials: [JournalUnits.Credential]?
    let batches: [JudgedBatch]

    public init(for reads: some Sequence<ReadEntry>, log: Int64, in transaction: any SQLTransaction) throws {
        var wanted = WantedRows()
        for read in reads { if let event = read.event { wanted.add(event) } }
        let table = JournalUnits(transaction)
        units = try table.units(Array(wanted.units), log: log)
        chips = wanted.chips.union(units.map(\.unit.chip))
        unitsOfChips = try table.units(ofChips: Array(chips))
        unitsOfSerials = try table.units(ofSerials: Array(wanted.serials))
        credentials = try table.credentials(ofKeys: Array(wanted.keys))
        batches = try JournalBatches(transaction).batches(Array(wanted.batches), log: log)
        self.wanted = wanted
    }
}
