import Statements
import Vocabulary

extension JSONSchema {
    /// Derives the schema by decoding `type` from a decoder that writes down what it is asked for.
    ///
    /// Throws `portal.schema.underivable` for a type that is neither described by `SchemaScalar` nor made of such.
    public static func of<Value: Decodable>(_ type: Value.Type) throws -> JSONSchema {
        try SchemaRecorder.derive(type, depth: 0).schema
    }
}

/// Collections and optionals, seen without their element type.
protocol SchemaSequence { static func derived(depth: Int) throws -> (schema: JSONSchema, example: Any) }

extension Array: SchemaSequence where Element: Decodable {
    static func derived(depth: Int) throws -> (schema: JSONSchema, example: Any) {
        (.array(try SchemaRecorder.derive(Element.self, depth: depth).schema, isSet: false), [Element]())
    }
}

extension Set: SchemaSequence where Element: Decodable {
    static func derived(depth: Int) throws -> (schema: JSONSchema, example: Any) {
        (.array(try SchemaRecorder.derive(Element.self, depth: depth).schema, isSet: true), Set<Element>())
    }
}

extension Dictionary: SchemaSequence where Key == String, Value: Decodable {
    static func derived(depth: Int) throws -> (schema: JSONSchema, example: Any) {
        (.dictionary(try SchemaRecorder.derive(Value.self, depth: depth).schema), [String: Value]())
    }
}

extension Optional: SchemaSequence where Wrapped: Decodable {
    static func derived(depth: Int) throws -> (schema: JSONSchema, example: Any) {
        (try SchemaRecorder.derive(Wrapped.self, depth: depth).schema, Wrapped?.none as Any)
    }
}

/// One level of recording.
final class SchemaRecorder {
    static let deepest = 14

    fileprivate let depth: Int
    fileprivate var fields: [JSONSchema.Object.Field] = []
    fileprivate var optional: Set<String> = []
    fileprivate var single: JSONSchema?

    fileprivate init(depth: Int) { self.depth = depth }

    static func derive<Value: Decodable>(_ type: Value.Type, depth: Int) throws -> (schema: JSONSchema, example: Value)
    {
        func fail(_ why: String) -> Refusal { Refusal(PortalProtocolError.underivableSchema, "\(type): \(why)") }
        guard depth < deepest else { throw fail("nested too deep, or within itself") }
        if let known = try described(type, depth: depth) {
            guard let example = known.example as? Value else { throw fail("no example") }
            return (known.schema, example)
        }
        let recorder = SchemaRecorder(depth: depth)
        let example: Value
        do { example = try Value(from: RecordingDecoder(recorder: recorder)) } catch let error as Refusal {
            throw error.has(PortalProtocolError.underivableSchema) ? error : fail("make it a SchemaScalar: \(error)")
        }
        if let single = recorder.single { return (single, example) }
        return (.object(.init(name: componentName(of: type), fields: recorder.fields)), example)
    }

    private static func described<Value: Decodable>(
        _ type: Value.Type,
        depth: Int
    ) throws -> (schema: JSONSchema, example: Any)? {
        if let type = type as? any SchemaScalar.Type { return scalar(type) }
        if let type = type as? any SchemaSequence.Type { return try type.derived(depth: depth + 1) }
        if let type = type as? any (FixedBytes).Type { return fixedBytes(type) }
        if let type = type as? any (Identifier).Type { return identifier(type) }
        if let type = type as? any CaseIterable.Type { return enumeration(type) }
        return nil
    }

    private static func scalar<Value: SchemaScalar>(_ type: Value.Type) -> (schema: JSONSchema, example: Any) {
        (node(type, type.schemaKind, type.schemaKeywords), type.schemaExample)
    }

    private static func fixedBytes<Value: FixedBytes>(_ type: Value.Type) -> (schema: JSONSchema, example: Any) {
        (
            node(type, .string, ["type": "string", "pattern": .string("^[0-9a-f]{\(2 * type.size)}$")]),
            type.init(validated: [UInt8](repeating: 0, count: type.size))
        )
    }

    private static func identifier<Value: Identifier>(_ type: Value.Type) -> (schema: JSONSchema, example: Any) {
        (
            node(type, .string, ["type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"]),
            type.init(validated: "a")
        )
    }

    private static func enumeration<Cases: CaseIterable>(_ type: Cases.Type) -> (schema: JSONSchema, example: Any)? {
        let names = type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        guard let first = type.allCases.first, names.count == type.allCases.count else { return nil }
        let scalar = JSONSchema.Scalar(
            kind: .string,
            keywords: ["type": "string", "enum": .array(names.map { .string($0) })]
        ) { text in
            names.contains { Array("\"\($0)\"".utf8) == text } ? nil : "one of \(names.joined(separator: ", ")) wanted"
        }
        return (.scalar(scalar), first)
    }

    private static func node<Value: Decodable & SendableMetatype>(
        _ type: Value.Type,
        _ kind: JSONSchema.Scalar.Kind,
        _ keywords: [String: JSONValue]
    ) -> JSONSchema {
        .scalar(
            .init(kind: kind, keywords: keywords) { text in
                do {
                    _ = try StatementCoding.decode([Value].self, from: [UInt8(ascii: "[")] + text + [UInt8(ascii: "]")])
                    return nil
                } catch let refusal as Refusal { return refusal.detail } catch { return "not a value of this kind" }
            }
        )
    }

    /// `PortalProtocol.Page<PortalProtocol.Person>` → `Page_Person`, `Statements.RoleKeys.Officer` → `RoleKeys_Officer`.
    private static func componentName(of type: Any.Type) -> String {
        String(reflecting: type).split(whereSeparator: { "<>, ".contains($0) }).map { part in
            let names = part.split(separator: ".")
            return (names.count > 1 ? names.dropFirst() : names[...]).joined(separator: "_")
        }.joined(separator: "_").filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    fileprivate func record<Value: Decodable>(_ type: Value.Type, _ key: String) throws -> Value {
        let (schema, example) = try Self.derive(type, depth: depth + 1)
        let isOptional = optional.contains(key) || type is any ExpressibleByNilLiteral.Type
        if !fields.contains(where: { $0.name == key }) {
            fields.append(.init(name: key, schema: schema, isRequired: !isOptional))
        }
        return example
    }
}

/// Decoders are not sent anywhere: `Decodable` takes them one level at a time.
private struct RecordingDecoder: Decoder {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedRecorder<Key>(recorder: recorder))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw Refusal(PortalProtocolError.underivableSchema, "a list decoded by hand")
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { SingleRecorder(recorder: recorder) }
}

private struct KeyedRecorder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }

    /// `decodeIfPresent` asks this before it decodes: so the field may be absent.
    func decodeNil(forKey key: Key) -> Bool {
        recorder.optional.insert(key.stringValue)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try recorder.record(type, key.stringValue)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        throw Refusal(PortalProtocolError.underivableSchema, "\(key.stringValue): fields decoded by hand")
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw Refusal(PortalProtocolError.underivableSchema, "\(key.stringValue): a list decoded by hand")
    }

    func superDecoder() throws -> any Decoder {
        throw Refusal(PortalProtocolError.underivableSchema, "inheritance")
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try superDecoder() }
}

private struct SingleRecorder: SingleValueDecodingContainer {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, example) = try SchemaRecorder.derive(type, depth: recorder.depth + 1)
        recorder.single = schema
        return example
    }
}
