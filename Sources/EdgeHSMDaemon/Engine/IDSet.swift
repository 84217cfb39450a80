import Synchronization
import Vocabulary

/// A set of ids that many tasks use.
final class IDSet: Sendable {
    private let ids = Mutex<Set<Digest256>>([])

    /// True where it was not there.
    func insert(_ id: Digest256) -> Bool { ids.withLock { $0.insert(id).inserted } }
    func remove(_ id: Digest256) { ids.withLock { _ = $0.remove(id) } }
}
