public import PortalCore
internal import Statements
public import TransparencyLog
public import Verify
public import Vocabulary

/// The judge's ledger on the portal's tables: what a chunk of entries needs is fetched before, many rows at a time, and
/// what it changed is what `rows` writes at the end. Valid within one transaction, or without any, as long as nothing
/// is asked for that was not fetched.
public final class StoredLedger: UnitLedger {
    public typealias Failure = any Error

    public let log: Int64
    private let table: JournalUnits
    private let batchTable: JournalBatches
    private let entries: JournalEntries
    /// Roots at sizes that the portal gave receipts for.
    private let knownRoots: [Int: Digest256]
    /// A log whose rows this one takes over.
    private let parent: Int64?

    /// A unit's row. By reference: an entry asks for it several times, and it is many fields.
    private final class Row {
        var value: JournalUnit
        var isChanged = false
        var id: Digest256 { value.unit.id }
        init(_ value: JournalUnit) { self.value = value }
    }

    private var units: [Digest256: Row] = [:]
    /// The row asked for last: an entry is about one unit.
    private var present: Row?
    private var absent: Set<Digest256> = []
    private var changed: [Row] = []
    /// Units of a chip in this log, newest first.
    private var chips: [ChipUID: [Row]] = [:]
    private var keys: [Digest256: Digest256?] = [:]
    private var serials: [ProductSerial: (unit: Digest256, position: Int)?] = [:]
    private var elsewhere: UsesElsewhere
    private var batches: [Digest256: JudgedBatch] = [:]
    private var absentBatches: Set<Digest256> = []
    private var changedBatches: Set<Digest256> = []
    private var newBatches: Set<Digest256> = []
    private var credentials: [JournalUnits.Credential] = []
    private var voids: [LedgerRows.Void] = []
    private let growth: LogGrowth
    private var leaves: [Digest256] = []
    private var firstLeaf: Int { growth.first }
    /// Entries judged.
    private var size: Int { growth.first + leaves.count }
    /// Station and time of the entry being judged, for rows of units.
    private var scene: (station: StationName, time: Instant) = (StationName(validated: "-"), .epoch)

    /// - Parameter growth: what the log's tree becomes by the entries that will be judged.
    public init(
        _ transaction: any SQLTransaction,
        log: Int64,
        growth: LogGrowth,
        knownRoots: [Int: Digest256] = [:],
        takingOver parent: Int64? = nil
    ) {
        self.log = log
        self.growth = growth
        self.knownRoots = knownRoots
        self.parent = parent
        table = JournalUnits(transaction)
        batchTable = JournalBatches(transaction)
        entries = JournalEntries(transaction, log: log)
        elsewhere = UsesElsewhere(table, than: log, parent)
    }

    // MARK: Fetching

    /// Reads at once what these entries will ask for. Without it every question is a query of its own.
    public func prefetch(for reads: some Sequence<ReadEntry>, in transaction: any SQLTransaction) throws {
        try adopt(LedgerFacts(for: reads, log: log, in: transaction))
    }

    /// Takes over what was read before.
    public func adopt(_ facts: LedgerFacts) {
        for unit in facts.units { units[unit.unit.id] = Row(unit) }
        absent = facts.wanted.units.filter { units[$0] == nil }
        adoptChips(facts)
        if let found = facts.credentials {
            elsewhere.adopt(found)
            for key in facts.wanted.keys { keys[key] = .some(nil) }
            for credential in found.sorted(by: { $0.sequence < $1.sequence }) where credential.log == log {
                keys[credential.deviceKey] = credential.unit
            }
        }
        adoptSerials(facts)
        for batch in facts.batches { batches[batch.id] = batch }
        absentBatches = facts.wanted.batches.filter { batches[$0] == nil }
    }

    private func adoptChips(_ facts: LedgerFacts) {
        guard let found = facts.unitsOfChips else { return }
        elsewhere.adopt(ofChips: found)
        for chip in facts.chips { chips[chip] = [] }
        for unit in found.sorted(by: { $0.unit.position > $1.unit.position }) where unit.log == log {
            let chip = unit.unit.chip
            if (chips[chip] ?? []).count < LedgerLimits.unitsOfChip { chips[chip, default: []].append(kept(unit)) }
        }
    }

