public import Statements
internal import TransparencyLog
internal import Vocabulary

/// What journals say of finished devices. Each journal is judged like any other before it is believed.
public struct RecordedDevices: Sendable {
    struct Name: Hashable, Sendable {
        let product: ProductName
        let serial: DeviceSerial
    }

    struct Record: Sendable {
        let chip: ChipUID
        /// SHA-256 of the newest DAC's DER.
        let dac: Digest256
        let factory: FactoryID
        let batch: BatchName
    }

    private(set) var records: [Name: Record] = [:]

    public init() {}

    /// Adds a journal's finished devices. Throws the first finding on the journal, and `verify.device.duplicate` where
    /// an earlier journal has a device of the same product and serial.
    public mutating func add(_ export: JournalExport, trust: JournalAudit.Trust) throws {
        var judge = JournalJudge(trust: trust)
        var ledger = InMemoryUnitLedger()
        var dacs: [Digest256: Digest256] = [:]
        for octets in export.entries {
            let read = ReadEntry(octets.bytes, issuers: judge.issuers)
            if let finding = judge.judge(read, into: &ledger).findings.first { throw finding.refusal }
            switch read.entry?.event.body {
            case let body as Issued: dacs[body.unit] = Digest256.of(body.dac.bytes)
            case let body as Rotated: dacs[body.unit] = Digest256.of(body.dac.bytes)
            default: break
            }
        }
        if let finding = judge.finish(with: export.checkpoint).first { throw finding.refusal }
        for unit in ledger.units.values where unit.stage == .done {
            guard let dac = dacs[unit.id], let batch = ledger.batch(unit.batch) else { continue }
            let content = batch.terms.content
            let name = Name(product: unit.product, serial: unit.serial)
            let record = Record(chip: unit.chip, dac: dac, factory: content.factory, batch: content.batch)
            guard records.updateValue(record, forKey: name) == nil else {
                throw Refusal(VerifyError.deviceDuplicate, "\(name.product) \(name.serial) in two journals")
            }
        }
    }

    /// Throws `verify.device.not-recorded` and `verify.device.other-record`.
    func check(_ device: ListedDevice, dac: [UInt8]) throws {
        guard let record = records[Name(product: device.product, serial: device.serial)] else {
            throw Refusal(VerifyError.deviceNotRecorded, "\(device.product) \(device.serial)")
        }
        func demand(_ isSame: Bool, _ what: String) throws {
            guard isSame else { throw Refusal(VerifyError.deviceOtherRecord, "\(device.serial): \(what)") }
        }
        try demand(record.dac == Digest256.of(dac), "DAC")
        try demand(record.chip == device.chipUID, "chip, \(record.chip) in the journal")
        try demand(record.factory == device.factory, "factory, \(record.factory) in the journal")
        try demand(record.batch == device.batch, "batch, \(record.batch) in the journal")
    }
}
