import Statements
import Vocabulary

/// Reads a foreign message: strict JSON, every field known, none missing, none null. The refusal names the field.
public struct StrictDecoding<Value: Decodable & Sendable>: Sendable {
    public let schema: JSONSchema
    /// Octets.
    public let limit: Int

    /// Throws `portal.schema.underivable`.
    public init(_ type: Value.Type, limit: Int) throws {
        schema = try JSONSchema.of(type)
        self.limit = limit
    }

    /// Throws `portal.request.malformed`.
    public func decode(_ text: [UInt8]) throws -> Value {
        do { try StrictJSON.check(text, limit: limit) } catch let refusal as Refusal {
            throw Refusal(PortalProtocolError.malformedRequest, "body: \(refusal.meaning) \(refusal.detail)")
        }
        var walk = SchemaWalk(text)
        try walk.check(schema, at: [])
        do { return try StatementCoding.decode(Value.self, from: text) } catch let refusal as Refusal {
            var search = SchemaWalk(text, judgesScalars: true)
            try search.check(schema, at: [])
            throw Refusal(PortalProtocolError.malformedRequest, refusal.detail)
        } catch { throw Refusal(PortalProtocolError.malformedRequest, "body") }
    }
}

/// Compares JSON that `StrictJSON` has passed with a schema.
private struct SchemaWalk {
    private let text: [UInt8]
    private let judgesScalars: Bool
    private var position = 0

    init(_ text: [UInt8], judgesScalars: Bool = false) {
        self.text = text
        self.judgesScalars = judgesScalars
    }

    private var current: UInt8? { position < text.count ? text[position] : nil }

    private func refusal(_ path: [String], _ why: String) -> Refusal {
        let place = path.isEmpty ? "body" : path.joined(separator: ".")
        return Refusal(PortalProtocolError.malformedRequest, "\(place): \(why)")
    }

    private mutating func skipSpace() {
        while let byte = current, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { position += 1 }
    }

    mutating func check(_ schema: JSONSchema, at path: [String]) throws {
        skipSpace()
        if current == UInt8(ascii: "n") { throw refusal(path, "null") }
        switch schema {
        case .scalar(let scalar): try check(scalar, at: path)
        case .array(let element, _):
            guard current == UInt8(ascii: "[") else { throw refusal(path, "a list wanted") }
            var index = 0
            try members(until: UInt8(ascii: "]")) { walk in
                try walk.check(element, at: path + [String(index)])
                index += 1
            }
        case .dictionary(let value):
            guard current == UInt8(ascii: "{") else { throw refusal(path, "an object wanted") }
            try members(until: UInt8(ascii: "}")) { walk in
                let key = walk.key()
                try walk.check(value, at: path + [key])
            }
        case .object(let object): try check(object, at: path)
        }
    }

    private mutating func check(_ object: JSONSchema.Object, at path: [String]) throws {
        guard current == UInt8(ascii: "{") else { throw refusal(path, "an object wanted") }
        var seen: Set<String> = []
        try members(until: UInt8(ascii: "}")) { walk in
            let key = walk.key()
            guard let field = object.field(key) else {
                throw walk.refusal(path + [key.kept(octets: 64)], "unknown field")
            }
            seen.insert(key)
            try walk.check(field.schema, at: path + [key])
        }
        if let missing = object.fields.first(where: { $0.isRequired && !seen.contains($0.name) }) {
            throw refusal(path + [missing.name], "missing")
        }
    }

    private mutating func check(_ scalar: JSONSchema.Scalar, at path: [String]) throws {
        let start = position
        let found: JSONSchema.Scalar.Kind? =
            switch current {
            case UInt8(ascii: "\""): .string
            case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
            case UInt8(ascii: "{"), UInt8(ascii: "["): nil
            default: .integer
            }
        guard scalar.kind == .opaque || scalar.kind == found else {
            throw refusal(path, "\(scalar.kind.rawValue) wanted")
        }
        skipValue()
        if judgesScalars, let why = scalar.complaint(Array(text[start..<position])) { throw refusal(path, why) }
    }

    /// From the opening bracket to after the closing one, with `member` called at the start of each member.
    private mutating func members(until end: UInt8, _ member: (inout SchemaWalk) throws -> Void) throws {
        position += 1
        skipSpace()
        while let byte = current, byte != end {
            if byte == UInt8(ascii: ",") { position += 1 }
            try member(&self)
            skipSpace()
        }
        position += 1
    }

    /// The key at the position, and past its colon.
    private mutating func key() -> String {
        skipSpace()
        let start = position + 1
        skipString()
        let key = String(decoding: text[start..<max(start, position - 1)], as: UTF8.self)
        skipSpace()
        position += 1
        return key
    }

    private mutating func skipString() {
        position += 1
        while let byte = current, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
        position += 1
    }

    private mutating func skipValue() {
        var depth = 0
        repeat {
            switch current {
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            case nil: return
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09: position += 1
            default:
                while let byte = current, !",:]} \n\r\t".utf8.contains(byte) { position += 1 }
            }
        } while depth > 0
    }
}
