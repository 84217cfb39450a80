import Statements
public import Vocabulary

/// What has to hold before an EdgeHSM serves: the journal contains what the secure element remembers.
///
/// Order at start: replay the journal with `apply`, look up the root at the anchor's size, `begin`, commit the entries,
/// write the record of `nextAnchor` at the new size, `anchored`, serve.
public enum StartCheck {
    /// What was found. `stopped` of the state says why nothing is issued, for example a clock behind the floor: status
    /// and downlink are then still served.
    public struct Plan: Sendable, Equatable {
        public let epoch: UInt64
        /// Units burned, by authorization.
        public let burned: [Digest256: Int]
        public let wasClean: Bool
    }

    /// Judges anchor and journal, then starts the next epoch in `state`: a `restart` entry, and after an unclean stop
    /// one `burned` entry for each authorization whose ceiling is above what was consumed.
    ///
    /// - Parameters:
    ///   - anchor: `AnchorRecord.newest` of the token's records.
    ///   - rootAtAnchor: Merkle root of the journal at `anchor.size`; nil where the journal is shorter.
    /// - Throws: `edge.anchor.*`; the state is then unchanged and must not serve.
    public static func begin(
        _ state: inout EdgeHSMState,
        anchor: AnchorRecord?,
        rootAtAnchor: Digest256?,
        at reading: ClockReading
    ) throws -> Outcome<Plan> {
        guard let anchor else { throw Refusal(EdgeError.anchorMissing) }
        try judge(state.durable, anchor, rootAtAnchor)
        let burned = try burns(state.durable, anchor)
        let wasReset = state.durable.lastClockReset >= anchor.size
        let carried = wasReset ? .epoch : anchor.clockFloor
        state.live = LiveFacts(floor: state.durable.floor)
        state.live.carriedFloor = carried
        state.live.time = TrustedTime(floor: max(state.durable.floor, carried), startingAt: reading)
        state.live.anchorWrites = anchor.writeNumber
        state.live.isStartClean = anchor.clean
        var turn = Turn(now: state.live.time.now(at: reading), reading: reading)
        let epoch = max(state.durable.epoch, anchor.epoch) + 1
        let restart = JournalEntry(
            sequence: state.durable.size,
            epoch: epoch,
            time: turn.now,
            event: JournalEvent(
                body: Restart(anchoredSize: anchor.size, anchoredRoot: anchor.root, clean: anchor.clean)
            )
        )
        let octets = try EdgeHSMState.octets(of: restart)
        try state.apply(restart)
        turn.keep(restart, octets)
        for (authorization, units) in burned.sorted(by: { $0.key < $1.key }) {
            try state.emit(Burned(authorization: authorization, units: units), &turn)
        }
        state.live.anchor = anchor
        turn.demand(.beforeAcknowledging)
        return Outcome(
            decision: .granted(Plan(epoch: epoch, burned: burned, wasClean: anchor.clean)),
            turn
        )
    }

    private static func judge(_ durable: DurableFacts, _ anchor: AnchorRecord, _ root: Digest256?) throws {
        guard anchor.size <= durable.size, let root, root == anchor.root else {
            throw Refusal(
                EdgeError.anchorRollback,
                "the secure element remembers \(anchor.size) entries, the journal has \(durable.size)"
            )
        }
        guard anchor.roleKeysVersion <= durable.roleKeys.version,
            anchor.roleKeysVersion < durable.roleKeys.version || anchor.roleKeysDigest == durable.roleKeysID
        else { throw Refusal(EdgeError.anchorRollback, "RoleKeys version \(anchor.roleKeysVersion)") }
        // Nothing is served in an epoch before the anchor knows it, nor after a clean stop in the same one.
        let served = durable.lastServed >= anchor.size
        guard durable.lastServedEpoch <= anchor.epoch, !(anchor.clean && served) else {
            throw Refusal(EdgeError.anchorTokenRolledBack, "epoch \(anchor.epoch), journal \(durable.lastServedEpoch)")
        }
    }

    private static func burns(_ durable: DurableFacts, _ anchor: AnchorRecord) throws -> [Digest256: Int] {
        var burned: [Digest256: Int] = [:]
        for account in durable.authorizations.values where !account.isClosed {
            let ceiling = anchor.ceiling(of: account.id) ?? 0
            guard account.consumed <= ceiling else {
                throw Refusal(
                    EdgeError.anchorTokenRolledBack,
                    "\(account.consumed) units of \(account.id), the secure element remembers \(ceiling)"
                )
            }
            let units = min(ceiling - account.consumed, account.remaining)
            if units > 0 { burned[account.id] = units }
        }
        return burned
    }
}
