public import Vocabulary

/// One value as the database holds it. Times are seconds since 1970, digests and keys are blobs, names are text, and
/// yes and no are 1 and 0.
public enum SQLValue: Sendable, Hashable {
    case integer(Int64)
    case text(String)
    case blob([UInt8])
    case null

    public static func number(_ value: Int) -> SQLValue { .integer(Int64(value)) }
    public static func number(_ value: Int?) -> SQLValue { value.map { .integer(Int64($0)) } ?? .null }
    public static func flag(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
    public static func time(_ value: Instant) -> SQLValue { .integer(value.seconds) }
    public static func time(_ value: Instant?) -> SQLValue { value.map { .integer($0.seconds) } ?? .null }
    public static func name(_ value: some Identifier) -> SQLValue { .text(value.text) }
    public static func name(_ value: (some Identifier)?) -> SQLValue { value.map { .text($0.text) } ?? .null }
    public static func fixed(_ value: some FixedBytes) -> SQLValue { .blob(value.bytes) }
    public static func fixed(_ value: (some FixedBytes)?) -> SQLValue { value.map { .blob($0.bytes) } ?? .null }
    /// Text by somebody else, such as what a journal's entry says of itself. PostgreSQL keeps no U+0000 in a text; it becomes
    /// U+FFFD here, as what can't be shown does.
    public static func foreign(_ value: String) -> SQLValue {
        guard value.utf8.contains(0) else { return .text(value) }
        return .text(String(String.UnicodeScalarView(value.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 })))
    }
    public static func optional(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
    public static func optional(_ value: [UInt8]?) -> SQLValue { value.map { .blob($0) } ?? .null }

    var kind: String {
        switch self {
        case .integer: "integer"
        case .text: "text"
        case .blob: "blob"
        case .null: "null"
        }
    }
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(nilLiteral: ()) { self = .null }
}
