import PortalProtocol
import Vocabulary

/// Path and query parameters: text by name, decoded into a struct as strictly as a body.
enum ParameterDecoding {
    /// Throws `portal.request.malformed` with the parameter's name.
    static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ schema: JSONSchema,
        from values: [String: String]
    ) throws -> Value {
        let known = Set(schema.fields.map(\.name))
        if let unknown = values.keys.filter({ !known.contains($0) }).min() {
            throw malformed(unknown.kept(octets: 64), "unknown parameter")
        }
        return try Value(from: ParameterDecoder(values: values))
    }

    static func malformed(_ name: String, _ why: String) -> Refusal {
        Refusal(PortalProtocolError.malformedRequest, "\(name): \(why)")
    }

    /// `a=b&c=d`, percent-decoded. Throws for a name that comes twice, and for broken escapes.
    static func query(_ text: String?) throws -> [String: String] {
        guard let text, !text.isEmpty else { return [:] }
        guard text.utf8.count <= 4_096 else { throw malformed("query", "longer than 4096 octets") }
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try unescape(halves[0], "query")
            let value = halves.count == 2 ? try unescape(halves[1], name.kept(octets: 64), plusIsSpace: true) : ""
            guard values.updateValue(value, forKey: name) == nil else {
                throw malformed(name.kept(octets: 64), "twice")
            }
        }
        return values
    }

    /// RFC 3986 section 2.1, strictly. Throws for a broken escape and for what is not UTF-8.
    static func unescape(_ text: Substring, _ name: String, plusIsSpace: Bool = false) throws -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                let isHex = digits.count == 2 && digits.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
                guard isHex, let value = UInt8(String(Substring(digits)), radix: 16) else {
                    throw malformed(name, "broken percent escape")
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw malformed(name, "not UTF-8") }
        return decoded
    }
}

private struct ParameterDecoder: Decoder {
    let values: [String: String]
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ParameterContainer<Key>(values: values))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw Refusal(PortalProtocolError.underivableSchema, "parameters are no list")
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw Refusal(PortalProtocolError.underivableSchema, "parameters have names")
    }
}

private struct ParameterContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let values: [String: String]
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { values.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { values[key.stringValue] != nil }
    func decodeNil(forKey key: Key) -> Bool { values[key.stringValue] == nil }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        guard let text = values[key.stringValue] else {
            throw ParameterDecoding.malformed(key.stringValue, "missing")
        }
        do {
            return try Value(from: ValueDecoder(text: text))
        } catch let refusal as Refusal where !refusal.has(PortalProtocolError.underivableSchema) {
            let isNamed = refusal.detail.hasPrefix(key.stringValue + ":")
            throw isNamed ? refusal : ParameterDecoding.malformed(key.stringValue, refusal.detail)
        } catch is DecodingError { throw ParameterDecoding.malformed(key.stringValue, "not one of the values") }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw nesting }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw nesting }
    func superDecoder() throws -> any Decoder { throw nesting }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw nesting }
    private var nesting: Refusal { Refusal(PortalProtocolError.underivableSchema, "a nested parameter") }
}

/// One parameter's text as whatever scalar is asked for.
private struct ValueDecoder: Decoder, SingleValueDecodingContainer {
    let text: String
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw Refusal(PortalProtocolError.underivableSchema, "a parameter with fields")
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw Refusal(PortalProtocolError.underivableSchema, "a list as parameter")
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
    func decodeNil() -> Bool { false }
    func decode(_ type: String.Type) -> String { text }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard let value = Bool(text) else {
            throw Refusal(PortalProtocolError.malformedRequest, "true or false wanted")
        }
        return value
    }

    func decode(_ type: Int.Type) throws -> Int { try integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }
    func decode(_ type: Float.Type) throws -> Float { throw Refusal(PortalProtocolError.underivableSchema, "fraction") }
    func decode(_ type: Double.Type) throws -> Double {
        throw Refusal(PortalProtocolError.underivableSchema, "fraction")
    }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    private func integer<Value: FixedWidthInteger>() throws -> Value {
        guard let value = Value(text), String(value) == text else {
            throw Refusal(PortalProtocolError.malformedRequest, "a whole number wanted")
        }
        return value
    }
}