    /// The row of a unit that was read, as it is here.
    private func kept(_ unit: JournalUnit) -> Row {
        if let known = units[unit.unit.id] { return known }
        let row = Row(unit)
        units[unit.unit.id] = row
        return row
    }

    private func adoptSerials(_ facts: LedgerFacts) {
        guard let found = facts.unitsOfSerials else { return }
        elsewhere.adopt(ofSerials: found)
        fetchedSerials = facts.wanted.serials
        for unit in found.sorted(by: { $0.unit.position < $1.unit.position }) where unit.log == log {
            let key = ProductSerial(product: unit.unit.product, serial: unit.unit.serial)
            serials[key] = (unit.unit.id, unit.unit.position)
        }
    }

    private var fetchedSerials: Set<DeviceSerial> = []

    // MARK: Questions of the judge

    public func unit(_ id: Digest256) throws -> JudgedUnit? { try row(id)?.value.unit }

    private func row(_ id: Digest256) throws -> Row? {
        if let present, present.id == id { return present }
        if let known = units[id] {
            present = known
            return known
        }
        guard !absent.contains(id) else { return nil }
        guard let found = try table.unit(id, log: log) else {
            absent.insert(id)
            return nil
        }
        return kept(found)
    }

    public func units(of chip: ChipUID) throws -> [JudgedUnit] { try rows(of: chip).map(\.value.unit) }

    public func newest(of chip: ChipUID, batch: Digest256) throws -> Digest256? {
        try rows(of: chip).first { $0.value.unit.batch == batch }?.id
    }

    private func rows(of chip: ChipUID) throws -> ArraySlice<Row> {
        let known: [Row]
        if let found = chips[chip] {
            known = found
        } else {
            known = try table.units(of: chip, log: log).map(kept)
            chips[chip] = known
        }
        return known.prefix(LedgerLimits.unitsOfChip)
    }

    public func owner(ofKey key: Digest256) throws -> Digest256? {
        if let known = keys[key] { return known }
        let found = try table.newest(ofKey: key, log: log)?.unit
        keys[key] = .some(found)
        return found
    }

    public func owner(of serial: DeviceSerial, product: ProductName) throws -> Digest256? {
        let key = ProductSerial(product: product, serial: serial)
        if let known = serials[key] { return known?.unit }
        if fetchedSerials.contains(serial) { return nil }
        let found = try table.newest(of: serial, product: product, log: log).map { ($0.unit.id, $0.unit.position) }
        serials[key] = .some(found)
        return found?.0
    }

    public func batch(_ id: Digest256) throws -> JudgedBatch? {
        if let known = batches[id] { return known }
        guard !absentBatches.contains(id) else { return nil }
        guard let found = try batchTable.batch(id, log: log) else {
            absentBatches.insert(id)
            return nil
        }
        batches[id] = found
        return found
    }

    public func root(at size: Int) throws -> Digest256? {
        if let known = knownRoots[size] { return known }
        guard (0...self.size).contains(size) else { return nil }
        return try TiledTree(size: self.size, source: self).root(at: size)
    }

    // MARK: What the judge says

    /// Before an entry is judged: where and when it happened.
    public func turn(to read: ReadEntry) {
        let station = read.event?.content(as: Issued.self)?.station
        scene = (station ?? StationName(validated: "-"), read.time ?? .epoch)
    }

    public func put(_ unit: JudgedUnit) throws {
        guard let row = try row(unit.id) else {
            let row = Row(JournalUnit(log: log, unit: unit, station: scene.station, at: scene.time))
            units[unit.id] = row
            absent.remove(unit.id)
            change(row)
            return try stand(row)
        }
        let before = row.value.unit
        row.value.unit = unit
        if before.position != unit.position { (row.value.station, row.value.issuedAt) = scene }
        change(row)
        if before.chip != unit.chip || before.serial != unit.serial || before.product != unit.product {
            try displace(before, by: unit)
        } else if before.position != unit.position {
            try stand(row)
        }
    }

    private func change(_ row: Row) {
        guard !row.isChanged else { return }
        row.isChanged = true
        changed.append(row)
    }

    /// What changed, in the order of ids: neighbours in the index, and the same for every order of entries.
    private var changedUnits: [JournalUnit] { changed.sorted { $0.id < $1.id }.map(\.value) }

