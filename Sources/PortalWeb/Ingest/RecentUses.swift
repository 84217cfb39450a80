import Statements
import Synchronization
import Verify
import Vocabulary

/// The chips, keys and serials that the newest writes brought: a chunk that was judged before them must be judged
/// again if it names one of these, or a duplicate would be overlooked.
final class RecentUses: Sendable {
    /// What entries claim for a device, each as a hash: two that are alike cost one more judging.
    struct Claims: Sendable {
        fileprivate var hashes: Set<Int> = []

        init(_ reads: [ReadEntry]) {
            for read in reads {
                guard let event = read.event else { continue }
                if let body = event.content(as: Issued.self) {
                    hashes.insert(body.deviceKey.hashValue)
                    hashes.insert(body.chipUID.hashValue)
                    hashes.insert(body.serial.hashValue)
                } else if let body = event.content(as: Rotated.self) {
                    hashes.insert(body.deviceKey.hashValue)
                }
            }
        }
    }

    private struct State {
        var newest = 0
        var open: Set<Int> = []
        var recent: [(number: Int, claims: Claims)] = []
    }

    private static let most = 64
    private let state = Mutex(State())

    /// Every write up to this one is seen by whoever reads after.
    var seen: Int { state.withLock { state in (state.open.min() ?? state.newest + 1) - 1 } }

    /// Call it before a write, and `end` afterwards, whatever became of it.
    func begin(_ claims: Claims) -> Int {
        state.withLock { state in
            state.newest += 1
            state.open.insert(state.newest)
            state.recent.append((state.newest, claims))
            if state.recent.count > Self.most { state.recent.removeFirst() }
            return state.newest
        }
    }

    func end(_ number: Int) { _ = state.withLock { $0.open.remove(number) } }

    /// True when another write after `seen` claims one of these, or when that can't be told any more.
    ///
    /// - Parameter own: the write that asks, from within.
    func isTouched(_ claims: Claims, after seen: Int, by own: Int) -> Bool {
        state.withLock { state in
            guard let first = state.recent.first, first.number <= seen + 1 else { return true }
            return state.recent.contains { write in
                write.number > seen && write.number != own && !write.claims.hashes.isDisjoint(with: claims.hashes)
            }
        }
    }
}
