public import PortalProtocol
import Statements
public import Vocabulary

/// How far the records of one source of a factory are stored.
public struct RecordSourceState: Sendable, Hashable {
    public let source: RecordSource
    public let factory: FactoryID
    public let service: StationName
    /// Label records 1 to this number are stored, and events 1 to that one.
    public var labels: Place
    public var events: Place

    /// Records 1 to `number` are stored, and `head` is the running digest over them.
    public struct Place: Sendable, Hashable {
        public var number: Int
        public var head: Digest256
        public init(number: Int, head: Digest256) { (self.number, self.head) = (number, head) }
    }

    /// One of which nothing is stored.
    public init(source: RecordSource, factory: FactoryID, service: StationName) {
        (self.source, self.factory, self.service) = (source, factory, service)
        labels = Place(number: 0, head: RecordStream.labels.start(of: source))
        events = Place(number: 0, head: RecordStream.events.start(of: source))
    }

    init(_ row: SQLRow) throws {
        source = try row.fixed("source")
        factory = try row.name("factory")
        service = try row.name("service")
        labels = Place(number: try row.number("labels"), head: try row.fixed("labels_head"))
        events = Place(number: try row.number("events"), head: try row.fixed("events_head"))
    }
}

/// A label record as it came: sealed.
public struct StoredLabel: Sendable, Hashable {
    public let unit: Digest256
    public let factory: FactoryID
    public let batch: Digest256
    public let serial: DeviceSerial?
    /// JSON of a `LabelUpload.Sealed`.
    public let record: [UInt8]
    public let receivedAt: Instant
}

/// Label records and events of Factory Services.
public struct SiteRecords {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public func source(_ source: RecordSource, of factory: FactoryID) throws -> RecordSourceState? {
        try transaction.row(
            "SELECT * FROM record_source WHERE factory = ? AND source = ?",
            [.name(factory), .fixed(source)]
        ).map(RecordSourceState.init)
    }

    /// Whether a Factory Service told records of any source before.
    public func knows(_ service: StationName, of factory: FactoryID) throws -> Bool {
        try transaction.row(
            "SELECT source FROM record_source WHERE factory = ? AND service = ? LIMIT 1",
            [.name(factory), .name(service)]
        ) != nil
    }

    /// Of one factory, oldest first.
    public func sources(of factory: FactoryID) throws -> [RecordSourceState] {
        try transaction.rows(
            "SELECT * FROM record_source WHERE factory = ? ORDER BY first_at LIMIT 1000",
            [.name(factory)]
        ).map(RecordSourceState.init)
    }

    public func put(_ state: RecordSourceState, at time: Instant) throws {
        try transaction.execute(
            """
            INSERT INTO record_source (
                source, factory, service, labels, labels_head, events, events_head, first_at, last_at
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (factory, source) DO UPDATE SET labels = excluded.labels, labels_head = excluded.labels_head,
                events = excluded.events, events_head = excluded.events_head, last_at = excluded.last_at
            """,
            [
                .fixed(state.source), .name(state.factory), .name(state.service), .number(state.labels.number),
                .fixed(state.labels.head), .number(state.events.number), .fixed(state.events.head), .time(time),
                .time(time),
            ]
        )
    }

    public func countSources(of factory: FactoryID) throws -> Int {
        try transaction.row("SELECT count(*) AS amount FROM record_source WHERE factory = ?", [.name(factory)])?
            .number("amount") ?? 0
    }

    /// Counts label records that were inserted; how many the factory has then.
    public func tally(_ labels: Int, of factory: FactoryID) throws -> Int {
        try transaction.execute(
            """
            INSERT INTO record_tally (factory, labels) VALUES (?, ?)
            ON CONFLICT (factory) DO UPDATE SET labels = record_tally.labels + excluded.labels
            """,
            [.name(factory), .number(labels)]
        )
        return try transaction.row("SELECT labels FROM record_tally WHERE factory = ?", [.name(factory)])?
            .number("labels") ?? 0
    }

    /// Units of all batches that the factory was ever granted.
    public func granted(_ factory: FactoryID) throws -> Int {
        try transaction.row(
            "SELECT CAST(coalesce(sum(quantity), 0) AS BIGINT) AS units FROM batch WHERE factory = ?",
            [.name(factory)]
        )?.number("units") ?? 0
    }

    /// The first record of a unit is kept: a later one could only hide it. How many rows there are more.
    public func insert(
        _ label: LabelUpload,
        number: Int,
        of state: RecordSourceState,
        at time: Instant
    ) throws -> Int {
        try transaction.execute(
            """
            INSERT INTO label_record (unit, source, number, factory, batch, serial, record, received_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (unit, factory) DO NOTHING
            """,
            [
                .fixed(label.unit), .fixed(state.source), .number(number), .name(state.factory),
                .fixed(label.authorization), .optional(label.serial?.text),
                .blob(try StatementCoding.encode(label.record)), .time(time),
            ]
        )
    }

    public func insert(_ line: String, number: Int, of state: RecordSourceState, at time: Instant) throws {
        try transaction.execute(
            "INSERT INTO site_event (source, number, factory, line, received_at) VALUES (?, ?, ?, ?, ?)",
            [.fixed(state.source), .number(number), .name(state.factory), .foreign(line), .time(time)]
        )
    }

    /// The label record of a unit that a factory told; a factory can hide no other's.
    public func label(_ unit: Digest256, of factory: FactoryID) throws -> StoredLabel? {
        try transaction.row(
            "SELECT * FROM label_record WHERE unit = ? AND factory = ?",
            [.fixed(unit), .name(factory)]
        ).map { row in
            StoredLabel(
                unit: try row.fixed("unit"),
                factory: try row.name("factory"),
                batch: try row.fixed("batch"),
                serial: try row.optional("serial", row.text).map { try DeviceSerial($0) },
                record: try row.blob("record"),
                receivedAt: try row.time("received_at")
            )
        }
    }

    /// The EdgeHSMs enrolled for a factory, in the order of their names.
    public func edges(of factory: FactoryID) throws -> [EdgeHSMID] {
        try transaction.rows(
            "SELECT id FROM edge WHERE factory = ? ORDER BY id LIMIT 512",
            [.name(factory)]
        ).map { try $0.name("id") }
    }
}
