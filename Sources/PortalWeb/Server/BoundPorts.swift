import Synchronization

/// The ports that the listeners got, once they are open.
public final class BoundPorts: Sendable {
    public struct Ports: Sendable, Hashable {
        public let people: Int
        public let sync: Int?
    }

    private struct State {
        var people: Int?
        var sync: Int?
        var waiting: [CheckedContinuation<Ports, Never>] = []
    }

    private let count: Int
    private let state = Mutex(State())

    init(count: Int) { self.count = count }

    /// Returns when all listeners are open.
    public func wait() async -> Ports {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                let ports = self.ports(state)
                if ports == nil { state.waiting.append(continuation) }
                return ports
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    func set(people: Int) { set { $0.people = people } }
    func set(sync: Int) { set { $0.sync = sync } }

    private func ports(_ state: State) -> Ports? {
        guard let people = state.people, count == 1 || state.sync != nil else { return nil }
        return Ports(people: people, sync: state.sync)
    }

    private func set(_ change: (inout State) -> Void) {
        let (waiting, ready) = state.withLock { state -> ([CheckedContinuation<Ports, Never>], Ports?) in
            change(&state)
            guard let ports = self.ports(state) else { return ([], nil) }
            defer { state.waiting = [] }
            return (state.waiting, ports)
        }
        if let ready { for continuation in waiting { continuation.resume(returning: ready) } }
    }
}
