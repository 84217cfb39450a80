import Verify
import Vocabulary

/// A serial number of one product: products number their devices each by itself.
struct ProductSerial: Hashable {
    let product: ProductName
    let serial: DeviceSerial
}

/// What other logs than one have of chips, keys and serials: read before, for many at a time, or asked for one by one
/// where these were too many to read.
struct UsesElsewhere {
    /// A use in another log.
    struct Use {
        let log: Int64
        let unit: Digest256
        let sequence: Int
        let isLive: Bool

        init(_ unit: JournalUnit, isLive: Bool? = nil) {
            (log, self.unit, sequence) = (unit.log, unit.unit.id, unit.unit.position)
            self.isLive = isLive ?? unit.unit.isLive
        }

        init(_ credential: JournalUnits.Credential) {
            (log, unit, sequence, isLive) = (credential.log, credential.unit, credential.sequence, true)
        }
    }

    private let table: JournalUnits
    /// The log and the one whose rows it takes over.
    private let own: Set<Int64>
    private var chips: [ChipUID: [Use]] = [:]
    private var keys: [Digest256: [Use]] = [:]
    private var serials: [ProductSerial: [Use]] = [:]
    /// Whether everything that entries name was read before.
    private var knowsChips = false
    private var knowsKeys = false
    private var knowsSerials = false

    init(_ table: JournalUnits, than log: Int64, _ parent: Int64?) {
        self.table = table
        own = Set([log, parent].compactMap { $0 })
    }

    // MARK: Read before

    mutating func adopt(ofChips units: [JournalUnit]) {
        knowsChips = true
        for unit in units where !own.contains(unit.log) { chips[unit.unit.chip, default: []].append(Use(unit)) }
    }

    mutating func adopt(_ credentials: [JournalUnits.Credential]) {
        knowsKeys = true
        for credential in credentials where !own.contains(credential.log) {
            keys[credential.deviceKey, default: []].append(Use(credential))
        }
    }

    mutating func adopt(ofSerials units: [JournalUnit]) {
        knowsSerials = true
        for unit in units where !own.contains(unit.log) {
            let serial = ProductSerial(product: unit.unit.product, serial: unit.unit.serial)
            serials[serial, default: []].append(Use(unit))
        }
    }

    // MARK: Questions

    mutating func uses(of chip: ChipUID) throws -> [Use] {
        if let known = chips[chip] { return known }
        guard !knowsChips else { return [] }
        let found = Self.uses(try table.elsewhere(chip, than: own))
        chips[chip] = found
        return found
    }

    mutating func uses(of key: Digest256) throws -> [Use] {
        if let known = keys[key] { return known }
        guard !knowsKeys else { return [] }
        let found = try table.elsewhere(key, than: own).rows.map { Use($0) }
        keys[key] = found
        return found
    }

    mutating func uses(of serial: ProductSerial) throws -> [Use] {
        if let known = serials[serial] { return known }
        guard !knowsSerials else { return [] }
        let found = Self.uses(try table.elsewhere(serial.serial, product: serial.product, than: own))
        serials[serial] = found
        return found
    }

    /// Of more than could be looked at, each is taken to be in force: no honest line makes so many.
    private static func uses(_ found: JournalUnits.Elsewhere<JournalUnit>) -> [Use] {
        found.rows.map { Use($0, isLive: found.isCutOff ? true : nil) }
    }
}
