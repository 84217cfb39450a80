public import PortalCore
public import Statements
public import TransparencyLog
public import Verify
public import Vocabulary

/// The judge's ledger on the portal's tables: what a chunk of entries needs is fetched before, many rows at a time, and
/// what it changed is written at the end. Valid within one transaction.
public final class StoredLedger: UnitLedger {
    public typealias Failure = any Error

    private struct ProductSerial: Hashable {
        let product: ProductName
        let serial: DeviceSerial
    }

    /// A use of a chip, key or serial in another log.
    private struct Use {
        let log: Int64
        let unit: Digest256
        let sequence: Int
        let isLive: Bool
    }

    public let log: Int64
    private let transaction: any SQLTransaction
    private let table: JournalUnits
    private let batchTable: JournalBatches
    private let entries: JournalEntries
    /// Roots at sizes that the portal gave receipts for.
    private let knownRoots: [Int: Digest256]
    /// A log whose rows this one takes over.
    private let parent: Int64?

    private var units: [Digest256: JournalUnit] = [:]
    private var absent: Set<Digest256> = []
    private var changed: Set<Digest256> = []
    /// Units of a chip in this log, newest first.
    private var chips: [ChipUID: [Digest256]] = [:]
    private var keys: [Digest256: Digest256?] = [:]
    private var serials: [ProductSerial: (unit: Digest256, position: Int)?] = [:]
    private var chipsElsewhere: [ChipUID: [Use]] = [:]
    private var keysElsewhere: [Digest256: [Use]] = [:]
    private var serialsElsewhere: [ProductSerial: [Use]] = [:]
    private var batches: [Digest256: JudgedBatch] = [:]
    private var absentBatches: Set<Digest256> = []
    private var changedBatches: Set<Digest256> = []
    private var newBatches: Set<Digest256> = []
    private var credentials: [JournalUnits.Credential] = []
    private var frontier: CompactRange
    private let firstLeaf: Int
    private var leaves: [Digest256] = []
    private var subtrees: [(level: Int, subtree: CompactRange.Subtree)] = []
    /// Station and time of the entry being judged, for rows of units.
    private var present: (station: StationName, time: Instant) = (StationName(validated: "-"), .epoch)

    public init(
        _ transaction: any SQLTransaction,
        log: Int64,
        frontier: CompactRange,
        knownRoots: [Int: Digest256] = [:],
        takingOver parent: Int64? = nil
    ) {
        self.transaction = transaction
        self.log = log
        self.frontier = frontier
        self.knownRoots = knownRoots
        self.parent = parent
        firstLeaf = frontier.size
        table = JournalUnits(transaction)
        batchTable = JournalBatches(transaction)
        entries = JournalEntries(transaction, log: log)
    }

    // MARK: Fetching

    /// Reads at once what these entries will ask for. Without it every question is a query of its own.
    public func prefetch(for reads: [ReadEntry]) throws {
        var wanted = Wanted()
        for read in reads { wanted.add(read.entry?.event.body) }
        for unit in try table.units(Array(wanted.units), log: log) { units[unit.unit.id] = unit }
        absent = wanted.units.filter { units[$0] == nil }
        wanted.chips.formUnion(units.values.map(\.unit.chip))
        try fetchChips(wanted.chips)
        if let found = try table.credentials(ofKeys: Array(wanted.keys)) {
            for key in wanted.keys { keys[key] = .some(nil) }
            for credential in found.sorted(by: { $0.sequence < $1.sequence }) {
                if credential.log == log {
                    keys[credential.deviceKey] = credential.unit
                } else {
                    keysElsewhere[credential.deviceKey, default: []].append(
                        Use(log: credential.log, unit: credential.unit, sequence: credential.sequence, isLive: true)
                    )
                }
            }
        }
        try fetchSerials(wanted.serials)
        for batch in try batchTable.batches(Array(wanted.batches), log: log) { batches[batch.id] = batch }
        absentBatches = wanted.batches.filter { batches[$0] == nil }
    }

