import FoundationEssentials
import Statements
import Vocabulary

/// Any JSON value, for comparing which fields a file has with those that were understood, and for showing a statement
/// of an unknown kind.
enum JSONValue: Codable, Hashable, Sendable {
    case object([String: JSONValue])
    case array([JSONValue])
    case text(String)
    case number(Int64)
    case flag(Bool)
    case null

    init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let flag = try? single.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? single.decode(Int64.self) {
            self = .number(number)
        } else if let text = try? single.decode(String.self) {
            self = .text(text)
        } else if let array = try? single.decode([JSONValue].self) {
            self = .array(array)
        } else {
            self = .object(try single.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .object(let value): try single.encode(value)
        case .array(let value): try single.encode(value)
        case .text(let value): try single.encode(value)
        case .number(let value): try single.encode(value)
        case .flag(let value): try single.encode(value)
        case .null: try single.encodeNil()
        }
    }

    /// The first field of `self` that `other` lacks, as a path; nil when `other` has them all.
    func firstField(absentFrom other: JSONValue, at path: String = "") -> String? {
        switch (self, other) {
        case (.object(let mine), .object(let theirs)):
            for (key, value) in mine.sorted(by: { $0.key < $1.key }) {
                let place = path.isEmpty ? key : "\(path).\(key)"
                guard let counterpart = theirs[key] else { return place }
                if let absent = value.firstField(absentFrom: counterpart, at: place) { return absent }
            }
            return nil
        case (.array(let mine), .array(let theirs)):
            guard mine.count == theirs.count else { return path }
            for (index, pair) in zip(mine, theirs).enumerated() {
                if let absent = pair.0.firstField(absentFrom: pair.1, at: "\(path)[\(index)]") { return absent }
            }
            return nil
        default: return nil
        }
    }
}

/// Files that people write: strict JSON in which every field is understood.
public enum ReviewedJSON {
    public static let largest = 256 * 1024

    /// Throws a `StatementError`, `ceremony.file.unknown-field` or `ceremony.file.malformed`.
    public static func decode<Value: Codable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try StrictJSON.check(bytes, limit: largest)
        let value: Value
        do {
            value = try StatementCoding.decode(type, from: bytes)
        } catch let refusal as Refusal where refusal.has(StatementError.missingField) {
            throw Refusal(GovernanceError.fileMalformed, refusal.detail)
        }
        // What was understood is what comes out again: a field that does not was not.
        let written = try StatementCoding.decode(JSONValue.self, from: bytes)
        let understood = try StatementCoding.decode(JSONValue.self, from: StatementCoding.encode(value))
        if let field = written.firstField(absentFrom: understood) {
            throw Refusal(GovernanceError.unknownField, field)
        }
        return value
    }

    public static func read<Value: Codable>(_ type: Value.Type, at path: String) throws -> Value {
        try decode(type, from: StateFile.read(path, limit: largest))
    }
}
