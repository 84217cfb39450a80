import HTTPTypes
public import PortalProtocol
import Statements

/// The OpenAPI 3.1 document of a list of routes: made from the very values that are mounted.
public struct APIDocument: Sendable {
    public let json: JSONValue

    /// - Parameters:
    ///   - title: of the document, for people.
    ///   - routes: of one listener: a document names what can be asked where it was fetched, and nothing else.
    public init(title: String, routes: [any MountableRoute]) throws {
        var schemas = try JSONSchema.of(Problem.self).components
        var paths: [String: [String: JSONValue]] = [:]
        for declaration in routes.map(\.declaration) {
            if case .json(let schema, _) = declaration.input.body { schemas.merge(schema.components) { $1 } }
            if case .json(let schema) = declaration.output.body { schemas.merge(schema.components) { $1 } }
            paths[declaration.template.text, default: [:]][declaration.method.rawValue.lowercased()] =
                Self.operation(declaration)
        }
        let tags = Set(routes.map(\.declaration.tag))
        let isOfFactories = routes.contains { $0.declaration.rule == .site }
        json = [
            "openapi": "3.1.0",
            "info": ["title": .string(title), "version": "1"],
            "tags": .array(RouteTag.allCases.filter(tags.contains).map { ["name": .string($0.rawValue)] }),
            "paths": .object(paths.mapValues { .object($0) }),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": isOfFactories ? Self.factories : Self.people,
            ],
        ]
    }

    private static let people: JSONValue = [
        "token": ["type": "http", "scheme": "bearer", "bearerFormat": "obis_…"],
        "session": [
            "type": "apiKey", "in": "cookie", "name": .string(SessionCookie.session),
            "description": "Whatever is not GET or HEAD also wants the session's X-OBIS-CSRF header.",
        ],
    ]
    private static let factories: JSONValue = [
        "factory": ["type": "mutualTLS", "description": "A certificate of the portal's enrolment authority."]
    ]

    /// As it is served: JSON with sorted keys.
    public func serialized() throws -> [UInt8] { try StatementCoding.encode(json) }

    private static func operation(_ declaration: RouteDeclaration) -> JSONValue {
        var members: [String: JSONValue] = [
            "operationId": .string(declaration.operationID),
            "tags": [.string(declaration.tag.rawValue)],
            "summary": .string(declaration.summary),
            "responses": .object(responses(declaration)),
        ]
        let parameters = parameters(declaration)
        if !parameters.isEmpty { members["parameters"] = .array(parameters) }
        switch declaration.input.body {
        case .none: break
        case .json(let schema, let limit):
            members["requestBody"] = [
                "required": true, "description": .string("At most \(limit) octets."),
                "content": ["application/json": ["schema": schema.reference]],
            ]
        case .raw(let type, let limit):
            members["requestBody"] = [
                "required": true, "description": .string("At most \(limit) octets."),
                "content": .object([type: ["schema": octets(type)]]),
            ]
        }
        switch declaration.rule {
        case .everybody, .visitor: members["security"] = []
        case .person: members["security"] = [["token": []], ["session": []]]
        case .session: members["security"] = [["session": []]]
        case .oneOf:
            members["security"] = [["token": []], ["session": []]]
            members["x-roles"] = .array((declaration.rule.roleNames ?? []).map { .string($0) })
        case .site: members["security"] = [["factory": []]]
        }
        if !declaration.rule.isOpen && declaration.rule != .site {
            members["x-scope"] = .string(declaration.scope.rawValue)
        }
        return .object(members)
    }

    private static func parameters(_ declaration: RouteDeclaration) -> [JSONValue] {
        func parameter(_ field: JSONSchema.Object.Field, in place: String) -> JSONValue {
            [
                "name": .string(field.name), "in": .string(place), "required": .bool(field.isRequired),
                "schema": field.schema.reference,
            ]
        }
        func header(_ name: String, _ pattern: String, _ description: String) -> JSONValue {
            [
                "name": .string(name), "in": "header", "required": true, "description": .string(description),
                "schema": ["type": "string", "pattern": .string(pattern)],
            ]
        }
        var all = declaration.input.path.fields.map { parameter($0, in: "path") }
        all += declaration.input.query.fields.map { parameter($0, in: "query") }
        if declaration.demands.contains(.idempotencyKey) {
            let text = "New for each creation; a repeated request gets the stored answer for 24 hours."
            all.append(header("Idempotency-Key", "^[!-~]{8,128}$", text))
        }
        if declaration.demands.contains(.ifMatch) {
            all.append(header("If-Match", "^\"[!#-~]{1,78}\"$", "The ETag of the object as it was read."))
        }
        if declaration.output.isConditional {
            all.append([
                "name": "If-None-Match", "in": "header", "required": false,
                "description": "The ETag of what the client has.", "schema": ["type": "string"],
            ])
        }
        return all
    }

    private static func responses(_ declaration: RouteDeclaration) -> [String: JSONValue] {
        var all: [String: JSONValue] = [:]
        for (status, codes) in declaration.documentedRefusals where !codes.isEmpty {
            all[String(status)] = problem(codes, status)
        }
        var good: [String: JSONValue] = ["description": "Done."]
        switch declaration.output.body {
        case .none: break
        case .json(let schema): good["content"] = ["application/json": ["schema": schema.reference]]
        case .raw(let type):
            good["content"] = .object([type: ["schema": octets(type)]])
        }
        all[String(declaration.status)] = .object(good)
        if declaration.output.hasRanges {
            good["description"] = "The range."
            all["206"] = .object(good)
        }
        if declaration.output.isConditional {
            all["304"] = ["description": "As the client's ETag says."]
        }
        return all
    }

    /// Of raw octets; any value where they are JSON that goes out as it is kept.
    private static func octets(_ contentType: String) -> JSONValue {
        contentType == "application/json" ? .object([:]) : ["type": "string", "format": "binary"]
    }

    private static func problem(_ codes: [String], _ status: Int) -> JSONValue {
        let code: JSONValue = ["enum": .array(codes.map { .string($0) })]
        var problem: [String: JSONValue] = [
            "description": .string(codes.joined(separator: ", ")),
            "content": [
                "application/problem+json": [
                    "schema": [
                        "allOf": [["$ref": "#/components/schemas/Problem"], ["properties": ["code": code]]]
                    ]
                ]
            ],
        ]
        if status == 429 {
            problem["headers"] = [
                "Retry-After": [
                    "description": "Seconds to wait.", "required": true,
                    "schema": ["type": "string", "pattern": "^[0-9]{1,5}$"],
                ]
            ]
        }
        return .object(problem)
    }
}
