import PortalCore
public import PortalProtocol
public import PortalStore
import Statements
public import Vocabulary

/// Who acts.
public enum LogActor: Sendable, Hashable {
    case person(PersonIdentity)
    case factory(FactoryID, OrganisationID)
    /// The portal by itself: an alarm raised, a status renewed.
    case portal
    /// Somebody without a token.
    case nobody

    var kind: PortalLogEntry.ActorKind {
        switch self {
        case .person: .person
        case .factory: .factory
        case .portal: .portal
        case .nobody: .nobody
        }
    }

    var id: String {
        switch self {
        case .person(let person): person.id.text
        case .factory(let factory, _): factory.text
        case .portal: "portal"
        case .nobody: "nobody"
        }
    }

    var organisation: OrganisationID? {
        switch self {
        case .person(let person): person.organisation
        case .factory(_, let organisation): organisation
        case .portal, .nobody: nil
        }
    }
}

/// What came of an act: the answer, and what the portal's log says of it.
public struct Act<Message: Codable & Sendable>: Sendable {
    let answer: Answer<Message>
    let object: String
    let detail: String?
    let actor: LogActor?

    /// - Parameters:
    ///   - object: id of what was acted upon.
    ///   - detail: what changed, without secrets; at most 400 characters.
    ///   - actor: who it turned out to be, where the context did not know.
    public init(_ answer: Answer<Message>, object: String, detail: String? = nil, actor: LogActor? = nil) {
        self.answer = answer
        self.object = object
        self.detail = detail
        self.actor = actor
    }
}

/// Every change in the portal: one transaction in which the change is decided and made, entered in the portal's own log,
/// and, for a creation, answered again when it is repeated.
public struct Acts: Sendable {
    /// Seconds for which a creation is answered again.
    public static let memory: Int64 = 86_400

    private struct Stored<Message: Codable>: Codable {
        let message: Message
        let tag: String?
        let location: String?
    }

    let database: any PortalDatabase
    /// Counted until they are entered together.
    let tally = ActTally()

    public init(database: any PortalDatabase) { self.database = database }

    /// - Parameter body: reads, decides and changes; throws to change nothing. It may run only once for a key.
    /// Throws what `body` throws and `portal.idempotency.reused`.
    public func perform<Message: Codable & Sendable>(
        _ context: some PortalContext,
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Act<Message>
    ) async throws -> Answer<Message> {
        let (facts, actor) = (context.facts, context.actor)
        return try await database.write(facts.operation) { transaction in
            if let answer: Answer<Message> = try Self.repeated(facts, transaction) { return answer }
            let act = try body(transaction)
            try Self.record(act.actor ?? actor, facts.operation, act.object, facts, "done", act.detail, transaction)
            if let key = facts.idempotency {
                let stored = Stored(
                    message: act.answer.message,
                    tag: act.answer.tag?.text,
                    location: act.answer.location
                )
                try IdempotencyTable(transaction).insert(
                    key.digest,
                    request: key.request,
                    answer: key.seal(StatementCoding.encode(stored)),
                    until: facts.time + Self.memory,
                    at: facts.time
                )
            }
            return act.answer
        }
    }

    /// The stored answer of this creation, for a use case that works outside a transaction before it performs its act.
    public func repeated<Message: Codable & Sendable>(
        _ context: some PortalContext,
        as type: Message.Type
    ) async throws -> Answer<Message>? {
        let facts = context.facts
        return try await database.read { try Self.repeated(facts, $0) }
    }

    private static func repeated<Message: Codable & Sendable>(
        _ facts: RequestFacts,
        _ transaction: any SQLTransaction
    ) throws -> Answer<Message>? {
        guard let key = facts.idempotency,
            let known = try IdempotencyTable(transaction).find(key.digest, at: facts.time)
        else { return nil }
        guard known.request == key.request else { throw Refusal(PortalError.keyReused) }
        let stored = try StatementCoding.decode(Stored<Message>.self, from: key.open(known.answer))
        return Answer(
            stored.message,
            tag: stored.tag.flatMap { EntityTag(header: $0) },
            location: stored.location
        )
    }

    static func record(
        _ actor: LogActor,
        _ action: String,
        _ object: String,
        _ facts: RequestFacts,
        _ outcome: String,
        _ detail: String?,
        _ transaction: any SQLTransaction
    ) throws {
        try PortalLogTable(transaction).append { position in
            PortalLogEntry(
                position: position,
                time: facts.time,
                actorKind: actor.kind,
                actor: actor.id,
                organisation: actor.organisation,
                action: action,
                object: object,
                requestID: facts.requestID,
                outcome: outcome,
                detail: detail
            )
        }
    }
}
