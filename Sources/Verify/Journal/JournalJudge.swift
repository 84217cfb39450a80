internal import Matter
public import Statements
public import TransparencyLog
public import Vocabulary

/// Judges a journal entry by entry with rules of its own: nothing here is shared with the EdgeHSM's decision core.
///
/// A value whose size does not depend on how many units were made: those, batches and the tree's hashes lie in a
/// `UnitLedger`. Encoded it is a snapshot from which judging goes on.
public struct JournalJudge: Sendable, Codable {
    struct Product: Sendable, Hashable, Codable {
        var allotment = 0
        var sequence = 0
        var granted = 0
        var approvals: [Int: Digest256] = [:]
        var fleetUnits: [String: Int] = [:]
        var preparation: ProductPreparation?
        var certificates: CertificatesInstalled?
        var release: Release?
    }

    /// The newest release of allotment: by which order, after which approval, and the figure before it.
    struct Release: Sendable, Hashable, Codable {
        let order: Digest256
        let sequence: Int
        let before: Int
    }

    /// What the present entry did so far.
    struct Turn: Sendable {
        var read: ReadEntry?
        var position = 0
        var findings: [JournalAudit.Finding] = []
        var unit: JudgedUnit?
        var replaced: JudgedUnit?
        var stageBefore: JudgedUnit.Stage?
        var batch: JudgedBatch?
        var credential: JudgedCredential?
    }

    /// The frontier of the tree over the entries judged.
    public internal(set) var frontier = CompactRange()
    public internal(set) var genesis: Genesis?
    var roleKeys: RoleKeys?
    var roleKeysID = Digest256.zero
    /// Root authority of the first entry, if that entry holds.
    var firstRoot: P256Point?
    /// Every RoleKeys that was in force, oldest first.
    var acceptedRoleKeys: [RoleKeys] = []
    public internal(set) var epoch: UInt64 = 0
    /// True from a `restart` on while only burns have followed.
    var isStarting = false
    var restartIsClean = false
    var isZeroised = false
    var floor = Instant.epoch
    var contact: StatusApplied?
    /// Time of `contact`, or of a clock reset that came later and is earlier.
    var heard: Instant?
    var products: [ProductName: Product] = [:]
    var void: Set<Digest256> = []
    var revoked: Set<RevocationTarget> = []
    var orders: [Digest256: OfficerOrder] = [:]
    /// Peers enrolled and not revoked: certificates by name.
    var peers: [StationName: Set<Digest256>] = [:]
    /// Accounts of the authorizations that are not closed.
    var open: [Digest256: Checkpoint.Account] = [:]
    var counts: [String: Int] = [:]
    /// Sums over all authorizations ever loaded.
    var totals = Totals()

    struct Totals: Sendable, Hashable, Codable {
        var authorizations = 0
        var issued = 0
        var burned = 0
        var completed = 0
    }

    var trust = JournalAudit.Trust()
    var turn = Turn()
    /// PAIs as they were installed, read once.
    var authorities: [ProductName: Result<AttestationAuthority, Refusal>] = [:]
    var isIdentityProven = false

    private enum CodingKeys: String, CodingKey {
        case frontier, genesis, roleKeys, roleKeysID, firstRoot, acceptedRoleKeys, epoch, isStarting, restartIsClean
        case isZeroised, floor, contact, heard, products, void, revoked, orders, peers, open, counts, totals
    }

    public init(trust: JournalAudit.Trust = .init()) { self.trust = trust }

    /// Goes on where `snapshot` was taken. Throws a `StatementError`.
    public init(resuming snapshot: [UInt8], trust: JournalAudit.Trust) throws {
        self = try StatementCoding.decode(JournalJudge.self, from: snapshot)
        self.trust = trust
        // A snapshot from before it was kept apart.
        heard = heard ?? contact?.time
    }

    /// The state without trust, as octets: some tens of kilobytes.
    public func snapshot() throws -> [UInt8] { try StatementCoding.encode(self) }

    /// Entries judged.
    public var size: Int { frontier.size }
    public var root: Digest256 { frontier.root }
    public var roleKeysVersion: Int? { roleKeys?.version }
    /// The newest PortalStatus that the EdgeHSM applied.
    public var newestStatus: StatusApplied? { contact }
    /// Accounts of all authorizations that are not closed, by id.
    public var accounts: [Checkpoint.Account] { open.values.sorted { $0.authorization < $1.authorization } }
    /// Keys of the PAIs installed, to read entries with.
    public var issuers: IssuerKeys { IssuerKeys(pais: products.values.compactMap { $0.certificates?.pai.bytes }) }

    /// Judges the next entry. What is wrong with it is a finding; only the ledger throws, and then this judge and the
    /// ledger must be thrown away.
    public mutating func judge<Ledger: UnitLedger>(
        _ octets: [UInt8],
        into ledger: inout Ledger
    ) throws(Ledger.Failure) -> JudgedEntry {
        try judge(ReadEntry(octets), into: &ledger)
    }

