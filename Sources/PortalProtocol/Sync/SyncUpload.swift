public import Statements
public import Vocabulary

/// Journal entries with the checkpoint that proves them.
///
/// Each chunk proves itself: with the portal's own tree of the entries before `from`, its entries and `consistency`
/// give the checkpoint's root. So a chunk is stored or refused as a whole, in one transaction, and nothing waits.
public struct JournalChunk: Codable, Sendable, Hashable {
    public let edgeHSM: EdgeHSMID
    /// Sequence of the first entry.
    public let from: Int
    /// Exact octets of each entry. None where only a newer checkpoint is told: the heartbeat.
    public let entries: [Octets]
    /// A `Checkpoint` of `from + entries.count` entries or more.
    public let checkpoint: Envelope
    /// Hashes of the consistency proof (RFC 9162 section 2.1.4) from `from + entries.count` to the checkpoint's size;
    /// none where the chunk ends at the checkpoint or holds no entry of a journal.
    public let consistency: [Digest256]

    public init(
        edgeHSM: EdgeHSMID,
        from: Int,
        entries: [Octets],
        checkpoint: Envelope,
        consistency: [Digest256] = []
    ) {
        self.edgeHSM = edgeHSM
        self.from = from
        self.entries = entries
        self.checkpoint = checkpoint
        self.consistency = consistency
    }

    /// Size of the journal up to the chunk's end.
    public var end: Int { from + entries.count }
}

/// A label record as its station sealed it to the OEM: nobody on the way can read it.
public struct LabelUpload: Codable, Sendable, Hashable {
    /// HPKE: encapsulated key and ciphertext.
    public struct Sealed: Codable, Sendable, Hashable {
        public let encapsulated: P256Point
        public let ciphertext: Octets
        public init(encapsulated: P256Point, ciphertext: Octets) {
            self.encapsulated = encapsulated
            self.ciphertext = ciphertext
        }
    }

    public let unit: Digest256
    public let authorization: Digest256
    public let serial: DeviceSerial?
    public let record: Sealed

    public init(unit: Digest256, authorization: Digest256, serial: DeviceSerial?, record: Sealed) {
        self.unit = unit
        self.authorization = authorization
        self.serial = serial
        self.record = record
    }
}

/// Label records `from`, `from + 1` … of a source; the first of a source is 1.
public struct LabelChunk: Codable, Sendable, Hashable {
    public let from: Int
    /// The running digest before `from` (`RecordStream`).
    public let after: Digest256
    public let records: [LabelUpload]
    public init(from: Int, after: Digest256, records: [LabelUpload]) {
        self.from = from
        self.after = after
        self.records = records
    }
}

/// Events `from`, `from + 1` … of a source; the first of a source is 1. Told by stations and the Factory Service, and
/// proven by nothing.
public struct EventChunk: Codable, Sendable, Hashable {
    public let from: Int
    /// The running digest before `from` (`RecordStream`).
    public let after: Digest256
    /// One JSON object each, as the Factory Service wrote it.
    public let lines: [String]
    public init(from: Int, after: Digest256, lines: [String]) {
        self.from = from
        self.after = after
        self.lines = lines
    }
}

/// What goes up, the same octets as a request's body and as a line of an `.upload` file.
public struct SyncUpload: SyncMessage {
    public static let format = "obis-upload-v1"
    public static let largest = SyncLimits.largestUpload

    public let format: String
    public let factory: FactoryID
    /// The Factory Service that tells it.
    public let service: StationName
    public let source: RecordSource
    public let journal: JournalChunk?
    /// `ProductPreparation`s that the portal asked for.
    public let preparations: [Envelope]
    public let labels: LabelChunk?
    public let events: EventChunk?

    public init(
        factory: FactoryID,
        service: StationName,
        source: RecordSource,
        journal: JournalChunk? = nil,
        preparations: [Envelope] = [],
        labels: LabelChunk? = nil,
        events: EventChunk? = nil
    ) {
        self.format = Self.format
        self.factory = factory
        self.service = service
        self.source = source
        self.journal = journal
        self.preparations = preparations
        self.labels = labels
        self.events = events
    }

    public var isEmpty: Bool { journal == nil && preparations.isEmpty && labels == nil && events == nil }

    public func validate() throws {
        let most = SyncLimits.mostItems
        try requireMessage(format == Self.format, "format")
        try requireMessage(preparations.count <= most, "\(preparations.count) preparations")
        if let journal {
            try requireMessage(journal.from >= 0 && journal.from <= Int(StrictJSON.largestInteger), "journal position")
            try requireMessage(journal.entries.count <= most, "\(journal.entries.count) entries")
            try requireMessage(journal.consistency.count <= 128, "\(journal.consistency.count) hashes")
            let octets = journal.entries.reduce(0) { $0 + $1.bytes.count }
            try requireMessage(octets <= SyncLimits.largestChunk, "\(octets) octets of entries")
        }
        if let labels {
            try requireMessage(labels.from >= 1, "label number")
            try requireMessage((1...most).contains(labels.records.count), "\(labels.records.count) label records")
            let isBounded = labels.records.allSatisfy {
                (16...SyncLimits.longestLabel).contains($0.record.ciphertext.bytes.count)
            }
            try requireMessage(isBounded, "a label record's size")
        }
        if let events {
            try requireMessage(events.from >= 1, "event number")
            try requireMessage((1...most).contains(events.lines.count), "\(events.lines.count) events")
            try requireMessage(events.lines.allSatisfy { $0.utf8.count <= SyncLimits.longestEvent }, "an event's size")
        }
    }
}

/// What the portal has stored after an upload.
public struct SyncReceipt: SyncMessage {
    /// The journal that the upload had entries of; absent where it had none.
    public let edgeHSM: EdgeHSMID?
    public let storedSize: Int?
    public let storedRoot: Digest256?
    public let labelsStored: Int
    public let eventsStored: Int

    public init(
        edgeHSM: EdgeHSMID?,
        storedSize: Int?,
        storedRoot: Digest256?,
        labelsStored: Int,
        eventsStored: Int
    ) {
        self.edgeHSM = edgeHSM
        self.storedSize = storedSize
        self.storedRoot = storedRoot
        self.labelsStored = labelsStored
        self.eventsStored = eventsStored
    }

    public func validate() throws {
        try requireMessage(labelsStored >= 0 && eventsStored >= 0 && (storedSize ?? 0) >= 0, "stored numbers")
        try requireMessage((storedSize == nil) == (storedRoot == nil), "size without root")
    }
}

/// Asks for a `DownlinkBundle`: RoleKeys after `roleKeysVersion`, orders, a status of now.
public struct DownlinkRequest: SyncMessage {
    public let roleKeysVersion: Int
    /// For the status; drawn by the portal where absent.
    public let nonce: Nonce?

    public init(roleKeysVersion: Int, nonce: Nonce? = nil) {
        self.roleKeysVersion = roleKeysVersion
        self.nonce = nonce
    }

    public func validate() throws { try requireMessage(roleKeysVersion >= 0, "RoleKeys version") }
}
