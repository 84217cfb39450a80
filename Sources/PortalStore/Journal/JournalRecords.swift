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

    /// Units of a batch, by serial number: see `JournalUnits`.
    public func units(
        ofBatch batch: Digest256,
        serials: (first: DeviceSerial, last: DeviceSerial),
        stage: JudgedUnit.Stage?,
        after: (serial: String, log: Int64, sequence: Int)?,
        limit: Int
    ) throws -> [UnitRecord] {
        try JournalUnits(transaction).units(ofBatch: batch, serials: serials, stage: stage, after: after, limit: limit)
            .compactMap(record)
    }

    /// A unit of one log.
    public func unit(_ id: Digest256, log: Int64) throws -> UnitRecord? {
        try JournalUnits(transaction).unit(id, log: log).flatMap(record)
    }

    private func record(_ unit: JournalUnit) throws -> UnitRecord? {
        guard let log = try JournalLogs(transaction).log(unit.log) else { return nil }
        return UnitRecord(
            unit: unit,
            edgeHSM: log.edgeHSM,
            factory: log.factory,
            isCurrent: log.stage != .superseded,
            batch: try JournalBatches(transaction).batch(unit.unit.batch, log: unit.log)
        )
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
