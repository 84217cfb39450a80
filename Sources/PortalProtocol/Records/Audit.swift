public import Statements
public import Vocabulary

/// A word that acts are looked for by: an id, or the name of an operation.
public struct LogWord: BoundedText {
    public static let lengths = 1...200
    public static let pattern = "^[ -~]+$"
    public let text: String
    public init(validated text: String) { self.text = text }
    public static func accepts(_ text: String) -> Bool { text.utf8.allSatisfy { (0x20...0x7e).contains($0) } }
}

public enum ActOutcome: String, Codable, Sendable, Hashable, CaseIterable {
    case done
    case refused
}

/// Which acts are listed; what is absent does not matter. A page may hold fewer acts than its limit, and even none, and
/// still have a next one: so much is looked through at a time.
public struct AuditQuery: Codable, Sendable, Hashable {
    /// Id of a person or factory; `portal`, `nobody`.
    public let actor: LogWord?
    /// Id of an operation, or what the portal does by itself.
    public let action: LogWord?
    /// Id of what was acted upon.
    public let object: LogWord?
    public let outcome: ActOutcome?
    /// Both included.
    public let from: Instant?
    public let to: Instant?
    public let limit: PageLimit?
    public let cursor: PageCursor?

    public init(
        actor: LogWord? = nil,
        action: LogWord? = nil,
        object: LogWord? = nil,
        outcome: ActOutcome? = nil,
        from: Instant? = nil,
        to: Instant? = nil,
        limit: PageLimit? = nil,
        cursor: PageCursor? = nil
    ) {
        (self.actor, self.action, self.object, self.outcome) = (actor, action, object, outcome)
        (self.from, self.to, self.limit, self.cursor) = (from, to, limit, cursor)
    }
}

/// One entry of the portal's own log.
public struct AuditItem: Codable, Sendable, Hashable {
    public let position: Int
    /// JSON; SHA-256(0x00 ‖ these octets) is the leaf hash.
    public let entry: Octets
    /// What these octets say, for who does not take them apart.
    public let act: AuditAct

    public init(position: Int, entry: Octets, act: AuditAct) {
        (self.position, self.entry, self.act) = (position, entry, act)
    }
}

/// Who did what to which object, when, and what came of it.
public struct AuditAct: Codable, Sendable, Hashable {
    public let time: Instant
    /// `person`, `factory`, `portal` or `nobody`.
    public let actorKind: String
    /// Id of the person or factory.
    public let actor: String
    /// The person's or factory's organisation.
    public let organisation: OrganisationID?
    /// The operation's id in the API document, or what the portal itself does.
    public let action: String
    /// Id of what was acted upon.
    public let object: String
    public let requestID: String
    /// `done`, or the code of the refusal.
    public let outcome: String
    /// What was changed to what, without secrets.
    public let detail: String?

    public init(
        time: Instant,
        actorKind: String,
        actor: String,
        organisation: OrganisationID?,
        action: String,
        object: String,
        requestID: String,
        outcome: String,
        detail: String?
    ) {
        (self.time, self.actorKind, self.actor, self.organisation) = (time, actorKind, actor, organisation)
        (self.action, self.object, self.requestID) = (action, object, requestID)
        (self.outcome, self.detail) = (outcome, detail)
    }
}
