import Durability
import EdgeHSMCore
import FoundationEssentials
import GRDB
import ServiceSupport
import Statements
import Synchronization
import TransparencyLog
import Vocabulary

/// The one writer of an EdgeHSM: state, journal and tables change here and nowhere else.
///
/// A turn reads facts, has the core decide, and appends the entries, inside a transaction that it shares with other
/// turns (group commit). A turn's result is released after that transaction is durable. When it can't be, nobody knows
/// what the disk holds: `fatal` ends the process, which starts again from the disk.
final class Writer: Sendable {
    /// What a turn reads before the decision.
    ///
    /// State and tree are looked up where somebody asks: a copy that is held while the turn goes on would have the
    /// whole of it copied at the next change.
    struct Facts {
        let database: Database
        fileprivate let writer: Writer
        var state: EdgeHSMState { writer.memory.withLock { $0.state } }
        var tree: MerkleTree { writer.memory.withLock { $0.tree } }
    }

    fileprivate struct Memory {
        var state: EdgeHSMState
        var tree: MerkleTree
        /// Journal size that the anchor must reach before replies leave.
        var mustBeAnchored = 0
    }

    private typealias Job = @Sendable (Database) throws -> any Sendable

    let store: JournalStore
    let clock: ClockSource
    fileprivate let memory: Mutex<Memory>
    private let committer: GroupCommitter<Job, any Sendable>
    private let end: JournalEnd
    private let entries: Counter

    /// - Parameter fatal: called once when a commit failed; in the product it does not return.
    init(
        store: JournalStore,
        state: EdgeHSMState,
        tree: MerkleTree,
        clock: ClockSource,
        seam: FaultSeam,
        metrics: Metrics,
        fatal: @escaping @Sendable (any Error) -> Void
    ) {
        self.store = store
        self.clock = clock
        self.memory = Mutex(Memory(state: state, tree: tree))
        self.entries = metrics.counter("obis_edge_journal_entries_total", "Journal entries made durable.")
        let end = JournalEnd()
        self.end = end
        self.committer = GroupCommitter(
            queue: store.queue,
            name: "journal",
            batch: 64,
            capacity: 8_192,
            seam: seam,
            fatal: fatal
        ) { database, jobs in
            let results = try jobs.map { try $0(database) }
            if let size = end.take() { try DerivedTables.stand(at: size, in: database) }
            return results
        }
    }

    // MARK: Turns

    /// Has one command decided. `make` reads the facts and makes the command; a refusal that it throws is thrown here
    /// and changes nothing. `peer` is judged in the turn. `also` writes beside the entries, in the same transaction, when the command was granted.
    func turn<Command: EdgeCommand>(
        from peer: Digest256? = nil,
        also: @escaping @Sendable (Database, Command.Grant) throws -> Void = { _, _ in },
        _ make: @escaping @Sendable (Facts) throws -> Command
    ) async throws -> Outcome<Command.Grant> {
        let result = try await submit { [self] database -> Result<Outcome<Command.Grant>, Refusal> in
            let command: Command
            do {
                command = try make(facts(database))
            } catch let refusal as Refusal { return .failure(refusal) }
            let outcome = memory.withLock { $0.state.handle(command, from: peer, at: clock.reading()) }
            try append(zip(outcome.entries, outcome.octets).map { StoredEntry($0, $1) }, database)
            if outcome.anchor == .beforeAcknowledging {
                memory.withLock { $0.mustBeAnchored = $0.state.durable.size }
            }
            if case .granted(let grant) = outcome.decision { try also(database, grant) }
            return .success(outcome)
        }
        return try result.get()
    }

    /// Reads state that is durable when this returns.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Facts) throws -> Value) async throws -> Value {
        try await submit { [self] database -> Result<Value, Refusal> in
            do {
                return .success(try body(facts(database)))
            } catch let refusal as Refusal { return .failure(refusal) }
        }.get()
    }

    /// Changes live facts of the core that no entry speaks of, or writes rows that no entry derives.
    func change<Value: Sendable>(
        _ body: @escaping @Sendable (inout EdgeHSMState, Database, MerkleTree) throws -> Value
    ) async throws -> Value {
        try await submit { [self] database -> Result<Value, Refusal> in
            do {
                return .success(try memory.withLock { try body(&$0.state, database, $0.tree) })
            } catch let refusal as Refusal { return .failure(refusal) }
        }.get()
    }

    /// The present state without waiting for a turn. It may be ahead of the disk by a commit, so it is for judging
    /// peers and time, and never for what leaves the process.
    func peek<Value: Sendable>(_ body: (EdgeHSMState) throws -> Value) rethrows -> Value {
        try memory.withLock { try body($0.state) }
    }

    /// True while an entry that takes power away, or answers under an allowance, is not covered by the anchor.
    var owesAnchor: Bool { memory.withLock { $0.mustBeAnchored > ($0.state.anchor?.size ?? 0) } }

    var now: Instant { peek { $0.now(at: clock.reading()) } }

    /// Takes nothing more and returns when all that was taken is durable.
    func stop() async { await committer.stop() }

    // MARK: Inside a turn

    private func facts(_ database: Database) -> Facts {
        Facts(database: database, writer: self)
    }

    /// Entries are applied to the state already, so whatever fails from here on is fatal: of a request, nothing may. The
    /// core has measured them.
    private func append(_ new: [StoredEntry], _ database: Database) throws {
        for stored in new {
            try JournalStore.append(stored, in: database)
            memory.withLock { $0.tree.append(stored.leaf) }
            end.move(to: stored.entry.sequence + 1)
        }
        entries.increment(by: UInt64(new.count))
    }

    private func submit<Value: Sendable>(_ job: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        guard let value = try await committer.submit({ try job($0) }) as? Value else {
            throw Refusal(EdgeError.internalFault, "a turn gave no \(Value.self)")
        }
        return value
    }
}

/// The journal's size after a transaction that appends, so that it is written once and not with every entry.
private final class JournalEnd: Sendable {
    private let size = Mutex<Int?>(nil)

    func move(to size: Int) { self.size.withLock { $0 = size } }
    func take() -> Int? { size.withLock { $0.take() } }
}
