import KeyCustody
import Synchronization
import Vocabulary

/// A fixed number of sessions behind one bounded queue.
final class SessionPool: Sendable {
    /// Which session takes a call.
    enum Lane {
        /// The one with the fewest waiting calls.
        case any
        /// Always the first: calls that look whether something exists and then create it stay in order.
        case ordered
    }

    private struct State {
        var waiting: [Int]
        var failures: UInt64 = 0
        var destroyed: UInt64 = 0
        var stopped: Refusal?
        var recovering = false
    }

    private let sessions: [SessionActor]
    private let mostCalls: Int
    private let observer: @Sendable (TokenHealth) -> Void
    private let state: Mutex<State>

    /// `queueLimit` is how many calls may wait beyond those that run.
    init(
        sessions: Int,
        queueLimit: Int,
        observer: @escaping @Sendable (TokenHealth) -> Void,
        connect: @escaping @Sendable () throws -> Session
    ) {
        self.sessions = (0..<sessions).map { _ in SessionActor(connect: connect) }
        self.mostCalls = sessions + queueLimit
        self.observer = observer
        self.state = Mutex(State(waiting: Array(repeating: 0, count: sessions)))
    }

    /// Opens every session; throws what the first failing one says.
    func open() async throws {
        for session in sessions {
            do {
                try await session.open(failures: 0)
            } catch let failure as PKCS11Failure {
                throw failure.refusal
            }
        }
    }

    /// Closes every session for good; later calls throw `key.token.closed`.
    func close() async {
        state.withLock { $0.stopped = Refusal(KeyCustodyError.tokenClosed) }
        for session in sessions { await session.close() }
    }

    func run<Result: Sendable>(
        _ lane: Lane = .any,
        _ body: @escaping @Sendable (Session) throws -> Result
    ) async throws -> Result {
        let (index, failures, destroyed) = try admit(lane)
        defer { state.withLock { $0.waiting[index] -= 1 } }
        do {
            return try await sessions[index].run(failures: failures, destroyed: destroyed, body)
        } catch let failure as PKCS11Failure {
            let refusal = failure.refusal
            if failure.isPINRefusal {
                stop(refusal)
            } else if failure.breaksSession {
                fail(refusal)
            }
            throw refusal
        } catch let refusal as Refusal where refusal.has(KeyCustodyError.tokenUnknown) {
            // The token was there when the pool was opened: it was pulled out.
            let gone = Refusal(KeyCustodyError.deviceFailed, "token \(refusal.detail) is not present")
            fail(gone)
            throw gone
        }
    }

    /// A key is gone: no session may use a remembered handle again.
    func forgetHandles() { state.withLock { $0.destroyed += 1 } }

    /// Calls that run or wait now.
    var calls: Int { state.withLock { $0.waiting.reduce(0, +) } }

    private func admit(_ lane: Lane) throws -> (index: Int, failures: UInt64, destroyed: UInt64) {
        try state.withLock { state in
            if let stopped = state.stopped { throw stopped }
            guard state.waiting.reduce(0, +) < mostCalls else {
                throw Refusal(KeyCustodyError.queueFull, "\(mostCalls) calls")
            }
            let index =
                switch lane {
                case .ordered: 0
                case .any: state.waiting.indices.min { state.waiting[$0] < state.waiting[$1] } ?? 0
                }
            state.waiting[index] += 1
            return (index, state.failures, state.destroyed)
        }
    }
}

// MARK: - Recovery

extension SessionPool {
    private func stop(_ refusal: Refusal) {
        let isNew = state.withLock { state in
            guard state.stopped == nil else { return false }
            state.stopped = refusal
            return true
        }
        if isNew { observer(.stopped(refusal)) }
    }

    private func fail(_ refusal: Refusal) {
        let startsRecovery = state.withLock { state in
            state.failures += 1
            defer { state.recovering = true }
            return !state.recovering && state.stopped == nil
        }
        guard startsRecovery else { return }
        observer(.failing(refusal))
        Task { [weak self] in
            // A daemon that stopped issuing sends no calls, so the sessions are opened again without one.
            var pause = Duration.milliseconds(50)
            while let pool = self, await pool.isStillBroken() {
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    /// Tries to open every session; true when it has to be tried again.
    private func isStillBroken() async -> Bool {
        let failures = state.withLock { $0.stopped == nil ? $0.failures : nil }
        guard let failures else { return false }
        do {
            for session in sessions { try await session.open(failures: failures) }
        } catch let failure as PKCS11Failure where failure.isPINRefusal {
            stop(failure.refusal)
            return false
        } catch {
            return true
        }
        let recovered = state.withLock { state in
            // A failure in the meantime needs another round.
            guard state.failures == failures, state.stopped == nil else { return false }
            state.recovering = false
            return true
        }
        if recovered { observer(.serving) }
        return !recovered
    }
}
