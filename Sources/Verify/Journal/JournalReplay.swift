internal import Statements
internal import TransparencyLog
internal import Vocabulary

/// The journal as replayed so far, by the verifier's own rules.
struct JournalReplay {
    /// One authorization.
    struct Batch {
        let id: Digest256
        let content: ProductionAuthorization
        let approval: VersionApproval
        let manifest: Manifest
        /// Key ids of the approval's officers that counted, and of the authorizer.
        let signers: [Digest256]
        var issued = 0
        var burned = 0
        var returned = 0
        var isClosed = false
        var unlocks = 0
        var reprovisions = 0
        var rotations = 0

        var used: Int { issued + burned }
        var remaining: Int { content.quantity - issued - burned - returned }
    }

    struct Unit {
        enum Stage { case open, done, failed, released, replaced }
        let batch: Digest256
        let chip: ChipUID
        let generation: UInt32
        let index: Int
        let isReissue: Bool
        var stage = Stage.open
        var isExposed = false
        var wasUnlocked = false
        var factoryData: Digest256?
        var isPermitted = false
        var slots: Set<KeySlot> = []

        var isLive: Bool { stage == .open || stage == .done }
    }

    struct Product {
        var allotment = 0
        var sequence = 0
        var granted = 0
        var approvals: [Int: Digest256] = [:]
        var fleetUnits: [KeySlot: Int] = [:]
        var preparation: ProductPreparation?
        var certificates: CertificatesInstalled?
    }

    struct BatchChip: Hashable {
        let batch: Digest256
        let chip: ChipUID
    }

    struct ProductSerial: Hashable {
        let product: ProductName
        let serial: DeviceSerial
    }

    let trust: JournalAudit.Trust
    var findings: [JournalAudit.Finding] = []
    var tree = MerkleTree()
    var genesis: Genesis?
    var roleKeys: RoleKeys?
    var roleKeysID = Digest256.zero
    /// Root authority of the first entry, if that entry holds.
    var firstRoot: P256Point?
    /// Every RoleKeys that was in force, oldest first.
    var acceptedRoleKeys: [RoleKeys] = []
    /// Stands after the last entry.
    var isIdentityProven = false
    var epoch: UInt64 = 0
    /// True from a `restart` on while only burns have followed.
    var isStarting = false
    var restartIsClean = false
    var isZeroised = false
    var floor = Instant.epoch
    var contact: StatusApplied?
    var batches: [Digest256: Batch] = [:]
    var products: [ProductName: Product] = [:]
    var void: Set<Digest256> = []
    var revoked: Set<RevocationTarget> = []
    var orders: [Digest256: OfficerOrder] = [:]
    /// Peers enrolled and not revoked: certificates by name.
    var peers: [StationName: Set<Digest256>] = [:]
    var units: [Digest256: Unit] = [:]
    var newest: [BatchChip: Digest256] = [:]
    var liveUnit: [ChipUID: Digest256] = [:]
    var keyOwners: [Digest256: Digest256] = [:]
    /// The newest unit of every serial.
    var serialOwners: [ProductSerial: Digest256] = [:]
    var counts: [String: Int] = [:]
    /// The entry being judged.
    var current: JournalEntry?

    init(trust: JournalAudit.Trust) { self.trust = trust }

    mutating func note(_ code: JournalError, _ detail: String) {
        guard findings.count <= JournalAudit.mostFindings else { return }
        let last = findings.count == JournalAudit.mostFindings
        let place = current.map { "entry \($0.sequence): " } ?? ""
        let refusal = last ? Refusal(JournalError.tooMany) : Refusal(code, place + detail)
        findings.append(.init(sequence: current?.sequence, refusal: refusal))
    }

    /// Notes a finding unless `condition` holds.
    mutating func demand(_ condition: Bool, _ code: JournalError, _ detail: String) {
        if !condition { note(code, detail) }
    }

    mutating func add(_ bytes: [UInt8]) {
        let position = tree.size
        tree.append(MerkleHash.leaf(bytes))
        let entry: JournalEntry
        do { entry = try JournalEntry(parsing: bytes) } catch {
            current = nil
            return note(.entryMalformed, "at \(position): \((error as? Refusal)?.detail ?? "")")
        }
        current = entry
        demand(entry.sequence == position, .sequenceGap, "\(entry.sequence) at \(position)")
        counts[entry.event.kind, default: 0] += 1
        judgeEpoch(entry, position)
        judgeBody(entry)
    }

    /// Only `restart` raises the epoch; burns follow it directly, and only after an unclean stop.
    private mutating func judgeEpoch(_ entry: JournalEntry, _ position: Int) {
        if let restart = entry.event.body as? Restart {
            demand(entry.epoch > epoch, .epoch, "\(entry.epoch) after \(epoch)")
            let root = try? tree.root(at: min(restart.anchoredSize, position))
            demand(
                restart.anchoredSize <= position && restart.anchoredSize >= 1 && root == restart.anchoredRoot,
                .epoch,
                "the anchored prefix of \(restart.anchoredSize) entries is another one"
            )
            isStarting = true
            restartIsClean = restart.clean
        } else {
            demand(entry.epoch == epoch, .epoch, "epoch \(entry.epoch) without a restart")
            let isBurn = entry.event.body is Burned
            demand(!isBurn || (isStarting && !restartIsClean), .epoch, "a burn that follows no unclean restart")
            if !isBurn { isStarting = false }
            demand(position == 0 || isBurn || !isZeroised, .afterZeroise, entry.event.kind)
        }
        epoch = max(epoch, entry.epoch)
    }

    private mutating func judgeBody(_ entry: JournalEntry) {
        if entry.sequence == 0 || genesis == nil {
            guard let body = entry.event.body as? Genesis, genesis == nil, tree.size == 1 else {
                return note(.genesis, entry.event.kind)
            }
            return judgeGenesis(body)
        }
        switch entry.event.body {
        case is Genesis: note(.genesis, "a second one")
        case is Restart: break
        case let body as Burned: judgeBurned(body)
        case let body as RoleKeysAccepted: judgeRoleKeys(body)
        case let body as StatusApplied: judgeStatus(body)
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
        case let body as AuthorizationLoaded: judgeLoaded(body, entry.time)
        case let body as AuthorizationTombstoned:
            demand(batches[body.authorization] == nil, .loadedTwice, "void after loading")
            void.insert(body.authorization)
        case let body as Closed: judgeClosed(body)
        default: judgeUnit(entry)
        }
    }

    var openAccounts: [Checkpoint.Account] {
        batches.values.filter { !$0.isClosed }.map { batch in
            Checkpoint.Account(
                authorization: batch.id,
                granted: batch.content.quantity,
                issued: batch.issued,
                burned: batch.burned,
                returned: batch.returned,
                remaining: batch.remaining
            )
        }.sorted { $0.authorization < $1.authorization }
    }

    var fields: [String: String] {
        var fields = ["entries": String(tree.size), "root": tree.root.hex, "epoch": String(epoch)]
        fields["edgeHSM"] = genesis?.edgeHSM.text
        fields["identity"] = genesis?.identity.hex
        fields["roleKeysVersion"] = roleKeys.map { String($0.version) }
        fields["authorizations"] = String(batches.count)
        fields["issued"] = String(batches.values.reduce(0) { $0 + $1.issued })
        fields["burned"] = String(batches.values.reduce(0) { $0 + $1.burned })
        fields["completed"] = String(units.values.count { $0.stage == .done })
        fields["identityPinned"] = String(isIdentityProven)
        for (kind, count) in counts { fields["count.\(kind)"] = String(count) }
        return fields
    }
}
