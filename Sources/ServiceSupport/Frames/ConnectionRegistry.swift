import NIOCore
import Synchronization

/// Every open connection and running request of one server: the bounds, and what a shutdown waits for.
final class ConnectionRegistry: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: (channel: any Channel, peer: String?)] = [:]
        var unauthenticated = 0
        var perPeer: [String: Int] = [:]
        var running = 0
        var draining = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let limits: FrameLimits
    private let state = Mutex(State())

    init(limits: FrameLimits) { self.limits = limits }

    /// False: too many connections, or shutting down; the caller closes this one.
    func open(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard !state.draining, state.connections.count < limits.connections,
                state.unauthenticated < limits.unauthenticated
            else { return false }
            state.connections[ObjectIdentifier(channel)] = (channel, nil)
            state.unauthenticated += 1
            return true
        }
    }

    /// False: this peer has as many connections as it may have.
    func authenticated(_ channel: any Channel, as peer: String) -> Bool {
        state.withLock { state in
            let id = ObjectIdentifier(channel)
            guard let known = state.connections[id], known.peer == nil,
                state.perPeer[peer, default: 0] < limits.connectionsPerPeer
            else { return false }
            state.connections[id] = (channel, peer)
            state.unauthenticated -= 1
            state.perPeer[peer, default: 0] += 1
            return true
        }
    }

    func closed(_ channel: any Channel) {
        finish { state in
            guard let known = state.connections.removeValue(forKey: ObjectIdentifier(channel)) else { return }
            guard let peer = known.peer else {
                state.unauthenticated -= 1
                return
            }
            let left = state.perPeer[peer, default: 1] - 1
            state.perPeer[peer] = left > 0 ? left : nil
        }
    }

    func requestStarted() { state.withLock { $0.running += 1 } }
    func requestEnded() { finish { $0.running -= 1 } }
    var count: Int { state.withLock { $0.connections.count } }

    /// From now on nothing is admitted. Returns the connections that were open.
    func startDraining() -> [any Channel] {
        state.withLock { state in
            state.draining = true
            return state.connections.values.map(\.channel)
        }
    }

    /// Returns when no connection is open and no request runs, or when `giveUp` was called.
    func drained() async {
        await withCheckedContinuation { continuation in
            let done = state.withLock { state in
                if state.connections.isEmpty && state.running == 0 { return true }
                state.waiting = continuation
                return false
            }
            if done { continuation.resume() }
        }
    }

    func giveUp() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    private func finish(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            guard state.draining, state.connections.isEmpty, state.running == 0 else { return nil }
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}
