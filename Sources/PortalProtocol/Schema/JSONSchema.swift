/// The JSON Schema (draft 2020-12, which OpenAPI 3.1 uses) of a message type, derived from the type itself.
public indirect enum JSONSchema: Sendable {
    case scalar(Scalar)
    /// `most`: largest count; nil where only the size of the message bounds it.
    case array(JSONSchema, isSet: Bool)
    case dictionary(JSONSchema)
    case object(Object)

    /// Text, number, truth value or enumeration.
    public struct Scalar: Sendable {
        public enum Kind: String, Sendable {
            case string
            case integer
            case boolean
            /// Described by its keywords alone; not looked into.
            case opaque
        }

        public let kind: Kind
        public let keywords: [String: JSONValue]
        /// Why the JSON text of one value is not one of these; nil when it is.
        let complaint: @Sendable ([UInt8]) -> String?
    }

    public struct Object: Sendable {
        public struct Field: Sendable {
            public let name: String
            public let schema: JSONSchema
            public let isRequired: Bool
        }

        /// The type's name, under which the document lists it: `Organisation`, `Page_Person`.
        public let name: String
        public let fields: [Field]

        public init(name: String, fields: [Field]) { (self.name, self.fields) = (name, fields) }

        public func field(_ name: String) -> Field? { fields.first { $0.name == name } }
    }

    /// The fields of an object; none for anything else.
    public var fields: [Object.Field] { if case .object(let object) = self { object.fields } else { [] } }

    /// As it stands in the document, with objects as references to their components.
    public var reference: JSONValue {
        switch self {
        case .scalar(let scalar): .object(scalar.keywords)
        case .array(let element, let isSet):
            isSet
                ? ["type": "array", "items": element.reference, "uniqueItems": true]
                : ["type": "array", "items": element.reference]
        case .dictionary(let value): ["type": "object", "additionalProperties": value.reference]
        case .object(let object): ["$ref": .string("#/components/schemas/\(object.name)")]
        }
    }

    /// Every object that this schema mentions, itself included, by name.
    public var components: [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        collect(into: &found)
        return found
    }

    private func collect(into found: inout [String: JSONValue]) {
        switch self {
        case .scalar: break
        case .array(let element, _), .dictionary(let element): element.collect(into: &found)
        case .object(let object):
            guard found[object.name] == nil else { return }
            found[object.name] = object.definition
            for field in object.fields { field.schema.collect(into: &found) }
        }
    }
}

extension JSONSchema.Object {
    var definition: JSONValue {
        var members: [String: JSONValue] = [
            "type": "object", "additionalProperties": false,
            "properties": .object(Dictionary(fields.map { ($0.name, $0.schema.reference) }, uniquingKeysWith: { $1 })),
        ]
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { members["required"] = .array(required) }
        return .object(members)
    }
}
