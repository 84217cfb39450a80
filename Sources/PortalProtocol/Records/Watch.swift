public import Statements
public import Vocabulary

public enum AlarmSeverity: String, Codable, Sendable, Hashable, CaseIterable {
    case warning
    case critical
}

public struct AlarmNumber: BoundedNumber {
    public static let bounds = 1...(1 << 53) - 1
    public let value: Int
    public init(validated value: Int) { self.value = value }
}

public struct AlarmView: Codable, Sendable, Hashable {
    public let number: AlarmNumber
    /// `forked`, `silent`, `duplicate-chip` …
    public let kind: String
    public let severity: AlarmSeverity
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    /// The other EdgeHSM of a duplicate.
    public let other: EdgeHSMID?
    /// Position in the journal.
    public let sequence: Int?
    public let detail: String
    /// How often it was raised.
    public let times: Int
    public let firstAt: Instant
    public let lastAt: Instant
    /// Its cause went away by itself.
    public let clearedAt: Instant?
    public let acknowledgedAt: Instant?
    public let acknowledgedBy: String?

    public init(
        number: AlarmNumber,
        kind: String,
        severity: AlarmSeverity,
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        other: EdgeHSMID?,
        sequence: Int?,
        detail: String,
        times: Int,
        firstAt: Instant,
        lastAt: Instant,
        clearedAt: Instant?,
        acknowledgedAt: Instant?,
        acknowledgedBy: String?
    ) {
        (self.number, self.kind, self.severity, self.edgeHSM) = (number, kind, severity, edgeHSM)
        (self.factory, self.other, self.sequence, self.detail) = (factory, other, sequence, detail)
        (self.times, self.firstAt, self.lastAt, self.clearedAt) = (times, firstAt, lastAt, clearedAt)
        (self.acknowledgedAt, self.acknowledgedBy) = (acknowledgedAt, acknowledgedBy)
    }
}

/// An entry that was stored and judged wrong.
public struct QuarantineView: Codable, Sendable, Hashable {
    public let number: AlarmNumber
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    /// Absent: a checkpoint.
    public let sequence: Int?
    /// Kind of the entry; `malformed`, `checkpoint`.
    public let kind: String
    /// Of the first finding.
    public let code: String
    public let detail: String
    /// How many findings there are.
    public let findings: Int
    public let notedAt: Instant

    public init(
        number: AlarmNumber,
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        sequence: Int?,
        kind: String,
        code: String,
        detail: String,
        findings: Int,
        notedAt: Instant
    ) {
        (self.number, self.edgeHSM, self.factory, self.sequence) = (number, edgeHSM, factory, sequence)
        (self.kind, self.code, self.detail) = (kind, code, detail)
        (self.findings, self.notedAt) = (findings, notedAt)
    }
}

/// An EdgeHSM's journal as the portal has it.
public struct EdgeJournal: Codable, Sendable, Hashable {
    public struct Account: Codable, Sendable, Hashable {
        public let authorization: Digest256
        public let granted: Int
        public let issued: Int
        public let burned: Int
        public let returned: Int
        public let remaining: Int

        public init(authorization: Digest256, granted: Int, issued: Int, burned: Int, returned: Int, remaining: Int) {
            (self.authorization, self.granted, self.issued) = (authorization, granted, issued)
            (self.burned, self.returned, self.remaining) = (burned, returned, remaining)
        }
    }

    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public let storedSize: Int
    public let storedRoot: Digest256
    /// Started so often.
    public let epoch: Int
    /// By the EdgeHSM's own time.
    public let checkpointTime: Instant?
    public let softwareVersion: String?
    /// By the portal's time; absent before the first chunk.
    public let heardAt: Instant?
    public let isSilent: Bool
    /// Why no package is made for it: `forked`, `restored`, `truncated`.
    public let halted: String?
    /// Entries in quarantine.
    public let quarantined: Int
    /// Of the newest checkpoint.
    public let accounts: [Account]

    public init(
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        storedSize: Int,
        storedRoot: Digest256,
        epoch: Int,
        checkpointTime: Instant?,
        softwareVersion: String?,
        heardAt: Instant?,
        isSilent: Bool,
        halted: String?,
        quarantined: Int,
        accounts: [Account]
    ) {
        (self.edgeHSM, self.factory, self.storedSize, self.storedRoot) = (edgeHSM, factory, storedSize, storedRoot)
        (self.epoch, self.checkpointTime, self.softwareVersion) = (epoch, checkpointTime, softwareVersion)
        (self.heardAt, self.isSilent, self.halted) = (heardAt, isSilent, halted)
        (self.quarantined, self.accounts) = (quarantined, accounts)
    }
}

/// A chunk that contradicts what is stored, kept as it came.
public struct EvidenceView: Codable, Sendable, Hashable {
    public let number: AlarmNumber
    public let edgeHSM: EdgeHSMID
    /// Kind of the alarm: `forked`, `restored`, `truncated`, `altered`.
    public let kind: String
    public let notedAt: Instant
    /// Size of the journal that was stored then.
    public let heldSize: Int
    /// Position of the first entry brought, and how many were kept of it.
    public let first: Int
    public let entries: Int

