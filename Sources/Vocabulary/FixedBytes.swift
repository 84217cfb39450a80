/// A value of exactly `size` octets whose text form is lower-case hexadecimal.
public protocol FixedBytes: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    static var size: Int { get }
    var bytes: [UInt8] { get }
    init(validated bytes: [UInt8])
}

extension FixedBytes {
    /// Throws `VocabularyError.malformedHex` unless `bytes` has exactly `size` octets.
    public init(_ bytes: some Sequence<UInt8>) throws {
        let bytes = Array(bytes)
        guard bytes.count == Self.size else {
            throw Refusal(VocabularyError.malformedHex, "\(bytes.count) octets where \(Self.size) are needed")
        }
        self.init(validated: bytes)
    }

    public init(hex: String) throws { try self.init(Hex.decode(hex)) }

    /// From the octets of its text form; nil for any other text.
    public init?(hexOctets: UnsafeBufferPointer<UInt8>) {
        guard hexOctets.count == 2 * Self.size, let bytes = try? Hex.decode(hexOctets) else { return nil }
        self.init(validated: bytes)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(hex: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    public var hex: String { Hex.encode(bytes) }
    public var description: String { hex }
    public static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

/// SHA-256 of something, 32 octets. Also the id of a statement (the digest of its payload bytes).
///
/// Kept in place, without an array behind it: state, journal and trees are full of digests that are copied and compared.
public struct Digest256: FixedBytes {
    public static let size = 32
    public static let zero = Digest256(validated: [UInt8](repeating: 0, count: 32))
    /// The octets in order, each word big-endian.
    private let first, second, third, fourth: UInt64

    public init(validated bytes: [UInt8]) { self = bytes.withUnsafeBytes { Digest256(octets: $0) } }

    /// - Parameter octets: 32 of them.
    public init(octets: UnsafeRawBufferPointer) {
        precondition(octets.count == Self.size, "a digest of \(octets.count) octets")
        (first, second, third, fourth) = (octets.word(0), octets.word(1), octets.word(2), octets.word(3))
    }

    public init?(hexOctets: UnsafeBufferPointer<UInt8>) {
        guard hexOctets.count == 2 * Self.size, let first = Hex.word(hexOctets, at: 0),
            let second = Hex.word(hexOctets, at: 16), let third = Hex.word(hexOctets, at: 32),
            let fourth = Hex.word(hexOctets, at: 48)
        else { return nil }
        (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
    }

    /// Calls `body` with the octets, which are no array until somebody needs one.
    public func withOctets<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        try withUnsafeBytes(of: (first.bigEndian, second.bigEndian, third.bigEndian, fourth.bigEndian), body)
    }

    public var bytes: [UInt8] { withOctets { Array($0) } }

    public static func < (left: Self, right: Self) -> Bool {
        (left.first, left.second, left.third, left.fourth) < (right.first, right.second, right.third, right.fourth)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func word(_ index: Int) -> UInt64 {
        UInt64(bigEndian: loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
}

/// The chip's own identifier, 16 octets (shorter vendor ids are left-padded with zeros). Kept in place, as digests are.
public struct ChipUID: FixedBytes {
    public static let size = 16
    /// The octets in order, each word big-endian.
    private let first, second: UInt64

    public init(validated bytes: [UInt8]) {
        precondition(bytes.count == Self.size, "a chip UID of \(bytes.count) octets")
        (first, second) = bytes.withUnsafeBytes { ($0.word(0), $0.word(1)) }
    }

    public init?(hexOctets: UnsafeBufferPointer<UInt8>) {
        guard hexOctets.count == 2 * Self.size, let first = Hex.word(hexOctets, at: 0),
            let second = Hex.word(hexOctets, at: 16)
        else { return nil }
        (self.first, self.second) = (first, second)
    }

    public var bytes: [UInt8] { withOctets { Array($0) } }

    /// Calls `body` with the octets, which are no array until somebody needs one.
    public func withOctets<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        try withUnsafeBytes(of: (first.bigEndian, second.bigEndian), body)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.first, left.second) < (right.first, right.second)
    }
}

/// 32 fresh random octets, used once.
public struct Nonce: FixedBytes {
    public static let size = 32
    public let bytes: [UInt8]
    public init(validated bytes: [UInt8]) { self.bytes = bytes }
}

/// A P-256 public key as an uncompressed point, 65 octets (0x04 ‖ X ‖ Y, SEC 1 section 2.3.3).
///
/// The type fixes the length only; whoever uses a foreign key has it checked on the curve first.
public struct P256Point: FixedBytes {
    public static let size = 65
    public let bytes: [UInt8]
    public init(validated bytes: [UInt8]) { self.bytes = bytes }
}

/// An ECDSA signature as r ‖ s, 64 octets big-endian.
public struct RawSignature: FixedBytes {
    public static let size = 64
    public let bytes: [UInt8]
    public init(validated bytes: [UInt8]) { self.bytes = bytes }
}