    /// The same, for an entry that was read before.
    public mutating func judge<Ledger: UnitLedger>(
        _ read: ReadEntry,
        into ledger: inout Ledger
    ) throws(Ledger.Failure) -> JudgedEntry {
        turn = Turn(read: read, position: frontier.size)
        frontier.append(read.leaf)
        try ledger.append(read.leaf)
        if let entry = read.entry {
            let position = turn.position
            demand(entry.sequence == position, .sequenceGap, "\(entry.sequence) at \(position)")
            counts[entry.event.kind, default: 0] += 1
            try judgeEpoch(entry, &ledger)
            try judgeBody(entry, &ledger)
        } else {
            note(.entryMalformed, read.refusal?.detail ?? "")
        }
        return JudgedEntry(
            position: turn.position,
            read: read,
            findings: turn.findings,
            unit: turn.unit,
            replaced: turn.replaced,
            stageBefore: turn.stageBefore,
            batch: turn.batch,
            credential: turn.credential
        )
    }

    mutating func note(_ code: JournalError, _ detail: String) {
        // Where the entry stands, not what it says of itself: an altered one may name another's place.
        let sequence = turn.read.map { _ in turn.position }
        let place = sequence.map { "entry \($0): " } ?? ""
        turn.findings.append(.init(sequence: sequence, refusal: Refusal(code, place + detail)))
    }

    /// Notes a finding unless `condition` holds.
    mutating func demand(_ condition: Bool, _ code: JournalError, _ detail: @autoclosure () -> String) {
        if !condition { note(code, detail()) }
    }

    /// Only `restart` raises the epoch; burns follow it directly, and only after an unclean stop.
    private mutating func judgeEpoch<Ledger: UnitLedger>(
        _ entry: JournalEntry,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        let (position, epoch) = (turn.position, epoch)
        if let restart = entry.event.content(as: Restart.self) {
            demand(entry.epoch > epoch, .epoch, "\(entry.epoch) after \(epoch)")
            let isWithin = (1...max(1, position)).contains(restart.anchoredSize)
            let root = isWithin ? try ledger.root(at: restart.anchoredSize) : nil
            demand(
                root != nil && root == restart.anchoredRoot,
                .epoch,
                "the anchored prefix of \(restart.anchoredSize) entries is another one"
            )
            isStarting = true
            restartIsClean = restart.clean
        } else {
            demand(entry.epoch == epoch, .epoch, "epoch \(entry.epoch) without a restart")
            let isBurn = entry.event.is(Burned.self)
            demand(!isBurn || (isStarting && !restartIsClean), .epoch, "a burn that follows no unclean restart")
            if !isBurn { isStarting = false }
            demand(position == 0 || isBurn || !isZeroised, .afterZeroise, entry.event.kind)
        }
        self.epoch = max(epoch, entry.epoch)
    }

    /// One of a device's five usual steps.
    private static func isStep(_ event: JournalEvent) -> Bool {
        event.is(Issued.self) || event.is(FactoryDataGiven.self) || event.is(KeySealed.self)
            || event.is(Permitted.self) || event.is(Completed.self)
    }

    private mutating func judgeBody<Ledger: UnitLedger>(
        _ entry: JournalEntry,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        if entry.sequence == 0 || genesis == nil {
            guard let body = entry.event.body as? Genesis, genesis == nil, size == 1 else {
                return note(.genesis, entry.event.kind)
            }
            return judgeGenesis(body)
        }
        // Nearly all entries are such: what they are not is asked of the others alone.
        if Self.isStep(entry.event) { return try judgeUnit(entry, &ledger) }
        switch entry.event.body {
        case is Genesis: note(.genesis, "a second one")
        case is Restart: break
        case let body as Burned: try judgeBurned(body, &ledger)
        case let body as RoleKeysAccepted: judgeRoleKeys(body)
        case let body as StatusApplied: try judgeStatus(body, &ledger)
        case let body as OrderApplied: judgeOrder(body)
        case let body as Revoked: judgeRevoked(body)
        case let body as AllotmentReleased: judgeRelease(body)
        case let body as ClockReset: judgeClockReset(body)
        case let body as ProductPrepared: judgePrepared(body)
        case let body as CertificatesInstalled: judgeCertificates(body)
        case let body as StationEnrolled: peers[body.name, default: []].insert(Digest256.of(body.certificate.bytes))
        case let body as StationRevoked: peers[body.name]?.remove(body.fingerprint)
        case let body as Refused: demand(body.count > 0, .entryMalformed, "count")
        case is Zeroised: isZeroised = true
        case let body as AuthorizationLoaded: try judgeLoaded(body, entry.time, &ledger)
        case let body as AuthorizationTombstoned: try judgeTombstone(body, &ledger)
        case let body as Closed: try judgeClosed(body, &ledger)
        default: try judgeUnit(entry, &ledger)
        }
    }
}
