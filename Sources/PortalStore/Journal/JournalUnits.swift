internal import Verify
public import Vocabulary

/// Units and credentials of all logs, by what people and ingest ask for.
public struct JournalUnits {
    private let transaction: any SQLTransaction

    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// A DAC that was released.
    public struct Credential: Sendable, Hashable {
        public let log: Int64
        public let sequence: Int
        public let unit: Digest256
        public let deviceKey: Digest256
        public let dacSerial: String?

        init(_ row: SQLRow) throws {
            log = try row.integer("log")
            sequence = try row.number("sequence")
            unit = try row.fixed("unit")
            deviceKey = try row.fixed("device_key")
            dacSerial = try row.optional("dac_serial", row.text)
        }

        init(log: Int64, _ credential: JudgedCredential) {
            self.log = log
            sequence = credential.position
            unit = credential.unit
            deviceKey = credential.deviceKey
            dacSerial = credential.dacSerial
        }
    }

    /// Most rows of one look-up: the same chip or serial in more logs and generations is shown cut off.
    public static let mostFound = 64

    /// Rows that are read at once for all chips, serials or keys of a chunk; the queries name the same number.
    static let mostRead = 4_096

    private static let byUnit = KeyQuery("SELECT \(JournalUnit.columns) FROM journal_units WHERE log = ? AND unit")
    private static let byChip = KeyQuery(
        "SELECT \(JournalUnit.columns) FROM journal_units WHERE chip",
        then: "LIMIT 4096"
    )
    private static let bySerial = KeyQuery(
        "SELECT \(JournalUnit.columns) FROM journal_units WHERE serial",
        then: "LIMIT 4096"
    )
    private static let byKey = KeyQuery("SELECT * FROM journal_credentials WHERE device_key", then: "LIMIT 4096")
    private static let ofChip: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units WHERE chip = ? AND log = ? ORDER BY sequence DESC LIMIT 64
        """
    private static let ofSerial: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units WHERE serial = ? AND product = ? AND log = ?
        ORDER BY sequence DESC LIMIT 1
        """
    private static let ofKey: SQLText = """
        SELECT * FROM journal_credentials WHERE device_key = ? AND log = ? ORDER BY sequence DESC LIMIT 1
        """
    static let chipBetween: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units WHERE chip = ? AND log > ? AND log < ?
        ORDER BY log, sequence LIMIT ?
        """
    static let serialBetween: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units WHERE serial = ? AND product = ? AND log > ? AND log < ?
        ORDER BY log, sequence LIMIT ?
        """
    static let keyBetween: SQLText = """
        SELECT * FROM journal_credentials WHERE device_key = ? AND log > ? AND log < ?
        ORDER BY log, sequence LIMIT ?
        """
    private static let everyChip: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units WHERE chip = ? LIMIT 64
        """
    private static let besides: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units WHERE chip = ? AND product = ? AND batch = ?
        AND generation >= ? AND generation <= ? LIMIT 64
        """
    private static let everySerial: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units WHERE serial = ? LIMIT 64
        """
    private static let everyUnit: SQLText = """
        SELECT \(JournalUnit.columns) FROM journal_units WHERE log = ? AND unit = ?
        """
    private static let everyDAC: SQLText = "SELECT * FROM journal_credentials WHERE dac_serial = ? LIMIT 64"
    private static let everyKey: SQLText = "SELECT * FROM journal_credentials WHERE device_key = ? LIMIT 64"
    private static let remove: SQLText = "DELETE FROM journal_units WHERE log = ? AND unit = ?"
    private static let removeCredentials: SQLText = """
        DELETE FROM journal_credentials WHERE log = ? AND sequence >= ? AND sequence < ?
        """
    private static let unitRows = RowInsert(
        "journal_units (\(JournalUnit.columns))",
        columns: JournalUnit.columnCount,
        then: """
            ON CONFLICT (log, unit) DO UPDATE SET batch = excluded.batch, product = excluded.product,
            chip = excluded.chip, generation = excluded.generation, number = excluded.number,
            serial = excluded.serial, reissue = excluded.reissue, sequence = excluded.sequence,
            stage = excluded.stage, flags = excluded.flags, factory_data = excluded.factory_data,
            slots = excluded.slots, station = excluded.station, issued_at = excluded.issued_at,
            changed_at = excluded.changed_at, steps = excluded.steps
            """
    )
    private static let credentialRows = RowInsert(
        "journal_credentials (log, sequence, unit, device_key, dac_serial)",
        columns: 5
    )

    // MARK: For ingest: many at a time

    func units(_ ids: [Digest256], log: Int64) throws -> [JournalUnit] {
        try Self.byUnit.rows(ids.map { .fixed($0) }, first: [.integer(log)], in: transaction).map(JournalUnit.init)
    }

    /// Nil when there are more than an honest line makes: then each is asked for alone.
    func units(ofChips chips: [ChipUID]) throws -> [JournalUnit]? {
        let rows = try Self.byChip.rows(chips.map { .fixed($0) }, most: Self.mostRead, in: transaction)
        return rows.count < Self.mostRead ? try rows.map(JournalUnit.init) : nil
    }

    func units(ofSerials serials: [DeviceSerial]) throws -> [JournalUnit]? {
        let rows = try Self.bySerial.rows(serials.map { .text($0.text) }, most: Self.mostRead, in: transaction)
        return rows.count < Self.mostRead ? try rows.map(JournalUnit.init) : nil
    }

    func credentials(ofKeys keys: [Digest256]) throws -> [Credential]? {
        let rows = try Self.byKey.rows(keys.map { .fixed($0) }, most: Self.mostRead, in: transaction)
        return rows.count < Self.mostRead ? try rows.map(Credential.init) : nil
    }

    /// Rows of one key that are looked at on either side of a log. An honest chip, key or serial is in one other log at most.
    static let mostElsewhere = 8

    /// What other logs have of one chip, key or serial. Where one log has them by the thousand, these are found by the
    /// stretches of the index before and after it, so that no question costs more by what an EdgeHSM writes.
    struct Elsewhere<Row> {
        let rows: [Row]
        /// There may be more.
        let isCutOff: Bool
    }

    func elsewhere(_ chip: ChipUID, than logs: Set<Int64>) throws -> Elsewhere<JournalUnit> {
        try elsewhere(Self.chipBetween, [.fixed(chip)], than: logs, JournalUnit.init)
    }

    func elsewhere(_ serial: DeviceSerial, product: ProductName, than logs: Set<Int64>) throws -> Elsewhere<JournalUnit>
    {
        try elsewhere(Self.serialBetween, [.text(serial.text), .name(product)], than: logs, JournalUnit.init)
    }

    func elsewhere(_ key: Digest256, than logs: Set<Int64>) throws -> Elsewhere<Credential> {
        try elsewhere(Self.keyBetween, [.fixed(key)], than: logs, Credential.init)
    }

    private func elsewhere<Row>(
        _ sql: SQLText,
        _ key: [SQLValue],
        than logs: Set<Int64>,
        _ read: (SQLRow) throws -> Row
    ) throws -> Elsewhere<Row> {
        var (found, isCutOff, start): ([Row], Bool, Int64) = ([], false, -1)
        for end in logs.sorted() + [.max] {
            let rows = try transaction.rows(
                sql,
                key + [.integer(start), .integer(end), .number(Self.mostElsewhere)]
            )
            found += try rows.map(read)
            isCutOff = isCutOff || rows.count == Self.mostElsewhere
            start = end
        }
        return Elsewhere(rows: found, isCutOff: isCutOff)
    }

    /// Of one log, newest first.
    func units(of chip: ChipUID, log: Int64) throws -> [JournalUnit] {
        try transaction.rows(Self.ofChip, [.fixed(chip), .integer(log)]).map(JournalUnit.init)
    }

    func newest(of serial: DeviceSerial, product: ProductName, log: Int64) throws -> JournalUnit? {
        try transaction.row(Self.ofSerial, [.text(serial.text), .name(product), .integer(log)]).map(JournalUnit.init)
    }

    func newest(ofKey key: Digest256, log: Int64) throws -> Credential? {
        try transaction.row(Self.ofKey, [.fixed(key), .integer(log)]).map(Credential.init)
    }

    func put(_ units: [JournalUnit]) throws {
        try Self.unitRows.run(units.count, in: transaction) { units[$0].add(to: &$1) }
    }

    func put(_ credentials: [Credential]) throws {
        try Self.credentialRows.run(credentials.count, in: transaction) { number, row in
            let credential = credentials[number]
            row.add(credential.log)
            row.add(credential.sequence)
            row.add(credential.unit)
            row.add(credential.deviceKey)
            if let serial = credential.dacSerial { row.add(serial) } else { row.addNull() }
        }
    }

    /// A branch has taken these over.
    func remove(_ units: [Digest256], credentialsIn range: Range<Int>, log: Int64) throws {
        for unit in units { try transaction.execute(Self.remove, [.integer(log), .fixed(unit)]) }
        try transaction.execute(
            Self.removeCredentials,
            [.integer(log), .number(range.lowerBound), .number(range.upperBound)]
        )
    }

    // MARK: For people

    public func unit(_ id: Digest256, log: Int64) throws -> JournalUnit? {
        try transaction.row(Self.everyUnit, [.integer(log), .fixed(id)]).map(JournalUnit.init)
    }

    public func units(of chip: ChipUID) throws -> [JournalUnit] {
        try transaction.rows(Self.everyChip, [.fixed(chip)]).map(JournalUnit.init)
    }

    /// Of the same chip under the same authorization, one generation before and one after; of other logs too.
    public func generations(beside unit: JournalUnit) throws -> [JournalUnit] {
        let (judged, generation) = (unit.unit, Int(unit.unit.generation))
        return try transaction.rows(
            Self.besides,
            [
                .fixed(judged.chip), .name(judged.product), .fixed(judged.batch), .number(generation - 1),
                .number(generation + 1),
            ]
        ).map(JournalUnit.init).filter { $0.unit.generation != judged.generation }
    }

    public func units(of serial: DeviceSerial) throws -> [JournalUnit] {
        try transaction.rows(Self.everySerial, [.text(serial.text)]).map(JournalUnit.init)
    }

    /// - Parameter dacSerial: serial number of the certificate, lower-case hexadecimal without leading zero octets.
    public func credentials(dacSerial: String) throws -> [Credential] {
        try transaction.rows(Self.everyDAC, [.text(dacSerial)]).map(Credential.init)
    }

    public func credentials(of key: Digest256) throws -> [Credential] {
        try transaction.rows(Self.everyKey, [.fixed(key)]).map(Credential.init)
    }
}
