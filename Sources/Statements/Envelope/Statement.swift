public import Vocabulary

/// One kind of signed statement. Its payload type names meaning and version, and whoever verifies states the type.
public protocol Statement: Codable, Sendable, Hashable {
    /// `application/vnd.obis.NAME.vN+json`
    static var payloadType: String { get }
    /// Largest payload, in octets.
    static var largestPayload: Int { get }
    /// Fields that a payload may demand under `mustUnderstand`: this reader knows what they mean.
    static var understood: Set<String> { get }
    /// What the fields say to each other; throws `StatementError.inconsistent`.
    func validate() throws
}

extension Statement {
    public static var largestPayload: Int { 64 * 1024 }
    public static var understood: Set<String> { [] }
    public func validate() throws {}

    /// The payload octets of a new statement, after its own validation.
    public func payload() throws -> [UInt8] {
        try validate()
        return try StatementCoding.encode(self)
    }

    /// An envelope without signatures, ready to be signed.
    public func unsigned() throws -> Envelope {
        Envelope(payloadType: Self.payloadType, payload: try payload(), signatures: [])
    }

    /// Reads a payload of this kind; throws a `StatementError`. Unknown fields are ignored unless the payload lists them
    /// under `mustUnderstand`.
    public static func read(payload: [UInt8]) throws -> Self {
        try StrictJSON.check(payload, limit: largestPayload)
        let demands = try StatementCoding.decode(Demands.self, from: payload)
        if let field = demands.mustUnderstand?.first(where: { !understood.contains($0) }) {
            throw Refusal(StatementError.notUnderstood, field)
        }
        let statement = try StatementCoding.decode(Self.self, from: payload)
        try statement.validate()
        return statement
    }
}

/// A field that came after the first readers, and must not be passed over by them, is demanded by the payload that has it.
private struct Demands: Decodable {
    let mustUnderstand: [String]?
}

extension Refusal {
    static func inconsistent(_ detail: String) -> Refusal { Refusal(StatementError.inconsistent, detail) }
}

func require(_ condition: Bool, _ detail: @autoclosure () -> String) throws {
    guard condition else { throw Refusal.inconsistent(detail()) }
}

/// A statement whose signatures were verified before its payload was decoded.
public struct Verified<Content: Statement>: Sendable, Hashable {
    public let content: Content
    public let envelope: Envelope
    /// Key ids of the role keys that signed, without doubles, sorted.
    public let signers: [Digest256]

    public var id: Digest256 { envelope.statementID }

    /// One signer: `key` must have signed. Throws a `StatementError`.
    public init(_ envelope: Envelope, as type: Content.Type = Content.self, signedBy key: P256Point) throws {
        try Self.checkType(envelope)
        guard envelope.signatures.contains(where: { $0.keyID == key.keyID }) else {
            throw Refusal(StatementError.notSigned, Content.payloadType)
        }
        guard envelope.isSigned(by: key) else { throw Refusal(StatementError.badSignature, Content.payloadType) }
        self.content = try Content.read(payload: envelope.payload)
        self.envelope = envelope
        self.signers = [key.keyID]
    }

    /// m different officers of `roleKeys` must have signed; signatures by others, and doubles, count nothing.
    public init(
        _ envelope: Envelope,
        as type: Content.Type = Content.self,
        signedByOfficersOf roleKeys: RoleKeys
    ) throws {
        try Self.checkType(envelope)
        let signed = roleKeys.officers.map(\.key).filter { envelope.isSigned(by: $0) }.map(\.keyID)
        let signers = Set(signed).sorted()
        guard signers.count >= roleKeys.threshold else {
            throw Refusal(StatementError.tooFewOfficers, "\(signers.count) of \(roleKeys.threshold) needed")
        }
        self.content = try Content.read(payload: envelope.payload)
        self.envelope = envelope
        self.signers = signers
    }

    private static func checkType(_ envelope: Envelope) throws {
        guard envelope.payloadType == Content.payloadType else {
            throw Refusal(
                StatementError.wrongType,
                "\(envelope.payloadType.prefix(80)) instead of \(Content.payloadType)"
            )
        }
        guard envelope.payload.count <= Content.largestPayload else {
            throw Refusal(StatementError.tooLarge, "\(envelope.payload.count) octets, limit \(Content.largestPayload)")
        }
    }
}
