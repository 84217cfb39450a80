public import Vocabulary

/// One entry of an EdgeHSM's journal. Its octets are JSON with sorted keys; the Merkle leaf is
/// SHA-256(0x00 ‖ octets). The log is the truth: every table of an EdgeHSM is rebuilt from it.
public struct JournalEntry: Codable, Sendable, Hashable {
    public static let largest = 200 * 1024

    /// 0, 1, 2 … without gaps.
    public let sequence: Int
    /// Raised at every start.
    public let epoch: UInt64
    public let time: Instant
    public let event: JournalEvent

    public init(sequence: Int, epoch: UInt64, time: Instant, event: JournalEvent) {
        self.sequence = sequence
        self.epoch = epoch
        self.time = time
        self.event = event
    }

    /// Reads an entry's octets; throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        if let usual = UsualEntry.read(bytes) {
            self = usual
            return
        }
        self = try StatementCoding.decode(JournalEntry.self, checking: bytes, limit: Self.largest)
    }

    public func serialized() throws -> [UInt8] { try StatementCoding.encode(self) }

    private enum CodingKeys: String, CodingKey {
        case sequence
        case epoch
        case time
        case kind
        case body
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        sequence = try container.decode(Int.self, forKey: .sequence)
        epoch = try container.decode(UInt64.self, forKey: .epoch)
        time = try container.decode(Instant.self, forKey: .time)
        let kind = try container.decode(String.self, forKey: .kind)
        guard sequence >= 0, let body = JournalEvent.bodies[kind] else {
            throw Refusal(StatementError.missingField, "journal entry of kind \(kind.prefix(40))")
        }
        event = JournalEvent(body: try Self.decode(body, container))
    }

    private static func decode<Body: JournalBody>(
        _ body: Body.Type,
        _ container: KeyedDecodingContainer<CodingKeys>
    ) throws -> any JournalBody {
        try container.decode(body, forKey: .body)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(sequence, forKey: .sequence)
        try container.encode(epoch, forKey: .epoch)
        try container.encode(time, forKey: .time)
        try container.encode(event.kind, forKey: .kind)
        try encode(event.body, into: &container)
    }

    private func encode(
        _ body: some JournalBody,
        into container: inout KeyedEncodingContainer<CodingKeys>
    ) throws {
        try container.encode(body, forKey: .body)
    }
}

/// What a journal entry says happened.
public protocol JournalBody: Codable, Sendable, Hashable {
    static var kind: String { get }
}

/// Any of the closed list of journal bodies.
public struct JournalEvent: Sendable, Hashable {
    public let body: any JournalBody
    public var kind: String { type(of: body).kind }

    public init(body: any JournalBody) { self.body = body }

    /// True when the body is of this type; dearer casts are left to those that are.
    @inlinable
    public func `is`<Body: JournalBody>(_ kind: Body.Type) -> Bool { type(of: body) == kind }

    /// The body, if it is of this type.
    @inlinable
    public func content<Body: JournalBody>(as kind: Body.Type) -> Body? { `is`(kind) ? body as? Body : nil }

    public static func == (left: Self, right: Self) -> Bool { AnyHashable(left.body) == AnyHashable(right.body) }
    public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(body)) }

    /// Every kind there is; a reader refuses any other.
    static let bodies: [String: any JournalBody.Type] = Dictionary(
        uniqueKeysWithValues: allBodies.map { ($0.kind, $0) }
    )

    static let allBodies: [any JournalBody.Type] = [
        Genesis.self, Restart.self, Burned.self, RoleKeysAccepted.self, StatusApplied.self, OrderApplied.self,
        Revoked.self, AuthorizationLoaded.self, AuthorizationTombstoned.self, Issued.self, FactoryDataGiven.self,
        KeySealed.self, Permitted.self, Completed.self, Failed.self, DebugUnlocked.self, Reprovisioned.self,
        Rotated.self, Closed.self, AllotmentReleased.self, ProductPrepared.self, CertificatesInstalled.self,
        StationEnrolled.self, StationRevoked.self, ClockReset.self, Refused.self, Zeroised.self,
    ]
}
