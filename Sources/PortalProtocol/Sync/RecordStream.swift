import Statements
public import Vocabulary

/// The two lists of numbered records that a Factory Service tells beside the journal.
public enum RecordStream: String, Sendable, Hashable, CaseIterable {
    case labels
    case events

    /// The running digest before record 1: SHA-256 over `obis records v1`, the list's name and the source.
    public func start(of source: RecordSource) -> Digest256 {
        Digest256.of(Array("obis records v1".utf8) + [0] + Array(rawValue.utf8) + [0] + source.bytes)
    }

    /// The running digest after one more record: SHA-256 over the one before it and the SHA-256 of the record's octets. Both
    /// ends keep it, so that numbers which were given twice, by storage that was set back, don't pass for one another.
    public static func head(after head: Digest256, _ record: [UInt8]) -> Digest256 {
        Digest256.of(head.bytes + Digest256.of(record).bytes)
    }
}

extension LabelUpload {
    /// What the running digest is made over: its JSON with sorted keys.
    public func recordOctets() throws -> [UInt8] { try StatementCoding.encode(self) }
}

extension LabelChunk {
    /// As the running digest takes them.
    public func recordOctets() throws -> [[UInt8]] { try records.map { try $0.recordOctets() } }
}

extension EventChunk {
    /// As the running digest takes them.
    public func recordOctets() -> [[UInt8]] { lines.map { Array($0.utf8) } }
}
