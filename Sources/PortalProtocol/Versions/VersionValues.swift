public import Vocabulary

/// A product version's name, `1.4.0`: as an identifier, since it stands in addresses and in names of token keys.
public struct VersionName: Identifier {
    public let text: String
    public init(validated text: String) { self.text = text }
}

/// Where a product version stands. A locked or rejected version never changes again: what follows is a new version.
public enum VersionState: String, Codable, Sendable, Hashable, CaseIterable {
    /// The ODM works on it.
    case draft
    /// The officers look at it.
    case submitted
    /// m officers have signed its approval: batches can be made.
    case locked
    case rejected
}

/// 16 octets in lower-case hexadecimal: an ADAC permission mask or a key's check value.
public struct SixteenOctets: BoundedText {
    public static let lengths = 32...32
    public static let pattern = "^[0-9a-f]{32}$"
    public static var schemaExample: SixteenOctets { SixteenOctets(validated: String(repeating: "0", count: 32)) }
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

/// What the serials of a product begin with: 1 to 8 characters of `A-Z 0-9 -`.
public struct SerialPrefix: BoundedText {
    public static let lengths = 1...8
    public static let pattern = "^[A-Z0-9-]{1,8}$"
    public static var schemaExample: SerialPrefix { SerialPrefix(validated: "A") }
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x2D }
    }
}

/// Name of a chip family, `virtual-v`; which ones there are is for the portal to say.
public struct FamilyName: BoundedText {
    public static let lengths = 1...32
    public static let pattern = "^[a-z0-9][a-z0-9-]{0,31}$"
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool {
        text.first != "-"
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
    }
}

/// A number of units in a figure that adds up over the life of a product: 1 to 10,000,000,000.
public struct UnitTotal: BoundedNumber {
    public static let bounds = 1...10_000_000_000
    public let value: Int
    public init(validated value: Int) { self.value = value }
}
