import Synchronization
import Vocabulary

/// How often something heavy goes on at once; one more is told to come again.
final class WorkBound: Sendable {
    private let most: Int
    private let running = Mutex(0)

    init(most: Int) { self.most = most }

    struct Place: Sendable {
        fileprivate let bound: WorkBound
        func leave() { bound.running.withLock { $0 -= 1 } }
    }

    /// Throws `portal.request.busy`.
    func enter() throws -> Place {
        try running.withLock { running in
            guard running < most else { throw Refusal(PortalError.busy) }
            running += 1
        }
        return Place(bound: self)
    }
}
