public import Statements
public import Vocabulary

/// A type that stands as one JSON value whose form its Codable conformance alone doesn't tell.
///
/// Not needed for structs, arrays, dictionaries with text keys, optionals and `CaseIterable` enumerations of text: these
/// are derived. Also the way out for a type whose decoding checks what its fields say to each other.
public protocol SchemaScalar: Decodable, Sendable {
    static var schemaKind: JSONSchema.Scalar.Kind { get }
    static var schemaKeywords: [String: JSONValue] { get }
    /// Any valid value: what decoding hands out while the schema of a type around it is recorded.
    static var schemaExample: Self { get }
}

extension SchemaScalar where Self: FixedWidthInteger {
    public static var schemaKind: JSONSchema.Scalar.Kind { .integer }
    /// Numbers stay below 2⁵³, which every JSON reader keeps exactly.
    public static var schemaKeywords: [String: JSONValue] {
        let bound = Int64(StrictJSON.largestInteger)
        let (least, most) = (Swift.max(Int64(clamping: Self.min), -bound), Swift.min(Int64(clamping: Self.max), bound))
        return ["type": "integer", "minimum": .integer(least), "maximum": .integer(most)]
    }
    public static var schemaExample: Self { 0 }
}

extension Int: SchemaScalar {}
extension Int64: SchemaScalar {}
extension Int32: SchemaScalar {}
extension UInt64: SchemaScalar {}
extension UInt32: SchemaScalar {}
extension UInt16: SchemaScalar {}
extension UInt8: SchemaScalar {}

extension Bool: SchemaScalar {
    public static let schemaKind = JSONSchema.Scalar.Kind.boolean
    public static let schemaKeywords: [String: JSONValue] = ["type": "boolean"]
    public static let schemaExample = false
}

extension String: SchemaScalar {
    public static let schemaKind = JSONSchema.Scalar.Kind.string
    public static let schemaKeywords: [String: JSONValue] = ["type": "string"]
    public static let schemaExample = ""
}

extension Instant: SchemaScalar {
    public static let schemaKind = JSONSchema.Scalar.Kind.string
    public static let schemaKeywords: [String: JSONValue] = [
        "type": "string", "format": "date-time", "pattern": #"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"#,
    ]
    public static let schemaExample = Instant.epoch
}

extension DeviceSerial: SchemaScalar {
    public static let schemaKind = JSONSchema.Scalar.Kind.string
    public static let schemaKeywords: [String: JSONValue] = ["type": "string", "pattern": "^[A-Z0-9-]{1,16}$"]
    public static var schemaExample: DeviceSerial {
        guard let example = try? DeviceSerial("A") else { preconditionFailure("a constant serial") }
        return example
    }
}

extension Octets: SchemaScalar {
    public static let schemaKind = JSONSchema.Scalar.Kind.string
    public static let schemaKeywords: [String: JSONValue] = [
        "type": "string", "contentEncoding": "base64",
        "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    ]
    public static let schemaExample = Octets([])
}

/// Text with a smallest and largest length and a form, both in the schema and when it is decoded.
public protocol BoundedText: SchemaScalar, Codable, Hashable, CustomStringConvertible {
    /// Octets of UTF-8.
    static var lengths: ClosedRange<Int> { get }
    /// ECMA-262 pattern for the document; `accepts` decides.
    static var pattern: String { get }
    static func accepts(_ text: String) -> Bool
    var text: String { get }
    init(validated text: String)
}

extension BoundedText {
    /// Throws `portal.request.malformed`.
    public init(_ text: String) throws {
        guard Self.lengths.contains(text.utf8.count), Self.accepts(text) else {
            throw Refusal(
                PortalProtocolError.malformedRequest,
                "\(Self.lengths.lowerBound) to \(Self.lengths.upperBound) octets of the form \(Self.pattern)"
            )
        }
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
    public static var schemaKind: JSONSchema.Scalar.Kind { .string }
    public static var schemaKeywords: [String: JSONValue] {
        [
            "type": "string", "pattern": .string(pattern), "minLength": .integer(Int64(min(1, lengths.lowerBound))),
            "maxLength": .integer(Int64(lengths.upperBound)),
        ]
    }
    public static var schemaExample: Self { Self(validated: String(repeating: "a", count: lengths.lowerBound)) }
}

/// A whole number between two bounds, both in the schema and when it is decoded.
public protocol BoundedNumber: SchemaScalar, Codable, Hashable, CustomStringConvertible {
    static var bounds: ClosedRange<Int> { get }
    var value: Int { get }
    init(validated value: Int)
}

extension BoundedNumber {
    /// Throws `portal.request.malformed`.
    public init(_ value: Int) throws {
        guard Self.bounds.contains(value) else {
            throw Refusal(
                PortalProtocolError.malformedRequest,
                "\(Self.bounds.lowerBound) to \(Self.bounds.upperBound) wanted"
            )
        }
        self.init(validated: value)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(Int.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    public var description: String { String(value) }
    public static var schemaKind: JSONSchema.Scalar.Kind { .integer }
    public static var schemaKeywords: [String: JSONValue] {
        [
            "type": "integer", "minimum": .integer(Int64(bounds.lowerBound)),
            "maximum": .integer(Int64(bounds.upperBound)),
        ]
    }
    public static var schemaExample: Self { Self(validated: bounds.lowerBound) }
}
