import FoundationEssentials
import Vocabulary

/// Configuration from one JSON file, strictly: bounded, no duplicate or unknown keys, no null.
public enum ConfigurationFile {
    /// Largest configuration file, in octets.
    public static let largest = 262_144

    /// Reads and decodes. Throws `config.*` with the file's path in the detail.
    public static func load<Value: Codable>(_ type: Value.Type, path: String) throws -> Value {
        do {
            let text = try BoundedFile.read(path, largest: largest, ownerOnly: false)
            return try decode(type, from: text, named: path)
        } catch FileFailure.tooLarge {
            throw Refusal(ServiceSupportError.configurationMalformed, "\(path): larger than \(largest) octets")
        } catch FileFailure.unreadable(let why), FileFailure.exposed(let why) {
            throw Refusal(ServiceSupportError.configurationUnreadable, "\(path): \(why)")
        }
    }

    /// Decodes; `name` stands in the refusals' detail.
    public static func decode<Value: Codable>(
        _ type: Value.Type,
        from text: [UInt8],
        named name: String
    ) throws -> Value {
        guard text.count <= largest else {
            throw Refusal(ServiceSupportError.configurationMalformed, "\(name): larger than \(largest) octets")
        }
        let shape: JSONShape
        do { shape = try StrictJSON.shape(of: text) } catch let refusal as Refusal {
            throw Refusal(ServiceSupportError.configurationMalformed, "\(name): \(refusal.detail)")
        }
        let value: Value
        do { value = try JSONDecoder().decode(type, from: Data(text)) } catch {
            throw Refusal(ServiceSupportError.configurationInvalid, "\(name): \(explain(error))")
        }
        // What the type does not know is missing when it is written again.
        let known: JSONShape
        do { known = try StrictJSON.shape(of: Array(JSONEncoder().encode(value))) } catch {
            throw Refusal(ServiceSupportError.configurationInvalid, "\(name): \(explain(error))")
        }
        try compare(shape, with: known, at: [], name)
        return value
    }

    private static func compare(_ given: JSONShape, with known: JSONShape, at path: [String], _ name: String) throws {
        func place(_ path: [String]) -> String { "\(name): \(path.joined(separator: "."))" }
        switch (given, known) {
        case (.null, _): throw Refusal(ServiceSupportError.configurationInvalid, "\(place(path)) is null")
        case (.object(let given), .object(let known)):
            for (key, value) in given.sorted(by: { $0.key < $1.key }) {
                if case .null = value {
                    throw Refusal(ServiceSupportError.configurationInvalid, "\(place(path + [key])) is null")
                }
                guard let counterpart = known[key] else {
                    throw Refusal(ServiceSupportError.configurationUnknownKey, place(path + [key]))
                }
                try compare(value, with: counterpart, at: path + [key], name)
            }
        case (.array(let given), .array(let known)):
            for (index, (value, counterpart)) in zip(given, known).enumerated() {
                try compare(value, with: counterpart, at: path + [String(index)], name)
            }
        default: break
        }
    }

    private static func explain(_ error: any Error) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case let refusal as Refusal: return refusal.description
        case DecodingError.keyNotFound(let key, let context):
            return "\((context.codingPath + [key]).map(\.stringValue).joined(separator: ".")) is missing"
        case DecodingError.typeMismatch(_, let context): return "\(place(context)): \(context.debugDescription)"
        case DecodingError.valueNotFound(_, let context): return "\(place(context)): \(context.debugDescription)"
        case DecodingError.dataCorrupted(let context): return "\(place(context)): \(context.debugDescription)"
        default: return "\(error)"
        }
    }
}