    public init(
        number: AlarmNumber,
        edgeHSM: EdgeHSMID,
        kind: String,
        notedAt: Instant,
        heldSize: Int,
        first: Int,
        entries: Int
    ) {
        (self.number, self.edgeHSM, self.kind, self.notedAt) = (number, edgeHSM, kind, notedAt)
        (self.heldSize, self.first, self.entries) = (heldSize, first, entries)
    }
}

/// The file of one piece of evidence: both checkpoints, each signed by the EdgeHSM, and the entries brought. Whoever has the
/// EdgeHSM's enrolment can judge it without the portal.
public struct EvidenceFile: Codable, Sendable, Hashable {
    public static let format = "obis-journal-evidence-v1"

    public let format: String
    public let edgeHSM: EdgeHSMID
    public let kind: String
    public let notedAt: Instant
    public let heldSize: Int
    /// Newest checkpoint of the journal that was stored then; absent before the first.
    public let heldCheckpoint: Envelope?
    /// What came with the chunk.
    public let checkpoint: Envelope
    public let first: Int
    /// Exact octets; of a large chunk that no signature vouches for (`altered`) the first mebibyte.
    public let entries: [Octets]
    /// RFC 9162 consistency proof from the journal that ends with these entries to that of `checkpoint`; empty where
    /// that is the same.
    public let consistency: [Digest256]

    public init(
        edgeHSM: EdgeHSMID,
        kind: String,
        notedAt: Instant,
        heldSize: Int,
        heldCheckpoint: Envelope?,
        checkpoint: Envelope,
        first: Int,
        entries: [Octets],
        consistency: [Digest256]
    ) {
        format = Self.format
        (self.edgeHSM, self.kind, self.notedAt, self.heldSize) = (edgeHSM, kind, notedAt, heldSize)
        (self.heldCheckpoint, self.checkpoint) = (heldCheckpoint, checkpoint)
        (self.first, self.entries, self.consistency) = (first, entries, consistency)
    }
}

public enum RollUpDimension: String, Codable, Sendable, Hashable, CaseIterable {
    case day
    case factory
    case product
    case batch
    case edge
}

public struct RollUpQuery: Codable, Sendable, Hashable {
    public let by: RollUpDimension
    /// Whole UTC days from that of `from` to that of `to`; absent: the last 30 days.
    public let from: Instant?
    public let to: Instant?
    public let factory: FactoryID?
    public let product: ProductName?
    /// An authorization.
    public let batch: Digest256?
    /// Several authorizations.
    public let batches: DigestList?
    public let edge: EdgeHSMID?
    public let limit: PageLimit?
    public let cursor: PageCursor?

    public init(
        by: RollUpDimension,
        from: Instant? = nil,
        to: Instant? = nil,
        factory: FactoryID? = nil,
        product: ProductName? = nil,
        batch: Digest256? = nil,
        batches: DigestList? = nil,
        edge: EdgeHSMID? = nil,
        limit: PageLimit? = nil,
        cursor: PageCursor? = nil
    ) {
        (self.limit, self.cursor) = (limit, cursor)
        (self.by, self.from, self.to, self.factory) = (by, from, to, factory)
        (self.product, self.batch, self.batches, self.edge) = (product, batch, batches, edge)
    }
}

/// Sums of one day, factory, product, batch or EdgeHSM.
public struct RollUpRow: Codable, Sendable, Hashable {
    /// First second of the UTC day.
    public let day: Instant?
    public let factory: FactoryID?
    /// Absent for what belongs to no batch.
    public let product: ProductName?
    public let batch: Digest256?
    public let batchName: String?
    public let edge: EdgeHSMID?
    public let issued: Int
    public let completed: Int
    /// Devices that stand as passed: `completed`, less what was taken back for rework or scrapped afterwards.
    public let passed: Int
    public let failed: Int
    public let burned: Int
    public let unlocked: Int
    public let reprovisioned: Int
    public let reissued: Int
    public let rotated: Int
    public let returned: Int
    public let quarantined: Int

    public init(
        day: Instant?,
        factory: FactoryID?,
        product: ProductName?,
        batch: Digest256?,
        batchName: String?,
        edge: EdgeHSMID?,
        issued: Int,
        completed: Int,
        passed: Int,
        failed: Int,
        burned: Int,
        unlocked: Int,
        reprovisioned: Int,
        reissued: Int,
        rotated: Int,
        returned: Int,
        quarantined: Int
    ) {
        (self.day, self.factory, self.product, self.batch) = (day, factory, product, batch)
        (self.batchName, self.edge) = (batchName, edge)
        (self.issued, self.completed, self.passed) = (issued, completed, passed)
        (self.failed, self.burned) = (failed, burned)
        (self.unlocked, self.reprovisioned, self.reissued) = (unlocked, reprovisioned, reissued)
        (self.rotated, self.returned, self.quarantined) = (rotated, returned, quarantined)
    }
}
