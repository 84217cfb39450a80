import Glibc
import Synchronization

/// Waits for SIGTERM or SIGINT. From `init` on these signals no longer end the process by themselves, so make it
/// first and start services afterwards.
public final class SignalWait: Sendable {
    private struct State {
        var arrived: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    /// What a signal handler may do is little: it writes the signal's number here, and a thread reads it.
    private static let ends: (read: Int32, write: Int32) = {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return (-1, -1) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }()

    private let state = Mutex(State())

    public init() {
        precondition(Self.ends.read >= 0, "no pipe for signals: the process has no free file descriptor at its start")
        for number in [SIGTERM, SIGINT] {
            _ = signal(number) { number in
                var octet = UInt8(truncatingIfNeeded: number)
                _ = unsafe write(SignalWait.ends.write, &octet, 1)
            }
        }
        // Blocks in `read`, so it has a thread of its own, for the life of the process.
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        _ = unsafe pthread_create(
            &thread,
            nil,
            { context in
                guard let context = unsafe context else { return nil }
                let waiter = unsafe Unmanaged<SignalWait>.fromOpaque(context).takeRetainedValue()
                waiter.listen()
                return nil
            },
            context
        )
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

    private func listen() {
        while true {
            var octet: UInt8 = 0
            let count = unsafe read(Self.ends.read, &octet, 1)
            if count == 1 { arrive(Int32(octet)) } else if errno != EINTR { return }
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
