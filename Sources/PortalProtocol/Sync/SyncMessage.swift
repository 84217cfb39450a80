import Statements
import Vocabulary

/// A JSON message between a Factory Service and the portal. Read strictly: bounded, no duplicate keys, whole numbers
/// only, then its own rules.
public protocol SyncMessage: Codable, Sendable, Hashable {
    /// Largest text read, in octets.
    static var largest: Int { get }
    /// Throws `sync.message.malformed` where the values do not hang together.
    func validate() throws
}

extension SyncMessage {
    public static var largest: Int { 64 * 1024 }

    /// Throws a `StatementError` and what `validate` throws.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(Self.self, from: bytes)
        try validate()
    }

    /// JSON with sorted keys, without line feeds.
    public func serialized() throws -> [UInt8] { try StatementCoding.encode(self) }

    public func validate() throws {}
}

/// Bounds that both ends keep.
public enum SyncLimits {
    /// Largest `SyncUpload`, in octets of JSON.
    public static let largestUpload = 8 * 1024 * 1024
    /// Entries, label records, events and preparations in one upload, each.
    public static let mostItems = 1_000
    /// Octets of journal entries in one upload, before base64.
    public static let largestChunk = 5 * 1024 * 1024
    /// Octets of one event line.
    public static let longestEvent = 8 * 1024
    /// Octets of one label record's ciphertext.
    public static let longestLabel = 4 * 1024
    /// EdgeHSMs of one Factory Service, packages, firmware files, certificates and preparations in one state, each.
    public static let mostListed = 512
}

func requireMessage(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw Refusal(SyncMessageError.malformed, what()) }
}
