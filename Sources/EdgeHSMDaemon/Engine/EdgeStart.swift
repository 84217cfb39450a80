public import Durability
import EdgeHSMCore
import GRDB
public import KeyCustody
public import Logging
public import ServiceSupport
import Statements
import TransparencyLog
import Vocabulary

/// From a folder and a token to an EdgeHSM that serves, or that shows why it does not.
public struct EdgeStart: Sendable {
    public var configuration: EdgeConfiguration
    public var token: any Token
    public var execution: any Execution
    public var gate: TokenGate
    public var clock: ClockSource
    public var metrics: Metrics
    public var logger: Logger
    public var seam: FaultSeam
    public var softwareVersion: String
    /// DER.
    public var siteCA: [UInt8]
    /// Called once when a commit failed; in the product it ends the process.
    public var fatal: @Sendable (any Error) -> Void

    public init(
        configuration: EdgeConfiguration,
        token: any Token,
        execution: any Execution,
        gate: TokenGate,
        clock: ClockSource,
        metrics: Metrics,
        logger: Logger,
        seam: FaultSeam,
        softwareVersion: String,
        siteCA: [UInt8],
        fatal: @escaping @Sendable (any Error) -> Void
    ) {
        self.configuration = configuration
        self.token = token
        self.execution = execution
        self.gate = gate
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
        self.seam = seam
        self.softwareVersion = softwareVersion
        self.siteCA = siteCA
        self.fatal = fatal
    }

    // MARK: First entry

    /// Writes the first entry of a new journal; an old journal must begin with exactly this genesis.
    static func begin(_ store: JournalStore, genesis: Genesis, at time: Instant) throws -> StoredEntry {
        let existing = try store.queue.read { try JournalStore.entries(from: 0, limit: 1, $0) }.first
        if let existing {
            guard existing.entry.event == JournalEvent(body: genesis) else {
                throw Refusal(EdgeDaemonError.alreadyEnrolled, "the journal begins with another genesis")
            }
            return existing
        }
        let entry = EdgeHSMState.genesisEntry(genesis, at: time)
        let first = StoredEntry(entry, try EdgeHSMState.octets(of: entry))
        try store.commit([first])
        return first
    }

    /// The first record of a new EdgeHSM: a clean stop right after the genesis. A token that has a record, or a journal
    /// that has served, gets none.
    static func anchorFirst(_ first: StoredEntry, in store: JournalStore, _ token: any Token) async throws {
        guard try await token.records(AnchorKeeper.label).isEmpty, try await store.size() == 1 else { return }
        let state = try EdgeHSMState(genesis: first.entry)
        let record = AnchorRecord(
            writeNumber: 1,
            epoch: 0,
            clean: true,
            size: 1,
            root: first.leaf,
            clockFloor: state.durable.floor,
            roleKeysVersion: state.durable.roleKeys.version,
            roleKeysDigest: state.durable.roleKeysID,
            ceilings: []
        )
        try await AnchorKeeper.create(record, in: token)
    }

    // MARK: Start

    /// Replays the journal, checks it against the enrolment and the anchor, begins the next epoch, and serves.
    ///
    /// Where the journal does not contain what the secure element remembers, the engine shows status and journal and
    /// refuses all else with that reason. Throws where not even that can be done.
    public func start() async throws -> EdgeEngine {
        guard let pin = try await EnrolmentPin.read(from: token) else { throw Refusal(EdgeDaemonError.notEnrolled) }
        let store = try JournalStore(path: configuration.journalPath)
        var (state, tree) = try replay(store)
        try await check(pin, store)
        if try store.rebuildIfNeeded() { logger.notice("tables were rebuilt from the journal") }
        var halted: Refusal?
        do {
            let outcome = try await begin(&state, tree)
            let entries = zip(outcome.entries, outcome.octets).map { StoredEntry($0, $1) }
            try seam.around("start.commit") { try store.commit(entries) }
            for entry in entries { tree.append(entry.leaf) }
            let plan = try outcome.grant()
            logger.notice("epoch begun", metadata: Self.describe(plan))
        } catch let refusal as Refusal where Self.isShown(refusal) {
            logger.critical("nothing is issued", metadata: ["code": "\(refusal.code)", "detail": "\(refusal.detail)"])
            halted = refusal
        }
        let engine = assemble(store, state, tree, halted)
        guard halted == nil else { return engine }
        // The new epoch is in the secure element before anything is served in it.
        try await engine.keeper.move()
        if engine.writer.peek({ $0.durable.isZeroised }) {
            try await engine.destroyAllKeys()
        } else {
            try await engine.destroyOrphans()
        }
        return engine
    }

