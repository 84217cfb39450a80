public import PortalProtocol
import Statements
public import Vocabulary

/// What the portal does by itself, as its own log calls it: acts beside the operations of the API.
public enum PortalDeed: String, Sendable, CaseIterable {
    case forgetEvents
    case forgetFile
    case makePackage
    case receivePreparation
    /// A critical alarm is new, or open again after it was cleared or acknowledged.
    case raiseAlarm
    /// What raised a critical alarm is gone.
    case clearAlarm
    /// An EdgeHSM's journal contradicts itself: no package for it until officers decide.
    case haltJournal
    /// RoleKeys or a revocation that an EdgeHSM has applied were unknown here, as after a restore from a backup.
    case takeBackGovernance
}

/// One act in the portal's own log: who did what to which object, when, and what came of it.
public struct PortalLogEntry: Codable, Sendable, Hashable {
    public enum ActorKind: String, Codable, Sendable, Hashable, CaseIterable {
        case person
        case factory
        case portal
        case nobody
    }

    /// 0, 1, 2 … without gaps.
    public let position: Int
    public let time: Instant
    public let actorKind: ActorKind
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
        position: Int,
        time: Instant,
        actorKind: ActorKind,
        actor: String,
        organisation: OrganisationID?,
        action: String,
        object: String,
        requestID: String,
        outcome: String,
        detail: String?
    ) {
        self.position = position
        self.time = time
        self.actorKind = actorKind
        self.actor = actor
        self.organisation = organisation
        self.action = action
        self.object = object
        self.requestID = requestID
        self.outcome = outcome
        self.detail = detail.map { $0.kept(octets: 400) }
    }

    /// The octets that the leaf hash covers; kept as they are, never encoded again.
    public func serialized() throws -> [UInt8] { try StatementCoding.encode(self) }
}
