import Dispatch
import PortalCore
import Synchronization
import Vocabulary

/// scrypt (RFC 7914) on threads of its own, a few at once: each takes tens of mebibytes, and sign-ins must exhaust neither
/// memory nor the threads that everything else runs on.
final class PasswordHasher: Sendable {
    /// With the usual cost 64 MiB altogether.
    static let mostAtOnce = 2
    /// One more is refused as retryable.
    static let mostWaiting = 64

    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Void, any Error>] = []
        /// Before all others.
        var known: [CheckedContinuation<Void, any Error>] = []
        var peak = 0
        var count = 0
    }

    private let queue = DispatchQueue(label: "obis.portal.passwords", attributes: .concurrent)
    private let state = Mutex(State())
    private let derive: @Sendable (Secret, [UInt8], PasswordCost) throws -> [UInt8]

    /// - Parameter derive: what is done for each password, on a thread that it may block.
    init(
        derive: @escaping @Sendable (Secret, [UInt8], PasswordCost) throws -> [UInt8] = {
            try Scrypt.derive($0, salt: $1, cost: $2)
        }
    ) { self.derive = derive }

    /// How many strangers wait, and how many of known browsers.
    var queued: (strangers: Int, known: Int) { state.withLock { ($0.waiting.count, $0.known.count) } }
    /// How many were hashed so far.
    var count: Int { state.withLock(\.count) }
    /// The most that ever ran at once.
    var peak: Int { state.withLock(\.peak) }

    /// 32 octets. Throws `portal.sign-in.busy`.
    ///
    /// - Parameter isKnown: of a browser that the account knows, or of a person who is signed in: before all others, in a
    ///   queue of its own, so that a flood of strangers keeps nobody waiting.
    func hash(
        _ password: String,
        salt: [UInt8],
        cost: PasswordCost,
        isKnown: Bool = false
    ) async throws -> [UInt8] {
        try await enter(isKnown)
        defer { leave() }
        state.withLock { $0.count += 1 }
        let octets = Secret(Array(password.utf8))
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { [derive] in continuation.resume(with: Result { try derive(octets, salt, cost) }) }
        }
    }

    private func enter(_ isKnown: Bool) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let entered = state.withLock { state -> Result<Void, any Error>? in
                if state.running < Self.mostAtOnce {
                    state.running += 1
                    state.peak = max(state.peak, state.running)
                    return .success(())
                }
                guard (isKnown ? state.known : state.waiting).count < Self.mostWaiting else {
                    return .failure(Refusal(AccountError.busy))
                }
                if isKnown { state.known.append(continuation) } else { state.waiting.append(continuation) }
                return nil
            }
            if let entered { continuation.resume(with: entered) }
        }
    }

    /// Whose turn it is takes the place over.
    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            if !state.known.isEmpty { return state.known.removeFirst() }
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
        next?.resume()
    }
}
