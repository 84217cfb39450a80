import FoundationEssentials
import Vocabulary

/// JSON as all signed things use it: sorted keys, no escaped slashes, whole numbers only.
public enum StatementCoding {
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// Decodes octets that `StrictJSON` has passed. A refusal thrown by a field's own type is kept; any other decoding
    /// error becomes `failure` with the path of the field.
    public static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: [UInt8],
        failure: StatementError = .missingField
    ) throws -> Value {
        try refusing(failure) { try JSONDecoder().decode(type, from: Data(bytes)) }
    }

    /// Has `StrictJSON` check octets, `limit` of them at most, and decodes them from the same scan.
    public static func decode<Value: Decodable>(
        _ type: Value.Type,
        checking bytes: [UInt8],
        limit: Int,
        failure: StatementError = .missingField
    ) throws -> Value {
        let document = try StrictJSON.document(of: bytes, limit: limit)
        return try refusing(failure) { try Value(from: StrictDecoder(document)) }
    }

    private static func refusing<Value>(_ failure: StatementError, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let refusal as Refusal {
            throw refusal
        } catch let error as DecodingError {
            throw Refusal(failure, error.place)
        }
    }
}

extension DecodingError {
    fileprivate var place: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath.map(\.stringValue).joined(separator: ".")
        case .keyNotFound(let key, let context):
            (context.codingPath.map(\.stringValue) + [key.stringValue]).joined(separator: ".")
        @unknown default: "unknown"
        }
    }
}
