public import PortalCore
public import Statements
public import Vocabulary

/// One journal as it is stored, or one branch of it.
public struct JournalLog: Sendable, Hashable {
    public enum Stage: String, Sendable, Hashable, CaseIterable {
        /// The journal of its EdgeHSM.
        case current
        /// A branch whose shared entries are still being judged again.
        case rebuilding
        /// Its tail was lost by the EdgeHSM; a branch goes on.
        case superseded
    }

    public let log: Int64
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public var stage: Stage
    /// The log that it branched from, and how many entries it shares with it.
    public let parent: Int64?
    public let base: Int
    public var size: Int
    public var root: Digest256
    public var epoch: UInt64
    /// Newest `Checkpoint` of entries that are all stored, in its envelope's octets; of `size` entries, or fewer while a
    /// backlog comes in.
    public var checkpoint: [UInt8]?
    public var checkpointTime: Instant?
    /// When the portal last took something in, by its own clock.
    public var heardAt: Instant
    /// Why no package is made for this EdgeHSM.
    public var halted: AlarmKind?
    /// When that was found; an order that was signed before can't have meant it.
    public var haltedAt: Instant?
    /// Entries up to and with the newest that set the EdgeHSM's clock back; 0 without one. Times before and after it are
    /// not of one clock.
    public var clockResetAt: Int
    public var isSilent: Bool
    /// Entries in quarantine.
    public var quarantined: Int

    public init(
        log: Int64,
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        stage: Stage = .current,
        parent: Int64? = nil,
        base: Int = 0,
        size: Int = 0,
        root: Digest256,
        heardAt: Instant
    ) {
        self.log = log
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.stage = stage
        self.parent = parent
        self.base = base
        self.size = size
        self.root = root
        self.epoch = 0
        self.clockResetAt = 0
        self.heardAt = heardAt
        self.isSilent = false
        self.quarantined = 0
    }

    init(_ row: SQLRow) throws {
        log = try row.integer("log")
        edgeHSM = try row.name("edge")
        factory = try row.name("factory")
        stage = try row.option("stage")
        parent = try row.optional("parent", row.integer)
        base = try row.number("base")
        size = try row.number("size")
        root = try row.fixed("root")
        epoch = UInt64(clamping: try row.integer("epoch"))
        checkpoint = try row.optional("checkpoint", row.blob)
        checkpointTime = try row.optional("checkpoint_time", row.time)
        heardAt = try row.time("heard_at")
        halted = try row.optional("halted", row.option)
        haltedAt = try row.optional("halted_at", row.time)
        clockResetAt = try row.optional("clock_reset_at", row.number) ?? 0
        isSilent = try row.flag("silent")
        quarantined = try row.number("quarantined")
    }

    /// The newest checkpoint, decoded. It was verified before it was stored.
    public func newestCheckpoint() throws -> (envelope: Envelope, content: Checkpoint)? {
        guard let checkpoint else { return nil }
        let envelope = try StatementCoding.decode(Envelope.self, from: checkpoint)
        return (envelope, try Checkpoint.read(payload: envelope.payload))
    }
}

extension SQLRow {
    /// A word of a closed list.
    func option<Option: RawRepresentable>(_ column: String) throws -> Option where Option.RawValue == String {
        guard let option = try Option(rawValue: text(column)) else { throw Refusal(PortalStoreError.type, column) }
        return option
    }
}

