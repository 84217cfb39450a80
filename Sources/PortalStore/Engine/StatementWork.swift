#if DEBUG
import Synchronization
#endif

/// What statements have cost in steps of SQLite's own machine: the same for the same rows on every machine and at every
/// load, so a test can hold that a question costs no more when there are more rows that it is not about.
public final class StatementWork: Sendable {
    public struct Cost: Sendable, Hashable {
        public internal(set) var runs = 0
        public internal(set) var steps = 0
    }

    #if DEBUG
    private let costs = Mutex<[SQLText: Cost]>([:])

    func note(_ sql: SQLText, _ steps: () -> Int) {
        let steps = steps()
        costs.withLock { costs in
            costs[sql, default: Cost()].runs += 1
            costs[sql, default: Cost()].steps += steps
        }
    }

    /// By the statement's text; the next answer begins anew.
    public func take() -> [String: Cost] {
        costs.withLock { costs in
            defer { costs = [:] }
            return Dictionary(uniqueKeysWithValues: costs.map { ($0.key.text, $0.value) })
        }
    }
    #else
    func note(_: SQLText, _: () -> Int) {}
    /// Nothing: release builds do not count.
    public func take() -> [String: Cost] { [:] }
    #endif
}
