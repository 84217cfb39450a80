public import PortalCore
public import Vocabulary

/// Alarms, newest first by number; the same again is counted.
public struct Alarms {
    private let transaction: any SQLTransaction

    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public struct Stored: Sendable, Hashable {
        public let number: Int64
        public let kind: AlarmKind
        public let edgeHSM: EdgeHSMID
        public let factory: FactoryID
        public let other: EdgeHSMID?
        public let sequence: Int?
        public let detail: String
        /// How often it was raised.
        public let times: Int
        public let firstAt: Instant
        public let lastAt: Instant
        /// Its cause went away by itself.
        public let clearedAt: Instant?
        public let acknowledgedAt: Instant?
        /// Id of the person.
        public let acknowledgedBy: String?

        init(_ row: SQLRow) throws {
            number = try row.integer("number")
            kind = try row.option("kind")
            edgeHSM = try row.name("edge")
            factory = try row.name("factory")
            other = try row.optionalName("other")
            sequence = try row.optional("sequence", row.number)
            detail = try row.text("detail")
            times = try row.number("times")
            firstAt = try row.time("first_at")
            lastAt = try row.time("last_at")
            clearedAt = try row.optional("cleared_at", row.time)
            acknowledgedAt = try row.optional("acknowledged_at", row.time)
            acknowledgedBy = try row.optional("acknowledged_by", row.text)
        }
    }

    private static let last: SQLText = "SELECT max(number) AS last FROM alarms"
    private static let raise: SQLText = """
        INSERT INTO alarms (
            number, alarm_key, kind, severity, edge, factory, other, sequence, detail, times, first_at, last_at
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (alarm_key) DO UPDATE SET times = alarms.times + excluded.times, last_at = excluded.last_at,
            detail = excluded.detail, sequence = excluded.sequence, cleared_at = NULL, acknowledged_at = NULL,
            acknowledged_by = NULL
        """
    private static let standing: SQLText = """
        SELECT number, cleared_at, acknowledged_at FROM alarms WHERE alarm_key = ?
        """
    private static let clear: SQLText = "UPDATE alarms SET cleared_at = ? WHERE alarm_key = ? AND cleared_at IS NULL"
    private static let acknowledge: SQLText = """
        UPDATE alarms SET acknowledged_at = ?, acknowledged_by = ? WHERE number = ? AND acknowledged_at IS NULL
        """
    private static let one: SQLText = "SELECT * FROM alarms WHERE number = ?"
    private static let page: SQLText = "SELECT * FROM alarms WHERE number < ? ORDER BY number DESC LIMIT ?"
    private static let pageOfFactory: SQLText = """
        SELECT * FROM alarms WHERE factory = ? AND number < ? ORDER BY number DESC LIMIT ?
        """
    private static let openPage: SQLText = """
        SELECT * FROM alarms WHERE acknowledged_at IS NULL AND cleared_at IS NULL AND number < ?
        ORDER BY number DESC LIMIT ?
        """
    private static let openPageOfFactory: SQLText = """
        SELECT * FROM alarms WHERE factory = ? AND acknowledged_at IS NULL AND cleared_at IS NULL AND number < ?
        ORDER BY number DESC LIMIT ?
        """

    /// Entries in the portal's log of one call; what is more is counted in one besides.
    static let mostEntered = 16

    /// Raises each; those with one key are one with a count. An acknowledged one that comes again is open again.
    ///
    /// A critical one is entered in the portal's own log when it is new or open again, and not when it is counted.
    public func raise(_ alarms: [Alarm], factory: FactoryID, at time: Instant) throws {
        var grouped: [String: (alarm: Alarm, times: Int)] = [:]
        for alarm in alarms { grouped[alarm.key] = (alarm, (grouped[alarm.key]?.times ?? 0) + 1) }
        guard !grouped.isEmpty else { return }
        var next = try transaction.row(Self.last, []).flatMap { try $0.optional("last", $0.integer) } ?? 0
        var (opened, untold) = (0, 0)
        for (key, (alarm, times)) in grouped.sorted(by: { $0.key < $1.key }) {
            next += 1
            let number = try isCritical(alarm.kind) ? opens(key, next) : nil
            try transaction.execute(
                Self.raise,
                [
                    .integer(next), .text(key), .text(alarm.kind.rawValue), .text(alarm.kind.severity.rawValue),
                    .name(alarm.edgeHSM), .name(factory), .name(alarm.other), .number(alarm.sequence),
                    .foreign(alarm.detail), .number(times), .time(time), .time(time),
                ]
            )
            guard let number else { continue }
            opened += 1
            if opened <= Self.mostEntered { try enter(.raiseAlarm, number, alarm, at: time) } else { untold += 1 }
        }
        guard untold > 0 else { return }
        try PortalLogTable(transaction).enter(
            .raiseAlarm,
            object: "factory \(factory)",
            detail: "\(untold) more critical alarms at the same time",
            at: time
        )
    }

    private func isCritical(_ kind: AlarmKind) -> Bool { kind.severity == .critical }