/// Journals by EdgeHSM.
public struct JournalLogs {
    private let transaction: any SQLTransaction

    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    private static let byEdge: SQLText = "SELECT * FROM journal_logs WHERE edge = ? ORDER BY log LIMIT 64"
    private static let byLog: SQLText = "SELECT * FROM journal_logs WHERE log = ?"
    private static let page: SQLText = "SELECT * FROM journal_logs WHERE log > ? ORDER BY log LIMIT ?"
    private static let state: SQLText = "SELECT judge FROM journal_states WHERE log = ?"
    private static let last: SQLText = "SELECT max(log) AS last FROM journal_logs"
    private static let insert: SQLText = """
        INSERT INTO journal_logs (
            log, edge, factory, stage, parent, base, size, root, epoch, checkpoint, checkpoint_time, heard_at, halted,
            silent, quarantined, halted_at, clock_reset_at
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (log) DO UPDATE SET stage = excluded.stage, size = excluded.size, root = excluded.root,
            epoch = excluded.epoch, checkpoint = excluded.checkpoint, checkpoint_time = excluded.checkpoint_time,
            heard_at = excluded.heard_at, halted = excluded.halted, silent = excluded.silent,
            quarantined = excluded.quarantined, halted_at = excluded.halted_at,
            clock_reset_at = excluded.clock_reset_at
        """
    private static let keepState: SQLText = """
        INSERT INTO journal_states (log, judge) VALUES (?, ?) ON CONFLICT (log) DO UPDATE SET judge = excluded.judge
        """
    private static let keepCheckpoint: SQLText = """
        INSERT INTO journal_checkpoints (log, day, size, envelope) VALUES (?, ?, ?, ?)
        ON CONFLICT (log, day) DO UPDATE SET size = excluded.size, envelope = excluded.envelope
        """

    /// All logs of an EdgeHSM, oldest first.
    public func all(of edge: EdgeHSMID) throws -> [JournalLog] {
        try transaction.rows(Self.byEdge, [.name(edge)]).map(JournalLog.init)
    }

    public func current(of edge: EdgeHSMID) throws -> JournalLog? {
        try all(of: edge).last { $0.stage == .current }
    }

    public func log(_ log: Int64) throws -> JournalLog? {
        try transaction.row(Self.byLog, [.integer(log)]).map(JournalLog.init)
    }

    /// Logs after `log`, 1,000 at most.
    public func list(after log: Int64, limit: Int) throws -> [JournalLog] {
        try transaction.rows(Self.page, [.integer(log), .number(min(max(limit, 1), 1_000))]).map(JournalLog.init)
    }

    /// The journals of all EdgeHSMs that were ever heard.
    public func everyCurrent() throws -> [JournalLog] {
        let page = 1_000
        var (all, last): ([JournalLog], Int64) = ([], 0)
        repeat {
            let next = try list(after: last, limit: page)
            all += next.filter { $0.stage == .current }
            guard let end = next.last, next.count == page else { return all }
            last = end.log
        } while true
    }

    public func nextNumber() throws -> Int64 {
        try (transaction.row(Self.last, []).flatMap { try $0.optional("last", $0.integer) } ?? 0) + 1
    }

    public func put(_ log: JournalLog) throws {
        try transaction.execute(
            Self.insert,
            [
                .integer(log.log), .name(log.edgeHSM), .name(log.factory), .text(log.stage.rawValue),
                log.parent.map { .integer($0) } ?? .null, .number(log.base), .number(log.size), .fixed(log.root),
                .integer(Int64(clamping: log.epoch)), .optional(log.checkpoint), .time(log.checkpointTime),
                .time(log.heardAt), .optional(log.halted?.rawValue), .flag(log.isSilent), .number(log.quarantined),
                .time(log.haltedAt), .number(log.clockResetAt),
            ]
        )
    }

    /// Snapshot of the judge after `size` entries.
    public func judge(of log: Int64) throws -> [UInt8]? {
        try transaction.row(Self.state, [.integer(log)]).map { try $0.blob("judge") }
    }

    public func put(judge: [UInt8], of log: Int64) throws {
        try transaction.execute(Self.keepState, [.integer(log), .blob(judge)])
    }

    /// Officers have decided: packages may be made for this EdgeHSM again.
    public func release(_ edge: EdgeHSMID) throws {
        try transaction.execute("UPDATE journal_logs SET halted = NULL, halted_at = NULL WHERE edge = ?", [.name(edge)])
    }

    /// Keeps the last checkpoint of each day.
    public func put(checkpoint: [UInt8], size: Int, day: Int, of log: Int64) throws {
        try transaction.execute(
            Self.keepCheckpoint,
            [.integer(log), .number(day), .number(size), .blob(checkpoint)]
        )
    }
}
