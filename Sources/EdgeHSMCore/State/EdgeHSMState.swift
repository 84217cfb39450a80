public import Statements
public import Vocabulary

/// The decision core of an EdgeHSM: a value without clock, socket, database or key.
///
/// Start: `init(genesis:)`, `apply` every further entry of the journal, then `StartCheck`. After that `handle`
/// decides commands. `durable` is what the journal says; the rest is memory only and forgotten with the process.
public struct EdgeHSMState: Sendable, Equatable {
    /// Longest that a hold lives without use, in seconds.
    public static let holdLifetime: Int64 = 900
    /// Seconds after its last use for which a hold is its station's alone: another one neither takes the chip over nor
    /// gives its unit up.
    public static let holdIsOwn: Int64 = 30
    /// Most holds of one station, and of all.
    public static let mostHoldsOfStation = 64
    public static let mostHolds = 4_096
    /// Most authorizations that are not closed: their ceilings fit one anchor record and their accounts one checkpoint.
    public static let mostOpenAuthorizations = 256

    public internal(set) var durable: DurableFacts
    var live: LiveFacts

    /// From the journal's first entry. Throws `edge.journal.inconsistent` unless it is a genesis at sequence 0, epoch 0.
    public init(genesis entry: JournalEntry) throws {
        guard entry.sequence == 0, entry.epoch == 0, let genesis = entry.event.body as? Genesis else {
            throw Refusal(EdgeError.journalInconsistent, "the first entry is no genesis")
        }
        let roleKeys = try RoleKeys.read(payload: genesis.roleKeys.payload)
        _ = try Verified<RoleKeys>(genesis.roleKeys, signedBy: roleKeys.root)
        durable = DurableFacts(genesis: genesis, roleKeys: roleKeys)
        live = LiveFacts(floor: durable.floor)
    }

    /// The first entry of a new journal.
    public static func genesisEntry(_ genesis: Genesis, at time: Instant) -> JournalEntry {
        JournalEntry(sequence: 0, epoch: 0, time: time, event: JournalEvent(body: genesis))
    }

    // MARK: - What others ask

    public func now(at reading: ClockReading) -> Instant { live.time.now(at: reading) }

    public func authorization(_ id: Digest256) throws -> AuthorizationAccount {
        if let account = durable.authorizations[id] { return account }
        throw Refusal(EdgeError.authorizationUnknown, id.hex)
    }

    /// Seconds: the strictest rule on the portal's silence among batches that may make units now or later; whoever brings
    /// the portal's word must bring it more often. Nil where none has one.
    public func longestSilence(at now: Instant) -> Int64? {
        durable.authorizations.values
            .filter { !$0.isClosed && now <= $0.content.notAfter && revocation(of: $0) == nil }
            .compactMap(longestSilence).min()
    }

    func longestSilence(_ account: AuthorizationAccount) -> Int64? {
        durable.approvals[account.content.approval]?.rules.longestSilence
    }

    public func manifest(of account: AuthorizationAccount) throws -> Manifest {
        guard let manifest = durable.manifests[account.content.manifest] else {
            throw Refusal(EdgeError.journalInconsistent, "manifest \(account.content.manifest)")
        }
        return manifest
    }

    /// Accounts of all authorizations that are not closed, by id: the body of a checkpoint.
    public var accounts: [Checkpoint.Account] {
        durable.authorizations.values.filter { !$0.isClosed }.map(\.account)
            .sorted { $0.authorization < $1.authorization }
    }

    /// Why nothing new is issued at present; nil when all is well.
    public var stopped: Refusal? {
        if durable.isZeroised { return Refusal(EdgeError.zeroised) }
        if durable.revocations.contains(.edgeHSM(durable.edgeHSM)) { return Refusal(EdgeError.edgeHSMRevoked) }
        if !live.isServing { return Refusal(EdgeError.notStarted) }
        if live.isStopping { return Refusal(EdgeError.stopping) }
        if live.time.isClockBehind { return Refusal(EdgeError.clockBehind, "floor \(durable.floor)") }
        if let contact = durable.contact, !contact.isContained {
            return Refusal(EdgeError.receiptNotContained, "portal has \(contact.storedSize) entries")
        }
        return nil
    }

    /// The revocation that hits this authorization, if any.
    public func revocation(of account: AuthorizationAccount) -> RevocationTarget? {
        guard !durable.revocations.isEmpty else { return nil }
        let targets: [RevocationTarget] =
            [
                .authorization(account.id), .approval(account.content.approval), .version(account.content.manifest),
                .edgeHSM(durable.edgeHSM),
            ] + account.signers.sorted().map { .roleKey($0) }
        return targets.first(where: durable.revocations.contains)
    }

    /// The role of an enrolled peer, by SHA-256 of its certificate. Asked at every request, not in the handshake.
    /// Throws `edge.peer.unknown` or `edge.peer.revoked`.
    public func peer(_ fingerprint: Digest256) throws -> EnrolledPeer {
        guard let peer = durable.peers[fingerprint] else { throw Refusal(EdgeError.peerUnknown, fingerprint.hex) }
        guard !peer.isRevoked else { throw Refusal(EdgeError.peerRevoked, peer.name.text) }
        return peer
    }

    /// Nonce of a clock reset on offer; nil while none is outstanding.
    public var clockResetNonce: Nonce? { live.clockResetNonce }
}
