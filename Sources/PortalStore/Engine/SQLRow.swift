public import Vocabulary

/// One row of an answer. Getters throw `portal.store.type` for a column that is missing or holds another type, and the
/// value's own error where what is stored is malformed.
public struct SQLRow: Sendable {
    /// Most rows of one answer; lists are asked for in pages.
    public static let mostRows = 50_000

    /// The names, shared by the rows of one answer.
    final class Columns: Sendable {
        let names: [String]
        let indices: [String: Int]

        init(_ names: [String]) {
            self.names = names
            indices = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    private let columns: Columns
    private let values: [SQLValue]

    init(columns: Columns, values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    public func value(_ column: String) throws -> SQLValue {
        guard let index = columns.indices[column], values.indices.contains(index) else {
            throw Refusal(PortalStoreError.type, "no column \(column)")
        }
        return values[index]
    }

    private func wrong(_ column: String, _ value: SQLValue, _ wanted: String) -> Refusal {
        Refusal(PortalStoreError.type, "\(column) is \(value.kind), not \(wanted)")
    }

    public func isNull(_ column: String) throws -> Bool { try value(column) == .null }

    public func integer(_ column: String) throws -> Int64 {
        let value = try value(column)
        guard case .integer(let number) = value else { throw wrong(column, value, "integer") }
        return number
    }

    public func text(_ column: String) throws -> String {
        let value = try value(column)
        guard case .text(let text) = value else { throw wrong(column, value, "text") }
        return text
    }

    public func blob(_ column: String) throws -> [UInt8] {
        let value = try value(column)
        guard case .blob(let bytes) = value else { throw wrong(column, value, "blob") }
        return bytes
    }

    public func number(_ column: String) throws -> Int {
        guard let number = Int(exactly: try integer(column)) else { throw Refusal(PortalStoreError.type, column) }
        return number
    }

    public func flag(_ column: String) throws -> Bool {
        switch try integer(column) {
        case 0: return false
        case 1: return true
        default: throw Refusal(PortalStoreError.type, "\(column) is neither 0 nor 1")
        }
    }

    public func time(_ column: String) throws -> Instant { Instant(seconds: try integer(column)) }

    public func name<Name: Identifier>(_ column: String, as type: Name.Type = Name.self) throws -> Name {
        try Name(text(column))
    }

    public func fixed<Bytes: FixedBytes>(_ column: String, as type: Bytes.Type = Bytes.self) throws -> Bytes {
        try Bytes(blob(column))
    }

    /// A getter's value, or nil where the column is null: `try row.optional("revoked_at", row.time)`.
    public func optional<Value>(_ column: String, _ getter: (String) throws -> Value) throws -> Value? {
        try isNull(column) ? nil : getter(column)
    }

    public func optionalName<Name: Identifier>(_ column: String, as type: Name.Type = Name.self) throws -> Name? {
        try isNull(column) ? nil : name(column, as: type)
    }

    public func optionalFixed<Bytes: FixedBytes>(_ column: String, as type: Bytes.Type = Bytes.self) throws -> Bytes? {
        try isNull(column) ? nil : fixed(column, as: type)
    }
}
