public import Vocabulary

/// One Factory Service's own records, 16 random octets drawn when its storage was made. Label records and events are
/// numbered within it, so that new storage starts from 1 without being taken for what was there before.
public struct RecordSource: FixedBytes {
    public static let size = 16
    public let bytes: [UInt8]
    public init(validated bytes: [UInt8]) { self.bytes = bytes }
}
