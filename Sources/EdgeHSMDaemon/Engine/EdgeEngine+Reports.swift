import EdgeHSMCore
import KeyCustody
import LineProtocol
import Statements
import TransparencyLog
import Vocabulary

// What an EdgeHSM says of itself. Only what is durable leaves.
extension EdgeEngine {
    /// Batches in one status: all that are not closed, then the newest closed ones.
    static let mostBatches = 200
    /// Octets of a frame that entries may take in `readJournal`.
    static let journalOctets = LineMessage.largest - 4 * 1024
    static let mostEntries = 1_024

    func status() async throws -> GetStatus.Reply {
        let reading = writer.clock.reading()
        let tokenRefusal = gate.refusal
        let halted = halted
        let version = softwareVersion
        return try await writer.read { facts in
            let state = facts.state
            let now = state.now(at: reading)
            return GetStatus.Reply(
                edgeHSM: state.durable.edgeHSM,
                factory: state.durable.factory,
                softwareVersion: version,
                time: now,
                epoch: state.durable.epoch,
                journalSize: state.durable.size,
                roleKeysVersion: state.durable.roleKeys.version,
                roleKeysExpireAt: state.durable.roleKeys.expiresAt,
                clockResetNonce: state.clockResetNonce,
                stopped: halted ?? state.stopped ?? tokenRefusal,
                longestSilence: state.longestSilence(at: now),
                batches: try Self.batches(state, at: now)
            )
        }
    }

    private static func batches(_ state: EdgeHSMState, at now: Instant) throws -> [GetStatus.Batch] {
        try state.durable.authorizations.values
            .sorted { left, right in
                if left.isClosed != right.isClosed { return right.isClosed }
                return (right.content.issuedAt, left.id) < (left.content.issuedAt, right.id)
            }
            .prefix(mostBatches)
            .map { try GetStatus.Batch($0, manifest: state.manifest(of: $0), state: $0.phase(state, at: now)) }
    }

    func readJournal(_ request: ReadJournal.Request) async throws -> ReadJournal.Reply {
        let size = try await writer.read { $0.state.durable.size }
        guard (0...size).contains(request.from), request.limit >= 1 else {
            throw Refusal(EdgeDaemonError.badRange, "from \(request.from), limit \(request.limit), size \(size)")
        }
        let entries = try await writer.store.read(
            from: request.from,
            limit: min(request.limit, Self.mostEntries, size - request.from),
            octets: Self.journalOctets
        )
        return ReadJournal.Reply(entries: entries.map { Octets($0) }, size: size)
    }

    /// A signed checkpoint of now; also the heartbeat. A zeroised EdgeHSM answers its last one for ever. Throws
    /// `edge.anchor.not-written` while an entry that must be anchored is not.
    ///
    /// Refused where the start check failed: a checkpoint says that this journal is the EdgeHSM's own, and that is just
    /// what the secure element denies then. Signing it would make an edited or shortened journal look true to a portal
    /// that does not have the missing entries yet. The rollback shows in `status`, and in the silence.
    func checkpoint(by requester: String) async throws -> GetCheckpoint.Reply {
        if let last = try await lastCheckpoint() { return GetCheckpoint.Reply(checkpoint: last) }
        return try await serve(requester) { GetCheckpoint.Reply(checkpoint: try await signCheckpoint()) }
    }

    private func signCheckpoint() async throws -> Envelope {
        let reading = writer.clock.reading()
        let version = softwareVersion
        let checkpoint = try await writer.read { facts in
            let state = facts.state
            return Checkpoint(
                edgeHSM: state.durable.edgeHSM,
                epoch: state.durable.epoch,
                size: state.durable.size,
                root: facts.tree.root,
                time: state.now(at: reading),
                portalNonce: state.durable.contact?.nonce,
                roleKeysVersion: state.durable.roleKeys.version,
                accounts: state.accounts,
                softwareVersion: version
            )
        }
        // A signature lets others act on all of these entries, so the secure element must know each that takes power
        // away: otherwise an older disk could be put back after the OEM has moved what was given up here.
        try await settle(.none)
        return try await execution.signByIdentity(checkpoint.unsigned())
    }

    private func lastCheckpoint() async throws -> Envelope? {
        try await writer.read { facts in
            guard facts.state.durable.isZeroised else { return nil }
            return try JournalStore.lastCheckpoint(facts.database)
        }
    }

    /// The identity's last word, before its key is destroyed: the journal up to and with `zeroised`. Entries of later
    /// starts are behind it and say nothing but that there was a start.
    func keepLastCheckpoint() async throws {
        guard try await token.has(KeyName(.edgeIdentity)) else { return }
        let last = try await signCheckpoint().serialized()
        try await writer.change { _, database, _ in try JournalStore.keep(lastCheckpoint: last, in: database) }
    }
}

extension AuthorizationAccount {
    fileprivate func phase(_ state: EdgeHSMState, at now: Instant) -> GetStatus.Batch.State {
        if isClosed { return .closed }
        if state.revocation(of: self) != nil { return .revoked }
        if now < content.notBefore { return .waiting }
        return now > content.notAfter ? .ended : .open
    }
}

extension GetStatus.Batch {
    fileprivate init(_ account: AuthorizationAccount, manifest: Manifest, state: State) {
        self.init(
            authorization: account.id,
            product: account.content.product,
            batch: account.content.batch,
            manifest: account.content.manifest,
            firmware: manifest.firmware.digest,
            firmwareSize: manifest.firmware.size,
            family: manifest.family,
            vendorID: manifest.vendorID,
            productID: manifest.productID,
            keySlots: manifest.keys.map(\.slot),
            state: state,
            notBefore: account.content.notBefore,
            notAfter: account.content.notAfter,
            account: account.account,
            completed: account.completed,
            debugUnlocksLeft: account.debugUnlocksLeft,
            reprovisionsLeft: account.reprovisionsLeft,
            rotationsLeft: account.rotationsLeft,
            package: account.package
        )
    }
}
