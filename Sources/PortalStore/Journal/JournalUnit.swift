public import Verify
public import Vocabulary

/// A unit of one log, as it is stored.
public struct JournalUnit: Sendable, Hashable {
    /// Entries about one unit that are remembered; of more, the newest are left out.
    public static let mostSteps = 256

    public let log: Int64
    public var unit: JudgedUnit
    /// Where it was issued.
    public var station: StationName
    public var issuedAt: Instant
    /// Time of its newest entry.
    public var changedAt: Instant
    /// Positions of the entries about it, in order.
    public var steps: [Int]

    init(log: Int64, unit: JudgedUnit, station: StationName, at time: Instant) {
        self.log = log
        self.unit = unit
        self.station = station
        issuedAt = time
        changedAt = time
        steps = []
    }

    static let columns: SQLText = """
        log, unit, batch, product, chip, generation, number, serial, reissue, sequence, stage, flags, factory_data, \
        slots, station, issued_at, changed_at, steps, device_key
        """
    static let columnCount = 19

    init(_ row: SQLRow) throws {
        let flags = try row.integer("flags")
        let slots = try row.text("slots").split(separator: " ").map { try KeySlot(String($0)) }
        log = try row.integer("log")
        unit = JudgedUnit(
            id: try row.fixed("unit"),
            batch: try row.fixed("batch"),
            product: try row.name("product"),
            chip: try row.fixed("chip"),
            generation: UInt32(clamping: try row.integer("generation")),
            index: try row.number("number"),
            serial: try DeviceSerial(row.text("serial")),
            isReissue: try row.flag("reissue"),
            position: try row.number("sequence"),
            stage: try row.option("stage"),
            isExposed: flags & 1 != 0,
            wasUnlocked: flags & 2 != 0,
            factoryData: try row.optionalFixed("factory_data"),
            isPermitted: flags & 4 != 0,
            slots: Set(slots),
            deviceKey: try row.optionalFixed("device_key")
        )
        station = try row.name("station")
        issuedAt = try row.time("issued_at")
        changedAt = try row.time("changed_at")
        steps = try Self.unpacked(row.blob("steps"))
    }

    /// In the order of `columns`.
    func add(to row: inout SQLArguments) {
        let flags = (unit.isExposed ? 1 : 0) | (unit.wasUnlocked ? 2 : 0) | (unit.isPermitted ? 4 : 0)
        row.add(log)
        row.add(unit.id)
        row.add(unit.batch)
        row.add(unit.product.text)
        row.add(unit.chip)
        row.add(Int64(unit.generation))
        row.add(unit.index)
        row.add(unit.serial.text)
        row.add(unit.isReissue)
        row.add(unit.position)
        row.add(unit.stage.rawValue)
        row.add(flags)
        row.add(unit.factoryData)
        row.add(slots)
        row.add(station.text)
        row.add(issuedAt)
        row.add(changedAt)
        row.add(Self.packed(steps))
        row.add(unit.deviceKey)
    }

    private var slots: String {
        guard unit.slots.count > 1 else { return unit.slots.first?.text ?? "" }
        return unit.slots.map(\.text).sorted().joined(separator: " ")
    }

    /// One more entry about it.
    mutating func step(_ position: Int, at time: Instant) {
        changedAt = time
        if steps.count < Self.mostSteps { steps.append(position) }
    }

    /// Differences as LEB128: some octets a step.
    private static func packed(_ steps: [Int]) -> [UInt8] {
        var bytes: [UInt8] = []
        var before = 0
        for step in steps {
            var rest = UInt64(max(step - before, 0))
            before = step
            while rest >= 0x80 {
                bytes.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }
        return bytes
    }

    private static func unpacked(_ bytes: [UInt8]) throws -> [Int] {
        var steps: [Int] = []
        var (value, shift, before) = (UInt64(0), UInt64(0), 0)
        for byte in bytes {
            guard shift < 56 else { throw Refusal(PortalStoreError.type, "steps") }
            value |= UInt64(byte & 0x7F) << shift
            shift += 7
            guard byte & 0x80 == 0 else { continue }
            before += Int(value)
            steps.append(before)
            (value, shift) = (0, 0)
        }
        return steps
    }
}
