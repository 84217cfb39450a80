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

    fileprivate struct State {
        var waiting: [Int]
        var failures: UInt64 = 0
        var destroyed: UInt64 = 0
        var stopped: Refusal?
        var recovering = false
        var nextCall: UInt64 = 1
        /// Who waits for an answer, by session and call.
        var answers: [[UInt64: any PoolAnswer]]
        /// The call that is in each session's thread now, and until when it may be.
        var running: [(call: UInt64, until: ContinuousClock.Instant)?]
        /// Sessions whose thread does not come back from the module.
        var hanging: Set<Int> = []

        init(sessions: Int) {
            waiting = Array(repeating: 0, count: sessions)
            answers = Array(repeating: [:], count: sessions)
            running = Array(repeating: nil, count: sessions)
        }
    }

    private struct Admission {
        let call: UInt64
        let index: Int
        let failures: UInt64
        let destroyed: UInt64
    }

    private let sessions: [SessionActor]
    private let mostCalls: Int
    private let deadline: Duration
    private let observer: @Sendable (TokenHealth) -> Void
    private let state: Mutex<State>

    /// `queueLimit` is how many calls may wait beyond those that run; `deadline` how long one may be in the module.
    init(
        sessions: Int,
        queueLimit: Int,
        deadline: Duration = .seconds(15),
        observer: @escaping @Sendable (TokenHealth) -> Void,
        connect: @escaping @Sendable () throws -> Session
    ) {
        self.sessions = (0..<sessions).map { _ in SessionActor(connect: connect) }
        self.mostCalls = sessions + queueLimit
        self.deadline = deadline
        self.observer = observer
        self.state = Mutex(State(sessions: sessions))
        watch()
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

    /// Runs `body` in a session. Where a call into the module hangs, whoever waits for it or behind it is told so
    /// (`key.device.hangs`) when `within` is over: that thread can't be ended, but nobody else stands still with it.
    ///
    /// The outcome of a call that hung is unknown, as after any failure of the device.
    func run<Result: Sendable>(
        _ lane: Lane = .any,
        within: Duration? = nil,
        _ body: @escaping @Sendable (Session) throws -> Result
    ) async throws -> Result {
        let answer = Answer<Result>()
        let admission = try admit(lane, answer)
        let patience = within ?? deadline
        Task {
            let outcome: Swift.Result<Result, any Error>
            do {
                let begun: @Sendable () throws -> Void = { try self.begin(admission, within: patience) }
                outcome = .success(
                    try await sessions[admission.index].run(
                        failures: admission.failures,
                        destroyed: admission.destroyed,
                        begun: begun,
                        body
                    )
                )
            } catch { outcome = .failure(told(of: error)) }
            end(admission)
            answer.give(outcome)
        }
        return try await answer.value()
    }

    /// What a failed call means for the pool, and what its caller is told.
    private func told(of error: any Error) -> any Error {
        switch error {
        case let failure as PKCS11Failure:
            let refusal = failure.refusal
            if failure.isPINRefusal {
                stop(refusal)
            } else if failure.breaksSession {
                fail(refusal)
            }
            return refusal
        case let refusal as Refusal where refusal.has(KeyCustodyError.tokenUnknown):
            // The token was there when the pool was opened: it was pulled out.
            let gone = Refusal(KeyCustodyError.deviceFailed, "token \(refusal.detail) is not present")
            fail(gone)
            return gone
        default: return error
        }
    }

    /// A key is gone: no session may use a remembered handle again.
    func forgetHandles() { state.withLock { $0.destroyed += 1 } }

    /// Calls that run or wait now.
    var calls: Int { state.withLock { $0.waiting.reduce(0, +) } }

    private func admit(_ lane: Lane, _ answer: some PoolAnswer) throws -> Admission {
        try state.withLock { state in
            if let stopped = state.stopped { throw stopped }
            guard state.hanging.isEmpty else { throw Self.hangs(state.hanging.count) }
            guard state.waiting.reduce(0, +) < mostCalls else {
                throw Refusal(KeyCustodyError.queueFull, "\(mostCalls) calls")
            }
            let index =
                switch lane {
                case .ordered: 0
                case .any: state.waiting.indices.min { state.waiting[$0] < state.waiting[$1] } ?? 0
                }
            state.waiting[index] += 1
            let call = state.nextCall
            state.nextCall += 1
            state.answers[index][call] = answer
            return Admission(
                call: call,
                index: index,
                failures: state.failures,
                destroyed: state.destroyed
            )
        }
    }

    private static func hangs(_ sessions: Int) -> Refusal {
        Refusal(KeyCustodyError.deviceHangs, "\(sessions) sessions")
    }
}

// MARK: - Calls that hang

/// Who waits for a call. The first answer counts.
private protocol PoolAnswer: Sendable {
    func refuse(_ refusal: Refusal)
}

private final class Answer<Value: Sendable>: PoolAnswer {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, any Error>)
        case given(Result<Value, any Error>)
        case over
    }

    private let state = Mutex(State.open)

    func value() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let given: Result<Value, any Error>? = state.withLock { state in
                guard case .given(let result) = state else {
                    state = .awaited(continuation)
                    return nil
                }
                state = .over
                return result
            }
            if let given { continuation.resume(with: given) }
        }
    }

    func give(_ result: Result<Value, any Error>) {
        let waiting: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .open:
                state = .given(result)
                return nil
            case .awaited(let continuation):
                state = .over
                return continuation
            case .given, .over: return nil
            }
        }
        waiting?.resume(with: result)
    }

    func refuse(_ refusal: Refusal) { give(.failure(refusal)) }
}

extension SessionPool {
    /// In the session's thread. Throws where the caller was told already that the call will not be made.
    private func begin(_ admission: Admission, within patience: Duration) throws {
        try state.withLock { state in
            guard state.answers[admission.index][admission.call] != nil else { throw Self.hangs(1) }
            state.running[admission.index] = (admission.call, .now + patience)
        }
    }

    private func end(_ admission: Admission) {
        state.withLock { state in
            state.waiting[admission.index] -= 1
            state.answers[admission.index][admission.call] = nil
            guard state.running[admission.index]?.call == admission.call else { return }
            state.running[admission.index] = nil
            state.hanging.remove(admission.index)
        }
    }

    private func watch() {
        let period = min(deadline / 4, .seconds(1))
        Task { [weak self] in
            while true {
                try? await Task.sleep(for: period)
                guard let self, self.look() else { return }
            }
        }
    }

    /// Answers whoever waits for a session that hangs. False once the pool is closed or stopped.
    private func look() -> Bool {
        let now = ContinuousClock.now
        let (answers, isNew, isOver) = state.withLock { state -> ([any PoolAnswer], Bool, Bool) in
            let overdue = state.running.indices.filter { state.running[$0].map { $0.until < now } ?? false }
            let isNew = !state.hanging.isSuperset(of: overdue)
            var answers: [any PoolAnswer] = []
            for index in overdue {
                state.hanging.insert(index)
                answers += state.answers[index].values
                state.answers[index] = [:]
            }
            return (answers, isNew, state.stopped != nil && state.waiting.allSatisfy { $0 == 0 })
        }
        let refusal = Self.hangs(1)
        // Recovery waits for the thread to come back; until then the token is reported as failing.
        if isNew { fail(refusal) }
        for answer in answers { answer.refuse(refusal) }
        return !isOver
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
