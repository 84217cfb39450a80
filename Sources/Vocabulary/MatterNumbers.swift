/// A Matter vendor id, printed as four upper-case hexadecimal digits (Matter 6.2.2).
public struct VendorID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let value: UInt16
    public init(_ value: UInt16) { self.value = value }
    public init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(UInt16.self) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
    public var description: String { fourHexDigits(value) }
}

/// A Matter product id, printed as four upper-case hexadecimal digits (Matter 6.2.2).
public struct ProductID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let value: UInt16
    public init(_ value: UInt16) { self.value = value }
    public init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(UInt16.self) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
    public var description: String { fourHexDigits(value) }
}

private func fourHexDigits(_ value: UInt16) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
}

/// The serial number printed on a device and kept in its factory data.
///
/// 1 to 16 characters of `A-Z 0-9 -`: the shortest limit among the vendors' tools (Espressif's is 16).
public struct DeviceSerial: Hashable, Sendable, Codable, CustomStringConvertible {
    public let text: String

    /// Throws `VocabularyError.malformedIdentifier`.
    public init(_ text: String) throws {
        let allowed = text.utf8.allSatisfy {
            ($0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                || $0 == UInt8(ascii: "-")
        }
        guard (1...16).contains(text.utf8.count), allowed else {
            throw Refusal(VocabularyError.malformedIdentifier, "device serial")
        }
        self.text = text
    }

    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public var description: String { text }
}