    /// It is the newest of its chip and serial now.
    private func stand(_ row: Row) throws {
        let unit = row.value.unit
        _ = try rows(of: unit.chip)
        chips[unit.chip]?.removeAll { $0 === row }
        chips[unit.chip]?.insert(row, at: 0)
        serials[ProductSerial(product: unit.product, serial: unit.serial)] = (unit.id, unit.position)
    }

    /// A unit's id came again with another chip or serial, as no EdgeHSM writes it: what was remembered of both is asked
    /// for anew.
    private func displace(_ before: JudgedUnit, by unit: JudgedUnit) throws {
        try table.put(changedUnits)
        for unit in [before, unit] {
            chips[unit.chip] = nil
            serials[ProductSerial(product: unit.product, serial: unit.serial)] = nil
            fetchedSerials.remove(unit.serial)
        }
    }

    public func put(_ credential: JudgedCredential) {
        keys[credential.deviceKey] = credential.unit
        credentials.append(JournalUnits.Credential(log: log, credential))
    }

    public func put(_ batch: JudgedBatch) {
        if batches[batch.id]?.terms != batch.terms { newBatches.insert(batch.id) }
        batches[batch.id] = batch
        changedBatches.insert(batch.id)
    }

    public func append(_ leaf: Digest256) { leaves.append(leaf) }

    /// After an entry was judged: its place among those about a unit, and what of it other logs have.
    ///
    /// - Parameter edges: the EdgeHSM of a log.
    public func settle(
        _ judged: JudgedEntry,
        of edge: EdgeHSMID,
        edges: (Int64) throws -> EdgeHSMID?
    ) throws -> [Alarm] {
        let time = judged.time ?? .epoch
        try step(judged.unit, judged.position, time)
        try step(judged.replaced, judged.position, time)
        if let void = judged.event?.content(as: AuthorizationTombstoned.self) {
            voids.append(.init(authorization: void.authorization, position: judged.position))
        }
        guard let credential = judged.credential else { return [] }
        func places(_ uses: [UsesElsewhere.Use]) throws -> [AlarmRules.Elsewhere] {
            try uses.compactMap { use in
                try edges(use.log).map {
                    .init(edgeHSM: $0, unit: use.unit, sequence: use.sequence, isLive: use.isLive)
                }
            }
        }
        var alarms = AlarmRules.duplicates(
            key: credential.deviceKey,
            of: edge,
            at: judged.position,
            elsewhere: try places(elsewhere.uses(of: credential.deviceKey))
        )
        guard let issued = judged.event?.content(as: Issued.self), let batch = judged.batch else { return alarms }
        alarms += AlarmRules.duplicates(
            chip: issued.chipUID,
            of: edge,
            at: judged.position,
            elsewhere: try places(elsewhere.uses(of: issued.chipUID))
        )
        let serial = ProductSerial(product: batch.terms.content.product, serial: issued.serial)
        alarms += AlarmRules.duplicates(
            serial: issued.serial,
            of: edge,
            at: judged.position,
            elsewhere: try places(elsewhere.uses(of: serial))
        )
        return alarms
    }

    private func step(_ unit: JudgedUnit?, _ position: Int, _ time: Instant) throws {
        guard let unit, let row = try row(unit.id) else { return }
        row.value.step(position, at: time)
        change(row)
    }

    /// Everything that changed.
    public var rows: LedgerRows {
        LedgerRows(
            log: log,
            parent: parent,
            growth: growth,
            leaves: leaves,
            units: changedUnits,
            credentials: credentials,
            batches: changedBatches.sorted().compactMap { id in
                batches[id].map { .init(batch: $0, isNew: newBatches.contains(id)) }
            },
            voids: voids
        )
    }
}

extension StoredLedger: TileSource {
    /// Stored hashes and those of this chunk, which are not written yet.
    public func hashes(level: Int, _ range: Range<Int>) throws -> [Digest256] {
        let width = 1 << (8 * level)
        let stored = firstLeaf / width
        var found: [Digest256] = []
        if range.lowerBound < stored {
            found = try entries.hashes(level: level, range.lowerBound..<min(range.upperBound, stored))
        }
        for index in range where index >= stored {
            let hash =
                level == 0
                ? (leaves.indices.contains(index - firstLeaf) ? leaves[index - firstLeaf] : nil)
                : growth.subtrees.first { $0.level == level && $0.subtree.index == index }?.subtree.hash
            if let hash { found.append(hash) }
        }
        return found
    }
}
