import Vocabulary

/// Reads little-endian fields from foreign bytes; every step is bounded.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int
    private let failure: Refusal

    init(_ bytes: some Sequence<UInt8>, else failure: Refusal) {
        self.bytes = ArraySlice(Array(bytes))
        position = 0
        self.failure = failure
    }

    var remaining: Int { bytes.count - position }

    mutating func take(_ count: Int) throws -> [UInt8] {
        guard count >= 0, count <= remaining else { throw failure }
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    mutating func u8() throws -> UInt8 { try take(1)[0] }
    mutating func u16() throws -> UInt16 { try UInt16(littleEndianBytes: take(2)) }
    mutating func u32() throws -> UInt32 { try UInt32(littleEndianBytes: take(4)) }

    func finish() throws {
        guard remaining == 0 else { throw failure }
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// `bytes` must not be longer than the integer.
    init(littleEndianBytes bytes: [UInt8]) {
        self = bytes.reversed().reduce(Self.zero) { $0 << 8 | Self($1) }
    }

    var littleEndianBytes: [UInt8] {
        (0..<(Self.bitWidth / 8)).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }
}
