import Synchronization
import Vocabulary

/// One at a time for each EdgeHSM, in the order of asking.
final class EdgeTurns: Sendable {
    private struct Line {
        var isBusy = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let lines = Mutex<[EdgeHSMID: Line]>([:])

    func run<Value: Sendable>(_ edge: EdgeHSMID, _ body: () async throws -> Value) async throws -> Value {
        await enter(edge)
        defer { leave(edge) }
        return try await body()
    }

    private func enter(_ edge: EdgeHSMID) async {
        await withCheckedContinuation { continuation in
            let isFree = lines.withLock { lines in
                if lines[edge]?.isBusy == true {
                    lines[edge]?.waiting.append(continuation)
                    return false
                }
                lines[edge] = Line(isBusy: true)
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave(_ edge: EdgeHSMID) {
        let next = lines.withLock { lines -> CheckedContinuation<Void, Never>? in
            guard let line = lines[edge], !line.waiting.isEmpty else {
                lines[edge] = nil
                return nil
            }
            return lines[edge]?.waiting.removeFirst()
        }
        next?.resume()
    }
}