    private func fetchChips(_ wanted: Set<ChipUID>) throws {
        guard let found = try table.units(ofChips: Array(wanted)) else { return }
        for chip in wanted { chips[chip] = [] }
        for unit in found.sorted(by: { $0.unit.position > $1.unit.position }) {
            let chip = unit.unit.chip
            if unit.log != log {
                chipsElsewhere[chip, default: []].append(use(unit))
            } else if (chips[chip] ?? []).count < LedgerLimits.unitsOfChip {
                chips[chip, default: []].append(unit.unit.id)
                if units[unit.unit.id] == nil { units[unit.unit.id] = unit }
            }
        }
    }

    private func fetchSerials(_ wanted: Set<DeviceSerial>) throws {
        guard let found = try table.units(ofSerials: Array(wanted)) else { return }
        fetchedSerials = wanted
        for unit in found.sorted(by: { $0.unit.position < $1.unit.position }) {
            let key = ProductSerial(product: unit.unit.product, serial: unit.unit.serial)
            if unit.log == log {
                serials[key] = (unit.unit.id, unit.unit.position)
            } else {
                serialsElsewhere[key, default: []].append(use(unit))
            }
        }
    }

    private var fetchedSerials: Set<DeviceSerial> = []

    private func use(_ unit: JournalUnit) -> Use {
        Use(log: unit.log, unit: unit.unit.id, sequence: unit.unit.position, isLive: unit.unit.isLive)
    }

    // MARK: Questions of the judge

    public func unit(_ id: Digest256) throws -> JudgedUnit? { try row(id)?.unit }

    private func row(_ id: Digest256) throws -> JournalUnit? {
        if let known = units[id] { return known }
        guard !absent.contains(id) else { return nil }
        guard let found = try table.unit(id, log: log) else {
            absent.insert(id)
            return nil
        }
        units[id] = found
        return found
    }

    public func units(of chip: ChipUID) throws -> [JudgedUnit] {
        if chips[chip] == nil {
            let found = try table.units(of: chip, log: log)
            for unit in found where units[unit.unit.id] == nil { units[unit.unit.id] = unit }
            chips[chip] = found.map(\.unit.id)
        }
        return (chips[chip] ?? []).prefix(LedgerLimits.unitsOfChip).compactMap { units[$0]?.unit }
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
        guard (0...frontier.size).contains(size) else { return nil }
        return try TiledTree(size: frontier.size, source: self).root(at: size)
    }

    // MARK: What the judge says

    /// Before an entry is judged: where and when it happened.
    public func turn(to entry: JournalEntry?) {
        let station = (entry?.event.body as? Issued)?.station
        present = (station ?? StationName(validated: "-"), entry?.time ?? .epoch)
    }

    public func put(_ unit: JudgedUnit) throws {
        changed.insert(unit.id)
        guard var known = try row(unit.id) else {
            units[unit.id] = JournalUnit(log: log, unit: unit, station: present.station, at: present.time)
            absent.remove(unit.id)
            return try stand(unit)
        }
        let before = known.unit
        known.unit = unit
        if before.position != unit.position { (known.station, known.issuedAt) = present }
        units[unit.id] = known
        if before.chip != unit.chip || before.serial != unit.serial || before.product != unit.product {
            try displace(before, by: unit)
        } else if before.position != unit.position {
            try stand(unit)
        }
    }

    /// It is the newest of its chip and serial now.
    private func stand(_ unit: JudgedUnit) throws {
        _ = try units(of: unit.chip)
        chips[unit.chip]?.removeAll { $0 == unit.id }
        chips[unit.chip]?.insert(unit.id, at: 0)
        serials[ProductSerial(product: unit.product, serial: unit.serial)] = (unit.id, unit.position)
    }

