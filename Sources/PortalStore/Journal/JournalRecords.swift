public import Statements
internal import TransparencyLog
public import Verify
public import Vocabulary

/// What people ask of the journals: units, their entries, proofs, and where a batch's units are. No answer reads more
/// rows than it shows.
public struct JournalRecords {
    let transaction: any SQLTransaction

    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// A unit with its journal and its DACs.
    public struct UnitRecord: Sendable, Hashable {
        public let unit: JournalUnit
        public let edgeHSM: EdgeHSMID
        public let factory: FactoryID
        /// False in the tail that an EdgeHSM lost.
        public let isCurrent: Bool
        /// Its batch; nil when the journal loaded none of that id.
        public let batch: JudgedBatch?
    }

    /// What a unit is looked up by.
    public enum Key: Sendable, Hashable {
        case serial(DeviceSerial)
        case chip(ChipUID)
        /// Serial number of a DAC, lower-case hexadecimal.
        case dac(String)
        case deviceKey(Digest256)
    }

    /// The units of one key, 64 at most: of one product and EdgeHSM there is one.
    public func units(by key: Key) throws -> [UnitRecord] {
        let table = JournalUnits(transaction)
        let found: [JournalUnit] =
            switch key {
            case .serial(let serial): try table.units(of: serial)
            case .chip(let chip): try table.units(of: chip)
            case .dac(let serial):
                try table.credentials(dacSerial: serial).compactMap { try table.unit($0.unit, log: $0.log) }
            case .deviceKey(let key):
                try table.credentials(of: key).compactMap { try table.unit($0.unit, log: $0.log) }
            }
        return try found.compactMap(record)
    }

    /// Units of a batch, by serial number: see `BatchUnits`.
    public func units(
        ofBatch batch: Digest256,
        serials: (first: DeviceSerial, last: DeviceSerial),
        stage: JudgedUnit.Stage?,
        after: BatchUnits.Place?,
        limit: Int
    ) throws -> BatchUnits.Found<UnitRecord> {
        let found = try BatchUnits(transaction)
            .find(batch, serials: serials, stage: stage, after: after, limit: limit)
        return BatchUnits.Found(units: try records(found.units), next: found.next)
    }

    /// Units by when they were certified: see `JournalSearch`.
    public func units(
        _ filter: JournalSearch.Filter,
        before: JournalSearch.Place?,
        limit: Int
    ) throws -> [UnitRecord] {
        try records(JournalSearch(transaction).units(filter, before: before, limit: limit))
    }

    /// Neighbours share logs and batches, whose terms are large: each is read once.
    private func records(_ units: [JournalUnit]) throws -> [UnitRecord] {
        var logs: [Int64: JournalLog?] = [:]
        var batches: [Digest256: [Int64: JudgedBatch?]] = [:]
        return try units.compactMap { unit in
            let log = try logs[unit.log] ?? JournalLogs(transaction).log(unit.log)
            logs[unit.log] = .some(log)
            let id = unit.unit.batch
            let batch = try batches[id]?[unit.log] ?? JournalBatches(transaction).batch(id, log: unit.log)
            batches[id, default: [:]][unit.log] = .some(batch)
            return log.map { Self.record(unit, $0, batch) }
        }
    }

    /// A unit of one log.
    public func unit(_ id: Digest256, log: Int64) throws -> UnitRecord? {
        try JournalUnits(transaction).unit(id, log: log).flatMap(record)
    }

    private func record(_ unit: JournalUnit) throws -> UnitRecord? {
        guard let log = try JournalLogs(transaction).log(unit.log) else { return nil }
        return Self.record(unit, log, try JournalBatches(transaction).batch(unit.unit.batch, log: unit.log))
    }

    private static func record(_ unit: JournalUnit, _ log: JournalLog, _ batch: JudgedBatch?) -> UnitRecord {
        UnitRecord(
            unit: unit,
            edgeHSM: log.edgeHSM,
            factory: log.factory,
            isCurrent: log.stage != .superseded,
            batch: batch
        )
    }

    /// The same chip's unit before its re-provisioning, and the one after: see `JournalUnits.generations`.
    public func generations(beside record: UnitRecord) throws -> [UnitRecord] {
        try records(JournalUnits(transaction).generations(beside: record.unit))
    }

    /// The entry that issued a unit; nil where what stands there is none, or another's.
    public func issue(of unit: JournalUnit) throws -> Issued? {
        let position = unit.unit.position
        guard let octets = try JournalEntries(transaction, log: unit.log).octets(position..<position + 1).first,
            let entry = try? JournalEntry(parsing: octets), let issued = entry.event.body as? Issued,
            issued.unit == unit.unit.id, issued.authorization == unit.unit.batch
        else { return nil }
        return issued
    }

    /// The entries about a unit in order, as they were signed for.
    public func entries(of unit: JournalUnit) throws -> [(sequence: Int, entry: [UInt8])] {
        try JournalEntries(transaction, log: unit.log).octets(at: unit.steps)
    }

    /// The proof that an entry stands in its journal; nil when there is none such or no checkpoint of it yet.
    ///
    /// - Parameters:
    ///   - enrolment: of the EdgeHSM.
    ///   - roleKeys: the chain of RoleKeys from the first on.
    public func proof(
        of sequence: Int,
        log number: Int64,
        enrolment: Envelope?,
        roleKeys: [Envelope]?
    ) throws -> InclusionFile? {
        guard let log = try JournalLogs(transaction).log(number),
            let (checkpoint, content) = try log.newestCheckpoint(),
            content.size <= log.size, (0..<content.size).contains(sequence)
        else { return nil }
        let entries = JournalEntries(transaction, log: number)
        guard let entry = try entries.octets(sequence..<sequence + 1).first else { return nil }
        let proof = try TiledTree(size: log.size, source: entries).inclusion(of: sequence, size: content.size)
        return InclusionFile(
            checkpoint: checkpoint,
            entry: Octets(entry),
            index: sequence,
            hashes: proof.hashes,
            enrolment: enrolment,
            roleKeys: roleKeys
        )
    }
}

extension JournalLog {
    /// Root of a journal without entries.
    public static let emptyRoot = MerkleHash.empty
}
