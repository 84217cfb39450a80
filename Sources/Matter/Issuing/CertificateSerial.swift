public import Vocabulary

/// A serial number that we give: 16 octets, positive, without a leading zero, 126 of its bits random.
public struct CertificateSerial: FixedBytes {
    public static let size = 16
    public let bytes: [UInt8]

    public init(validated bytes: [UInt8]) { self.bytes = bytes }

    /// Makes a serial of 16 random octets: the top bit is cleared (positive) and the next one set (always 16 octets).
    ///
    /// Throws `value.hex.malformed` for another length.
    public init(random: some Sequence<UInt8>) throws {
        var bytes = Array(random)
        if let first = bytes.first { bytes[0] = (first & 0x7F) | 0x40 }
        try self.init(bytes)
    }
}
