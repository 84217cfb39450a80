/// A short name chosen by people: a factory, a product, an EdgeHSM, an officer, a station.
///
/// 1 to 64 characters of `a-z A-Z 0-9 . _ -`, starting with a letter or digit, so that it is safe in a file name, a
/// certificate's common name, a log line and a token's label.
public protocol Identifier: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    var text: String { get }
    init(validated text: String)
}

extension Identifier {
    /// Throws `VocabularyError.malformedIdentifier`.
    public init(_ text: String) throws {
        let characters = text.utf8
        guard (1...64).contains(characters.count), characters.allSatisfy(IdentifierSyntax.allows),
            characters.first.map(IdentifierSyntax.mayStart) ?? false
        else { throw Refusal(VocabularyError.malformedIdentifier, "\(Self.self)") }
        self.init(validated: text)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public var description: String { text }
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

enum IdentifierSyntax {
    static func mayStart(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    static func allows(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: mayStart(character)
        }
    }
}

/// One EdgeHSM appliance.
public struct EdgeHSMID: Identifier {
    public let text: String
    public init(validated text: String) { self.text = text }
}

/// One factory (site).
public struct FactoryID: Identifier {
    public let text: String
    public init(validated text: String) { self.text = text }
}

/// One product of the OEM; quotas and allotments are counted by it.
public struct ProductName: Identifier {
    public let text: String
    public init(validated text: String) { self.text = text }
}

/// One OEM security officer.
public struct OfficerName: Identifier {
    public let text: String
    public init(validated text: String) { self.text = text }
}

/// One programming station, as its certificate's common name says.
public struct StationName: Identifier {
    public let text: String
    public init(validated text: String) { self.text = text }
}

/// One batch, as the factory's people call it.
public struct BatchName: Identifier {
    public let text: String
    public init(validated text: String) { self.text = text }
}

/// A key slot of a product (`ota`), at most one key for each version.
public struct KeySlot: Identifier {
    public let text: String
    public init(validated text: String) { self.text = text }
}
