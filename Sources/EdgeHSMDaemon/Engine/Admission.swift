import Synchronization
import Vocabulary

/// Bounds the requests that are inside the engine at one time, so that a request once admitted can always take the
/// turns that it needs to end properly.
final class Admission: Sendable {
    private struct State {
        var inside = 0
        var isClosed = false
        var drained: [CheckedContinuation<Void, Never>] = []
    }

    private let most: Int
    private let state = Mutex(State())

    init(most: Int) { self.most = most }

    /// Runs `body` inside, or throws `edge.queue.full` or `edge.service.stopping`.
    func run<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let refusal: Refusal? = state.withLock { state in
            if state.isClosed { return Refusal(EdgeDaemonError.stopping) }
            if state.inside >= most { return Refusal(EdgeDaemonError.queueFull, "\(most) requests") }
            state.inside += 1
            return nil
        }
        if let refusal { throw refusal }
        defer { leave() }
        return try await body()
    }

    private func leave() {
        let drained: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.inside -= 1
            guard state.inside == 0 else { return [] }
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in drained { continuation.resume() }
    }

    /// Admits nobody any more and returns when all who were inside have left.
    func close() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                state.isClosed = true
                if state.inside > 0 { state.drained.append(continuation) }
                return state.inside == 0
            }
            if isEmpty { continuation.resume() }
        }
    }
}
