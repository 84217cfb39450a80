import FoundationEssentials
import Vocabulary

/// Octets of one message, at most 64 KiB; base64 (RFC 4648 section 4, padded) in JSON.
public struct Blob: Hashable, Sendable, Codable {
    /// The largest piece of flash, certificate or packet that one frame carries, in octets.
    public static let largest = 64 * 1024

    public let bytes: [UInt8]

    /// Throws `programmer.message.too-large`.
    public init(_ bytes: some Sequence<UInt8>) throws {
        let bytes = Array(bytes)
        guard bytes.count <= Self.largest else {
            throw Refusal(ProgrammerError.tooLarge, "\(bytes.count) octets where \(Self.largest) are allowed")
        }
        self.bytes = bytes
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let data = Data(base64Encoded: text) else { throw Refusal(ProgrammerError.malformed, "base64") }
        try self.init(data)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(bytes).base64EncodedString())
    }
}