    private func replay(_ store: JournalStore) throws -> (EdgeHSMState, MerkleTree) {
        var state: EdgeHSMState?
        var tree = MerkleTree()
        try store.replay { stored in
            if state == nil {
                state = try EdgeHSMState(genesis: stored.entry)
            } else {
                try state?.apply(stored.entry)
            }
            tree.append(stored.leaf)
        }
        guard let state else { throw Refusal(EdgeDaemonError.notEnrolled, "the journal is empty") }
        return (state, tree)
    }

    private func check(_ pin: EnrolmentPin, _ store: JournalStore) async throws {
        let first = try await store.queue.read { try JournalStore.entries(from: 0, limit: 1, $0) }.first
        guard let genesis = first?.entry.event.body as? Genesis else { throw Refusal(EdgeDaemonError.notEnrolled) }
        guard genesis.edgeHSM == configuration.edgeHSM, genesis.factory == configuration.factory else {
            throw Refusal(EdgeDaemonError.enrolmentMismatch, "this is \(genesis.edgeHSM) of \(genesis.factory)")
        }
        // A zeroised EdgeHSM has lost its identity key, and still shows its journal.
        let identity = KeyName(.edgeIdentity)
        let key = try await token.has(identity) ? try await token.signingKey(identity).publicKey : genesis.identity
        try pin.check(genesis, identity: key)
    }

    private func begin(_ state: inout EdgeHSMState, _ tree: MerkleTree) async throws -> Outcome<StartCheck.Plan> {
        let anchor = try await AnchorKeeper.newest(in: token)
        let root = try anchor.flatMap { $0.size <= tree.size ? try tree.root(at: $0.size) : nil }
        return try StartCheck.begin(&state, anchor: anchor, rootAtAnchor: root, at: clock.reading())
    }

    /// What an operator can only see and not mend here: the check itself. A token that fails is no reason to show.
    private static func isShown(_ refusal: Refusal) -> Bool {
        [EdgeError.anchorMissing, .anchorMalformed, .anchorRollback, .anchorTokenRolledBack].contains {
            refusal.has($0)
        }
    }

    private static func describe(_ plan: StartCheck.Plan) -> Logger.Metadata {
        let burned = plan.burned.values.reduce(0, +)
        return ["epoch": "\(plan.epoch)", "clean": "\(plan.wasClean)", "burned": "\(burned)"]
    }

    private func assemble(
        _ store: JournalStore,
        _ state: EdgeHSMState,
        _ tree: MerkleTree,
        _ halted: Refusal?
    ) -> EdgeEngine {
        gate.show(in: metrics)
        let writer = Writer(
            store: store,
            state: state,
            tree: tree,
            clock: clock,
            seam: seam,
            metrics: metrics,
            fatal: fatal
        )
        let keeper = AnchorKeeper(
            token: token,
            last: state.anchor,
            seam: seam,
            metrics: metrics,
            mostWritesADay: configuration.anchorWritesADay ?? 20_000,
            bootSeconds: clock.bootSeconds,
            snapshot: { try await writer.nextAnchor() },
            observer: { record in try await writer.change { state, _, _ in try state.anchored(record) } }
        )
        return EdgeEngine(
            writer: writer,
            keeper: keeper,
            execution: execution,
            token: token,
            gate: gate,
            logger: logger,
            seam: seam,
            softwareVersion: softwareVersion,
            siteCA: siteCA,
            halted: halted
        )
    }
}

extension Writer {
    /// The next record for the secure element, over entries that are durable when this returns.
    func nextAnchor() async throws -> AnchorRecord {
        let reading = clock.reading()
        return try await change { state, _, tree in
            try state.nextAnchor(size: tree.size, root: tree.root, at: reading)
        }
    }
}