    /// The number of the alarm that raising this key opens; nil where it is open and only counts once more.
    ///
    /// - Parameter number: for a new one.
    private func opens(_ key: String, _ number: Int64) throws -> Int64? {
        guard let row = try transaction.row(Self.standing, [.text(key)]) else { return number }
        let isOpen = try row.isNull("cleared_at") && row.isNull("acknowledged_at")
        return isOpen ? nil : try row.integer("number")
    }

    private func enter(_ deed: PortalDeed, _ number: Int64, _ alarm: Alarm, at time: Instant) throws {
        let edges = ([alarm.edgeHSM] + [alarm.other].compactMap { $0 }).map(\.text).joined(separator: ", ")
        try PortalLogTable(transaction).enter(
            deed,
            object: "alarm \(number)",
            detail: "\(alarm.kind.rawValue), \(edges)" + (alarm.detail.isEmpty ? "" : ": \(alarm.detail)"),
            at: time
        )
    }

    private static let isOpen: SQLText = "SELECT number FROM alarms WHERE alarm_key = ? AND cleared_at IS NULL"
    private static let open: SQLText = """
        SELECT * FROM alarms WHERE kind = ? AND cleared_at IS NULL ORDER BY number LIMIT 10000
        """

    /// Raises what goes on and on: nothing changes while it stands, so that acknowledging it lasts.
    public func stand(_ alarm: Alarm, factory: FactoryID, at time: Instant) throws {
        guard try transaction.row(Self.isOpen, [.text(alarm.key)]) == nil else { return }
        try raise([alarm], factory: factory, at: time)
    }

    /// Those of a kind whose cause has not gone away, acknowledged or not.
    public func open(_ kind: AlarmKind) throws -> [Stored] {
        try transaction.rows(Self.open, [.text(kind.rawValue)]).map(Stored.init)
    }

    /// How many are neither acknowledged nor cleared, by severity.
    public func countOpen() throws -> [String: Int] {
        let rows = try transaction.rows(
            """
            SELECT severity, CAST(count(*) AS BIGINT) AS amount FROM alarms
            WHERE acknowledged_at IS NULL AND cleared_at IS NULL GROUP BY severity
            """,
            []
        ).map { (try $0.text("severity"), try $0.number("amount")) }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Whether one about this EdgeHSM alone stands.
    public func isOpen(_ kind: AlarmKind, of edge: EdgeHSMID) throws -> Bool {
        try transaction.row(Self.isOpen, [.text(Alarm(kind, edge, "").key)]) != nil
    }

    /// What raised it is gone.
    public func clear(_ kind: AlarmKind, of edge: EdgeHSMID, at time: Instant) throws {
        let alarm = Alarm(kind, edge, "")
        let cleared = try transaction.execute(Self.clear, [.time(time), .text(alarm.key)])
        guard cleared > 0, isCritical(kind), let row = try transaction.row(Self.standing, [.text(alarm.key)]) else {
            return
        }
        try enter(.clearAlarm, row.integer("number"), alarm, at: time)
    }

    /// False when it was acknowledged before or there is none.
    public func acknowledge(_ number: Int64, by person: String, at time: Instant) throws -> Bool {
        try transaction.execute(Self.acknowledge, [.time(time), .text(person), .integer(number)]) > 0
    }

    public func alarm(_ number: Int64) throws -> Stored? {
        try transaction.row(Self.one, [.integer(number)]).map(Stored.init)
    }

    /// How many are neither acknowledged nor cleared, by factory.
    public func open() throws -> [FactoryID: (critical: Int, warnings: Int)] {
        var counts: [FactoryID: (critical: Int, warnings: Int)] = [:]
        let rows = try transaction.rows(
            """
            SELECT factory, severity, CAST(count(*) AS BIGINT) AS alarms FROM alarms
            WHERE acknowledged_at IS NULL AND cleared_at IS NULL GROUP BY factory, severity
            """,
            []
        )
        for row in rows {
            let factory: FactoryID = try row.name("factory")
            var count = counts[factory] ?? (0, 0)
            if try row.text("severity") == "critical" {
                count.critical += try row.number("alarms")
            } else {
                count.warnings += try row.number("alarms")
            }
            counts[factory] = count
        }
        return counts
    }

    /// Newest first, before `number`; of these factories, nil: of all.
    ///
    /// - Parameter onlyOpen: without those that are acknowledged or cleared.
    public func list(
        of factories: [FactoryID]? = nil,
        onlyOpen: Bool = false,
        before number: Int64 = .max,
        limit: Int
    ) throws -> [Stored] {
        let most = min(max(limit, 1), 1_000)
        guard let factories else {
            let page = onlyOpen ? Self.openPage : Self.page
            return try transaction.rows(page, [.integer(number), .number(most)]).map(Stored.init)
        }
        let page = onlyOpen ? Self.openPageOfFactory : Self.pageOfFactory
        let found = try factories.flatMap {
            try transaction.rows(page, [.name($0), .integer(number), .number(most)]).map(Stored.init)
        }
        return Array(found.sorted { $0.number > $1.number }.prefix(most))
    }
}
