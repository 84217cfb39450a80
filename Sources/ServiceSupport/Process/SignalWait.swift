import Dispatch
import Glibc
import Synchronization

/// Waits for SIGTERM or SIGINT. From `init` on these signals no longer end the process by themselves, so make it
/// first and start services afterwards.
public final class SignalWait: Sendable {
    private struct State {
        var arrived: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let state = Mutex(State())
    /// Made in `init` and only kept alive afterwards.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    public init() {
        let numbers = [SIGTERM, SIGINT]
        unsafe sources = numbers.map { number in
            _ = signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for (number, source) in unsafe zip(numbers, sources) {
            source.setEventHandler { [weak self] in self?.arrive(number) }
            source.resume()
        }
    }

    /// Returns the signal's number, at once if it came before.
    public func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let arrived = state.withLock { state in
                if state.arrived == nil { state.waiting.append(continuation) }
                return state.arrived
            }
            if let arrived { continuation.resume(returning: arrived) }
        }
    }

    private func arrive(_ number: Int32) {
        let waiting = state.withLock { state in
            state.arrived = state.arrived ?? number
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: number) }
    }
}