    /// A unit's id came again with another chip or serial, as no EdgeHSM writes it: what was remembered of both is asked
    /// for anew.
    private func displace(_ before: JudgedUnit, by unit: JudgedUnit) throws {
        try table.put(changed.sorted().compactMap { units[$0] })
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

    public func append(_ leaf: Digest256) {
        leaves.append(leaf)
        frontier.append(leaf) { subtree in
            if let level = TileLevel.of(subtree), level > 0 { subtrees.append((level, subtree)) }
        }
    }

    /// After an entry was judged: its place among those about a unit, and what of it other logs have.
    ///
    /// - Parameter edges: the EdgeHSM of a log.
    public func settle(
        _ judged: JudgedEntry,
        of edge: EdgeHSMID,
        edges: (Int64) throws -> EdgeHSMID?
    ) throws -> [Alarm] {
        let time = judged.entry?.time ?? .epoch
        for unit in [judged.unit, judged.replaced].compactMap({ $0 }) {
            units[unit.id]?.step(judged.position, at: time)
            changed.insert(unit.id)
        }
        if let void = judged.entry?.event.body as? AuthorizationTombstoned {
            try batchTable.putVoid(void.authorization, at: judged.position, log: log)
        }
        guard let credential = judged.credential else { return [] }
        func elsewhere(_ uses: [Use]?) throws -> [AlarmRules.Elsewhere] {
            try (uses ?? []).filter { $0.log != parent }.compactMap { use in
                try edges(use.log).map {
                    .init(edgeHSM: $0, unit: use.unit, sequence: use.sequence, isLive: use.isLive)
                }
            }
        }
        var alarms = AlarmRules.duplicates(
            key: credential.deviceKey,
            of: edge,
            at: judged.position,
            elsewhere: try elsewhere(keysElsewhere[credential.deviceKey])
        )
        guard let issued = judged.entry?.event.body as? Issued, let batch = judged.batch else { return alarms }
        alarms += AlarmRules.duplicates(
            chip: issued.chipUID,
            of: edge,
            at: judged.position,
            elsewhere: try elsewhere(chipsElsewhere[issued.chipUID])
        )
        let serial = ProductSerial(product: batch.terms.content.product, serial: issued.serial)
        alarms += AlarmRules.duplicates(
            serial: issued.serial,
            of: edge,
            at: judged.position,
            elsewhere: try elsewhere(serialsElsewhere[serial])
        )
        return alarms
    }

    /// Writes entries and everything that changed.
    public func flush(_ octets: [[UInt8]]) throws {
        try entries.append(octets, leaves: leaves, from: firstLeaf)
        try entries.append(subtrees)
        let rows = changed.sorted().compactMap { units[$0] }
        try table.put(rows)
        try table.put(credentials)
        for id in changedBatches.sorted() {
            guard let batch = batches[id] else { continue }
            try batchTable.put(batch, withTerms: newBatches.contains(id), log: log)
        }
        if let parent {
            let range = firstLeaf..<frontier.size
            let issued = rows.filter { range.contains($0.unit.position) }.map(\.unit.id)
            try table.remove(issued, credentialsIn: range, log: parent)
        }
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
                : subtrees.first { $0.level == level && $0.subtree.index == index }?.subtree.hash
            if let hash { found.append(hash) }
        }
        return found
    }
}

/// What a chunk's entries will ask the ledger for.
private struct Wanted {
    var units: Set<Digest256> = []
    var chips: Set<ChipUID> = []
    var keys: Set<Digest256> = []
    var serials: Set<DeviceSerial> = []
    var batches: Set<Digest256> = []

    mutating func add(_ body: (any JournalBody)?) {
        switch body {
        case let body as Issued:
            step(body.unit, body.authorization)
            chips.insert(body.chipUID)
            keys.insert(body.deviceKey)
            serials.insert(body.serial)
        case let body as FactoryDataGiven: step(body.unit, body.authorization)
        case let body as KeySealed: step(body.unit, body.authorization)
        case let body as Permitted: step(body.unit, body.authorization)
        case let body as Completed: step(body.unit, body.authorization)
        case let body as Failed: step(body.unit, body.authorization)
        case let body as DebugUnlocked:
            step(body.unit, body.authorization)
            chips.insert(body.chipUID)
        case let body as Reprovisioned:
            step(body.unit, body.authorization)
            chips.insert(body.chipUID)
        case let body as Rotated:
            step(body.unit, body.authorization)
            keys.insert(body.deviceKey)
        case let body as Burned: batches.insert(body.authorization)
        case let body as Closed: batches.insert(body.authorization)
        case let body as AuthorizationTombstoned: batches.insert(body.authorization)
        case let body as AuthorizationLoaded: batches.insert(body.authorization.statementID)
        default: break
        }
    }

    private mutating func step(_ unit: Digest256, _ batch: Digest256) {
        units.insert(unit)
        batches.insert(batch)
    }
}
