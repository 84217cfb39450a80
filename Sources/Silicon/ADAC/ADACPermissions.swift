public import Vocabulary

/// The 128-bit permission mask of ADAC (DEN0101): bit n is bit n % 8 of octet n / 8.
public struct ADACPermissions: FixedBytes {
    public static let size = 16
    public let bytes: [UInt8]
    public init(validated bytes: [UInt8]) { self.bytes = bytes }

    private init(bit: Int) {
        bytes = (0..<Self.size).map { $0 == bit / 8 ? 1 << UInt8(bit % 8) : 0 }
    }

    public static let none = ADACPermissions(validated: [UInt8](repeating: 0, count: size))
    public static let all = ADACPermissions(validated: [UInt8](repeating: 0xff, count: size))

    // What the bits mean to the chip families of this release.
    /// Read firmware and factory data.
    public static let readFlash = ADACPermissions(bit: 0)
    /// Write firmware, factory data and credentials, make keys, install product keys.
    public static let writeFlash = ADACPermissions(bit: 1)
    /// Halt and inspect secure code. Where the key store is readable this way the device keys are exposed.
    public static let secureMemory = ADACPermissions(bit: 2)
    /// Erase keys, or everything.
    public static let wipe = ADACPermissions(bit: 3)

    /// Rework that reads and writes but neither sees secure memory nor erases.
    public static let rework = readFlash | writeFlash

    public var isEmpty: Bool { bytes.allSatisfy { $0 == 0 } }
    public func contains(_ other: ADACPermissions) -> Bool { other & self == other }

    public static func & (left: Self, right: Self) -> Self { Self(validated: zip(left.bytes, right.bytes).map(&)) }
    public static func | (left: Self, right: Self) -> Self { Self(validated: zip(left.bytes, right.bytes).map(|)) }
}
