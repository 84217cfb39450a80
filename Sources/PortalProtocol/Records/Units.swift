public import Statements
public import Vocabulary

/// One unit in one journal: number of the journal, dash, id of the unit.
public struct UnitReference: BoundedText {
    public static let lengths = 66...84
    public static let pattern = "^[1-9][0-9]{0,17}-[0-9a-f]{64}$"
    public static var schemaExample: UnitReference { UnitReference(log: 1, unit: .zero) }
    public let text: String
    public init(validated text: String) { self.text = text }

    public init(log: Int64, unit: Digest256) { text = "\(log)-\(unit.hex)" }

    public static func accepts(_ text: String) -> Bool { parts(text) != nil }

    /// Number of the journal and id of the unit.
    public var parts: (log: Int64, unit: Digest256)? { Self.parts(text) }

    private static func parts(_ text: String) -> (log: Int64, unit: Digest256)? {
        let halves = text.split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count == 2, halves[0].utf8.count <= 18, let log = Int64(halves[0]), String(log) == halves[0],
            log > 0,
            let unit = try? Digest256(hex: String(halves[1]))
        else { return nil }
        return (log, unit)
    }
}

/// Serial number of a certificate: hexadecimal in lower case, without leading zero octets.
public struct CertificateSerialText: BoundedText {
    public static let lengths = 2...40
    public static let pattern = "^[0-9a-f]{2,40}$"
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool {
        text.utf8.count.isMultiple(of: 2) && (try? Hex.decode(text)) != nil
    }
}

/// What a unit is looked up by: exactly one of these.
public struct UnitQuery: Codable, Sendable, Hashable {
    public let serial: DeviceSerial?
    public let chip: ChipUID?
    /// Serial number of a DAC.
    public let dac: CertificateSerialText?
    /// Key id of the device's attestation key.
    public let key: Digest256?

    public init(
        serial: DeviceSerial? = nil,
        chip: ChipUID? = nil,
        dac: CertificateSerialText? = nil,
        key: Digest256? = nil
    ) {
        (self.serial, self.chip, self.dac, self.key) = (serial, chip, dac, key)
    }
}

public enum UnitStage: String, Codable, Sendable, Hashable, CaseIterable {
    /// Certified, not finished; after an unlock again.
    case open
    case done
    case failed
    /// Re-provisioned: a new unit takes its place.
    case released
    case replaced
}

public struct UnitView: Codable, Sendable, Hashable {
    public let id: UnitReference
    /// Id that the EdgeHSM gave it.
    public let unit: Digest256
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public let product: ProductName
    public let authorization: Digest256
    public let batch: String
    public let serial: DeviceSerial
    public let chip: ChipUID
    public let generation: Int
    /// Place in its batch, from 0.
    public let index: Int
    public let stage: UnitStage
    public let isReissue: Bool
    /// A debug port that could read keys was opened.
    public let isExposed: Bool
    /// False: it stands in a tail that its EdgeHSM lost.
    public let isCurrent: Bool
    /// Where it was issued.
    public let station: String
    public let issuedAt: Instant
    public let changedAt: Instant
    /// Position of the entry that issued it.
    public let sequence: Int

    public init(
        id: UnitReference,
        unit: Digest256,
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        product: ProductName,
        authorization: Digest256,
        batch: String,
        serial: DeviceSerial,
        chip: ChipUID,
        generation: Int,
        index: Int,
        stage: UnitStage,
        isReissue: Bool,
        isExposed: Bool,
        isCurrent: Bool,
        station: String,
        issuedAt: Instant,
        changedAt: Instant,
        sequence: Int
    ) {
        (self.id, self.unit, self.edgeHSM, self.factory) = (id, unit, edgeHSM, factory)
        (self.product, self.authorization, self.batch, self.serial) = (product, authorization, batch, serial)
        (self.chip, self.generation, self.index, self.stage) = (chip, generation, index, stage)
        (self.isReissue, self.isExposed, self.isCurrent) = (isReissue, isExposed, isCurrent)
        (self.station, self.issuedAt, self.changedAt, self.sequence) = (station, issuedAt, changedAt, sequence)
    }
}

public struct UnitList: Codable, Sendable, Hashable {
    /// 64 at most.
    public let units: [UnitView]
    public init(units: [UnitView]) { self.units = units }
}

/// One journal entry about a unit.
public struct UnitStep: Codable, Sendable, Hashable {
    public let sequence: Int
    public let kind: String
    public let time: Instant
    /// Exact octets.
    public let entry: Octets

    public init(sequence: Int, kind: String, time: Instant, entry: Octets) {
        (self.sequence, self.kind, self.time, self.entry) = (sequence, kind, time, entry)
    }
}

/// A unit from its first touch to its last.
public struct UnitHistory: Codable, Sendable, Hashable {
    public let unit: UnitView
    public let steps: [UnitStep]
    /// The same chip before the re-provisioning that this unit followed, as far as the caller may see it.
    public let previous: UnitView?
    /// The same chip after this unit was re-provisioned.
    public let next: UnitView?
    public let label: LabelStanding

    public init(
        unit: UnitView,
        steps: [UnitStep],
        previous: UnitView? = nil,
        next: UnitView? = nil,
        label: LabelStanding
    ) {
        (self.unit, self.steps, self.label) = (unit, steps, label)
        (self.previous, self.next) = (previous, next)
    }
}

/// Whether a device's label would be shown to the caller's side now, before it is opened.
public enum LabelStanding: String, Codable, Sendable, Hashable, CaseIterable {
    case ready
    /// The factory has sent no label record of it.
    case missing
    case unfinished
    /// Scrapped, re-provisioned or replaced.
    case void
    /// Its batch is closed: it is the OEM's alone to show.
    case batchOver
}
