public import PortalProtocol
public import Statements
public import Vocabulary

/// One batch as it was granted. What was granted never changes; what came back of it does.
public struct BatchRecord: Sendable, Hashable {
    public let id: BatchID
    /// Id of the authorization: SHA-256 of `payload`.
    public let statement: Digest256
    public let version: VersionName
    /// The ODM whose batch it is.
    public let organisation: OrganisationID
    /// The authorization's octets, signed as often as it takes to make the package.
    public let payload: [UInt8]
    public let authorization: ProductionAuthorization
    public let createdBy: PersonID
    public let createdAt: Instant
    /// Units given back; final once `isSettled`.
    public let credited: Int
    public let isSettled: Bool
    public let revision: Int

    public init(
        id: BatchID,
        version: VersionName,
        organisation: OrganisationID,
        authorization: ProductionAuthorization,
        createdBy: PersonID,
        createdAt: Instant
    ) throws {
        self.id = id
        self.version = version
        self.organisation = organisation
        self.authorization = authorization
        payload = try authorization.payload()
        statement = Digest256.of(payload)
        self.createdBy = createdBy
        self.createdAt = createdAt
        credited = 0
        isSettled = false
        revision = 1
    }

    init(_ row: SQLRow) throws {
        id = try row.name("id")
        statement = try row.fixed("statement")
        version = try row.name("version")
        organisation = try row.name("organisation")
        payload = try row.blob("payload")
        authorization = try ProductionAuthorization.read(payload: payload)
        createdBy = try row.name("created_by")
        createdAt = try row.time("created_at")
        credited = try row.number("credited")
        isSettled = try row.flag("settled")
        revision = try row.number("revision")
    }
}

/// A package that is made, without its octets.
public struct PackageRecord: Sendable, Hashable {
    /// Id of the authorization.
    public let statement: Digest256
    /// SHA-256 of the file.
    public let digest: Digest256
    /// Octets of the file.
    public let size: Int
    public let madeAt: Instant

    public init(statement: Digest256, digest: Digest256, size: Int, madeAt: Instant) {
        self.statement = statement
        self.digest = digest
        self.size = size
        self.madeAt = madeAt
    }

    init(_ row: SQLRow) throws {
        statement = try row.fixed("statement")
        digest = try row.fixed("digest")
        size = try row.number("size")
        madeAt = try row.time("made_at")
    }
}

/// A package that is still to be made.
public struct PackageTask: Sendable, Hashable {
    public let statement: Digest256
    public let since: Instant
    public let attempts: Int
    /// Code of the last failure.
    public let failure: String?
    /// Not before then; nil: at once.
    public let nextAt: Instant?
    /// Nothing can make it any more.
    public let givenUpAt: Instant?

    init(_ row: SQLRow) throws {
        statement = try row.fixed("statement")
        since = try row.time("since")
        attempts = try row.number("attempts")
        failure = try row.optional("failure", row.text)
        nextAt = try row.optional("next_at", row.time)
        givenUpAt = try row.optional("given_up_at", row.time)
    }
}

/// What people took from a batch: its rest, or all of it.
public struct WithdrawalRecord: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case close
        case revoke
    }

    public let statement: Digest256
    public let kind: Kind
    public let reason: String
    public let askedBy: PersonID
    public let askedAt: Instant

    public init(statement: Digest256, kind: Kind, reason: String, askedBy: PersonID, askedAt: Instant) {
        self.statement = statement
        self.kind = kind
        self.reason = reason
        self.askedBy = askedBy
        self.askedAt = askedAt
    }

    init(_ row: SQLRow) throws {
        statement = try row.fixed("statement")
        kind = try row.option("kind")
        reason = try row.text("reason")
        askedBy = try row.name("asked_by")
        askedAt = try row.time("asked_at")
    }
}
