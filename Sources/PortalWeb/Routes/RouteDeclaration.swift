import Durability
public import HTTPTypes
public import PortalProtocol
import PortalStore
public import Vocabulary

/// The chapters of the API document.
public enum RouteTag: String, CaseIterable, Sendable {
    case service = "Service"
    case people = "People"
    case accounts = "Accounts"
    case factories = "Factories"
    case governance = "Governance"
    case products = "Products"
    case versions = "Versions"
    case batches = "Batches"
    case records = "Records"
    case sync = "Sync"
}

/// A catalogue whose codes have one HTTP status each, whichever operation refuses with them.
public protocol WebError: ErrorCatalogue {
    var status: Int { get }
}

/// Codes that an operation may refuse with, and the HTTP status that they get there.
public struct RefusalGroup: Sendable {
    let entries: [(code: String, status: Int)]

    private init(entries: [(code: String, status: Int)]) { self.entries = entries }

    /// Some codes of a catalogue.
    public static func codes<Catalogue: ErrorCatalogue>(_ status: Int, _ codes: Catalogue...) -> RefusalGroup {
        RefusalGroup(entries: codes.map { ($0.rawValue, status) })
    }

    /// All codes of a catalogue. Groups named earlier in a route's list win.
    public static func all<Catalogue: ErrorCatalogue>(_ status: Int, of catalogue: Catalogue.Type) -> RefusalGroup {
        RefusalGroup(entries: Catalogue.allCases.map { ($0.rawValue, status) })
    }

    /// Codes with the statuses that their catalogue gives them.
    public static func web<Catalogue: WebError>(_ codes: Catalogue...) -> RefusalGroup {
        RefusalGroup(entries: codes.map { ($0.rawValue, $0.status) })
    }

    static func portal(_ codes: [PortalError]) -> RefusalGroup {
        RefusalGroup(entries: codes.map { ($0.rawValue, $0.status) })
    }
}

/// What an operation takes as its body.
public enum BodyDeclaration: Sendable {
    case none
    case json(JSONSchema, limit: Int)
    case raw(contentType: String, limit: Int)
}

public struct InputDeclaration: Sendable {
    /// Path and query parameters.
    let path: JSONSchema
    let query: JSONSchema
    let body: BodyDeclaration
}

public struct OutputDeclaration: Sendable {
    public enum Body: Sendable {
        case none
        case json(JSONSchema)
        case raw(contentType: String)
    }

    public let body: Body
    /// Answers carry an ETag.
    public let isTagged: Bool
    /// Answers 206 to a Range.
    public let hasRanges: Bool
    /// Answers 304 to an If-None-Match that still holds.
    public let isConditional: Bool

    public init(body: Body, isTagged: Bool = false, hasRanges: Bool = false, isConditional: Bool = false) {
        self.body = body
        self.isTagged = isTagged
        self.hasRanges = hasRanges
        self.isConditional = isConditional
    }
}

/// What a route wants beyond its input.
public struct RouteDemands: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// A creation: `Idempotency-Key` is required, and `facts.idempotency` present.
    public static let idempotencyKey = RouteDemands(rawValue: 1)
    /// A change: `If-Match` is required, and `facts.ifMatch` present.
    public static let ifMatch = RouteDemands(rawValue: 2)
    /// A risky act: a session must have proved a short while ago who sits there.
    public static let freshProof = RouteDemands(rawValue: 4)
}

/// Everything about a route but its handler: what is mounted and documented.
public struct RouteDeclaration: Sendable {
    public let method: HTTPRequest.Method
    public let template: PathTemplate
    /// Unique; the method name in generated clients.
    public let operationID: String
    public let tag: RouteTag
    public let summary: String
    public let rule: AccessRule
    public let input: InputDeclaration
    public let output: OutputDeclaration
    /// Of the answer when all went well.
    public let status: Int
    public let demands: RouteDemands
    let refusals: [RefusalGroup]

    /// What the token must allow.
    public var scope: TokenScope { method == .get || method == .head ? .read : .write }

    /// HTTP status of a refusal that this operation may answer; nil for one that it should never give.
    func status(of code: String) -> Int? {
        for group in refusals {
            if let entry = group.entries.first(where: { $0.code == code }) { return entry.status }
        }
        return nil
    }

    /// Codes by status, as the document lists them.
    var documentedRefusals: [Int: [String]] {
        var seen: Set<String> = []
        var groups: [Int: [String]] = [:]
        for entry in refusals.flatMap(\.entries) where seen.insert(entry.code).inserted {
            groups[entry.status, default: []].append(entry.code)
        }
        return groups.mapValues { $0.sorted() }
    }

    /// What every route of this kind may answer without saying so.
    static func standardRefusals(
        _ rule: AccessRule,
        _ input: InputDeclaration,
        _ output: OutputDeclaration,
        _ demands: RouteDemands
    ) -> [RefusalGroup] {
        let session: [PortalError] = [.unauthenticated, .sessionEnded, .forged]
        var codes: [PortalError] = [.internalFailed]
        switch rule {
        case .everybody: codes.append(.throttled)
        case .visitor: codes.append(.forged)
        case .person: codes += session + [.tokenRefused, .missingScope, .throttled, .busy, .secondFactorMissing]
        case .oneOf:
            codes += session + [.tokenRefused, .missingRole, .missingScope, .throttled, .busy, .secondFactorMissing]
        case .session: codes += session + [.busy]
        case .site: codes += [.siteRefused, .busy]
        }
        if !input.path.fields.isEmpty { codes.append(.unknownObject) }
        if input.query.fields.contains(where: { $0.name == "cursor" }) { codes.append(.malformedCursor) }
        if case .none = input.body {} else { codes += [.bodyTooLarge, .bodyType, .bodySlow] }
        if demands.contains(.idempotencyKey) { codes += [.keyMissing, .keyReused] }
        if demands.contains(.freshProof) { codes.append(.stale) }
        if demands.contains(.ifMatch) { codes += [.preconditionMissing, .preconditionFailed] }
        if output.hasRanges { codes.append(.rangeUnsatisfiable) }
        return [
            .codes(400, PortalProtocolError.malformedRequest), .portal(codes),
            .codes(503, PortalStoreError.overloaded, .failed),
            .codes(503, DurabilityError.diskLow),
        ]
    }
}
