import Dispatch
import Glibc
import Synchronization

/// Ctrl-C, SIGTERM and a closed terminal, from the first moment on: nothing that was started here is left running.
public final class Interruption: Sendable {
    public static let shared = Interruption()

    private struct State {
        var waiting: CheckedContinuation<Void, Never>?
        var cleaning: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// From now on an interruption ends all processes, then this one; while somebody waits for it, it only ends the wait.
    public func install() {
        let queue = DispatchQueue(label: "interruption")
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // A handler of ours rather than SIG_IGN, which the processes started from here would inherit.
            signal(number) { _ in }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            // The handler keeps its source alive: it is never cancelled.
            source.setEventHandler { withExtendedLifetime(source) { self.arrived(number) } }
            source.resume()
        }
    }

    /// What is to be done once all processes have ended, before this one does.
    func atEnd(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.cleaning.append(work) } }

    func wait() async { await withCheckedContinuation { waiting in state.withLock { $0.waiting = waiting } } }

    private func arrived(_ number: Int32) {
        if let waiting = state.withLock({ $0.waiting.take() }) { return waiting.resume() }
        ProcessBook.shared.endAll()
        for work in state.withLock({ $0.cleaning }) { work() }
        fflush(nil)
        // No exit handlers while other threads still run: see `Program.end`.
        _exit(128 + number)
    }
}
