import PortalCore
import PortalStore
import Vocabulary

/// What is entered beside the acts that people ask for.
extension Acts {
    /// Enters what the portal does by itself, or what came of somebody's word without a request of its own.
    static func note(
        _ action: String,
        by actor: LogActor = .portal,
        object: String,
        outcome: String = "done",
        requestID: String = "",
        detail: String?,
        at time: Instant,
        in transaction: any SQLTransaction
    ) throws {
        try PortalLogTable(transaction).append { position in
            PortalLogEntry(
                position: position,
                time: time,
                actorKind: actor.kind,
                actor: actor.id,
                organisation: actor.organisation,
                action: action,
                object: object,
                requestID: requestID,
                outcome: outcome,
                detail: detail
            )
        }
    }

    /// Enters that something was handed out, before it is: once for each taker and content, not once a poll.
    func handOver(
        _ context: some PortalContext,
        _ object: String,
        digest: Digest256,
        detail: String
    ) async throws {
        let (facts, actor) = (context.facts, context.actor)
        let isKnown = try await database.read {
            try HandOverTable($0).isKnown(facts.operation, object, to: actor.id, digest: digest)
        }
        guard !isKnown else { return }
        try await database.write("hand-over") { transaction in
            let table = HandOverTable(transaction)
            guard try !table.isKnown(facts.operation, object, to: actor.id, digest: digest) else { return }
            try table.note(facts.operation, object, to: actor.id, digest: digest, at: facts.time)
            try Self.record(actor, facts.operation, object, facts, "done", "\(detail), SHA-256 \(digest)", transaction)
        }
    }

    /// Enters that a list or the log begins to go out as a file, whatever comes of the way: once for each time, for it tells
    /// who has had how much of what is here.
    func handOut(_ actor: LogActor, _ facts: RequestFacts, _ object: String, detail: String) async throws {
        try await database.write("hand-out") {
            try Self.record(actor, facts.operation, object, facts, "done", detail, $0)
        }
    }

    /// Counts an act that was refused to somebody known, or an object that is not there for them; see `ActTally`. The
    /// first of a kind is entered at once.
    func noteRefusal(
        _ actor: LogActor,
        _ declaration: RouteDeclaration,
        _ exchange: Exchange,
        _ code: String,
        path: String,
        at time: Instant
    ) async throws {
        let kind = ActTally.Kind(
            actor: actor,
            operation: declaration.operationID,
            object: declaration.template.text,
            code: code
        )
        let steps = tally.count(kind, path: path, requestID: exchange.requestID, at: time)
        guard !steps.isEmpty else { return }
        try await database.write("refused") { transaction in
            for step in steps { try step.enter(transaction, at: time) }
        }
    }

    /// Enters what was counted and whose time is over; all of it where the portal stops.
    func enterCounted(at time: Instant, all: Bool = false) async throws {
        let steps = tally.ended(at: time, all: all)
        guard !steps.isEmpty else { return }
        try await database.write("refused") { transaction in
            for step in steps { try step.enter(transaction, at: time) }
        }
    }
}
