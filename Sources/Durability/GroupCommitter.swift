public import GRDB
import Synchronization
import Vocabulary

/// Lets many callers share one durable commit.
///
/// Items are taken in the order in which they were submitted. One turn of the writer applies up to `batch` of them in
/// one transaction, commits, and only then releases their results. If applying or committing fails, nobody knows what
/// the disk holds: all callers of the turn and all who wait fail, `fatal` is called once, and nothing more is
/// accepted; the process is expected to end and to start again from the disk.
public final class GroupCommitter<Item: Sendable, Output: Sendable>: Sendable {
    /// Applies the items in order inside the transaction; one result for each. A decision against an item is a result,
    /// not an error.
    public typealias Apply = @Sendable (Database, [Item]) throws -> [Output]

    private struct Entry {
        let item: Item
        let caller: CheckedContinuation<Output, any Error>
    }

    private enum Phase {
        case open
        case stopping
        case failed
    }

    private struct State {
        var waiting: [Entry] = []
        var isRunning = false
        var phase = Phase.open
        var stoppers: [CheckedContinuation<Void, Never>] = []
    }

    private let queue: DatabaseQueue
    private let name: String
    private let batch: Int
    private let capacity: Int
    private let seam: FaultSeam
    private let apply: Apply
    private let fatal: @Sendable (any Error) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - name: begins the fault points `<name>.commit` and `<name>.reply`.
    ///   - batch: most items in one transaction.
    ///   - capacity: most items that wait; more are refused with `store.queue.full`.
    public init(
        queue: DatabaseQueue,
        name: String = "journal",
        batch: Int = 64,
        capacity: Int = 1_024,
        seam: FaultSeam = .none,
        fatal: @escaping @Sendable (any Error) -> Void,
        apply: @escaping Apply
    ) {
        self.queue = queue
        self.name = name
        self.batch = max(1, batch)
        self.capacity = capacity
        self.seam = seam
        self.fatal = fatal
        self.apply = apply
    }

    /// Returns when the item's effect is on the disk. Throws `store.queue.full`, `store.queue.closed` (nothing was
    /// done) or `store.commit.failed` (unknown).
    public func submit(_ item: Item) async throws -> Output {
        try await withCheckedThrowingContinuation { caller in
            let outcome = state.withLock { state -> (refusal: Refusal?, starts: Bool) in
                switch state.phase {
                case .failed: return (Refusal(DurabilityError.commitFailed, "an earlier commit failed"), false)
                case .stopping: return (Refusal(DurabilityError.closed), false)
                case .open: break
                }
                guard state.waiting.count < capacity else {
                    return (Refusal(DurabilityError.queueFull, "\(capacity) items wait"), false)
                }
                state.waiting.append(Entry(item: item, caller: caller))
                defer { state.isRunning = true }
                return (nil, !state.isRunning)
            }
            if let refusal = outcome.refusal { caller.resume(throwing: refusal) }
            if outcome.starts { startTurn() }
        }
    }

    /// Accepts nothing more and returns when all that was accepted has ended.
    public func stop() async {
        await withCheckedContinuation { stopper in
            let isIdle = state.withLock { state in
                if state.phase == .open { state.phase = .stopping }
                if state.isRunning { state.stoppers.append(stopper) }
                return !state.isRunning
            }
            if isIdle { stopper.resume() }
        }
    }

    public var waitingCount: Int { state.withLock { $0.waiting.count } }
    var isStopping: Bool { state.withLock { $0.phase == .stopping } }

    /// On the database's own thread, never on the cooperative pool; other users of the queue get a turn in between.
    private func startTurn() {
        queue.asyncWriteWithoutTransaction { [self] database in turn(database) }
    }

    private func turn(_ database: Database) {
        let entries = state.withLock { state in
            let taken = Array(state.waiting.prefix(batch))
            state.waiting.removeFirst(taken.count)
            return taken
        }
        do {
            let results = try commit(entries.map(\.item), database)
            try seam.pass(name + ".reply")
            for (entry, result) in zip(entries, results) { entry.caller.resume(returning: result) }
        } catch {
            return fail(entries, error)
        }
        let (goesOn, stoppers) = state.withLock { state in
            state.isRunning = !state.waiting.isEmpty
            defer { if !state.isRunning { state.stoppers = [] } }
            return (state.isRunning, state.isRunning ? [] : state.stoppers)
        }
        if goesOn { startTurn() }
        for stopper in stoppers { stopper.resume() }
    }

    private func commit(_ items: [Item], _ database: Database) throws -> [Output] {
        try database.beginTransaction(.immediate)
        do {
            let results = try apply(database, items)
            guard results.count == items.count else {
                throw Refusal(DurabilityError.commitFailed, "\(results.count) results for \(items.count) items")
            }
            try seam.around(name + ".commit") { try database.commit() }
            return results
        } catch {
            // Whether it takes effect no longer matters: the process is about to end.
            if database.isInsideTransaction { try? database.rollback() }
            throw error
        }
    }

    private func fail(_ entries: [Entry], _ error: any Error) {
        let (abandoned, stoppers) = state.withLock { state in
            state.phase = .failed
            state.isRunning = false
            defer { (state.waiting, state.stoppers) = ([], []) }
            return (state.waiting, state.stoppers)
        }
        // First the daemon: it must not serve anything that rests on what was just lost.
        fatal(error)
        let detail = (error as? DatabaseError).map(DurableDatabase.explain) ?? (error as? Refusal)?.detail ?? ""
        for entry in entries + abandoned {
            entry.caller.resume(throwing: Refusal(DurabilityError.commitFailed, detail))
        }
        for stopper in stoppers { stopper.resume() }
    }
}
