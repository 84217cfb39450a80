import FactoryCore
import LineProtocol
import ServiceSupport
import Statements
import Synchronization
import Vocabulary

/// The connection to the EdgeHSM in the role `service`, and what it said last.
final class EdgeLink: Sendable {
    private struct State {
        var status: GetStatus.Reply?
        var refusal: Refusal?
    }

    let id: EdgeHSMID
    private let caller: LineCaller
    private let state = Mutex(State())

    init(id: EdgeHSMID, caller: LineCaller) {
        self.id = id
        self.caller = caller
    }

    /// The newest status; it stays when the link fails.
    var status: GetStatus.Reply? { state.withLock { $0.status } }
    var refusal: Refusal? { state.withLock { $0.refusal } }

    func ask<Operation: ServiceOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) async throws -> Operation.Reply {
        try await caller.call(operation, request)
    }

    /// Throws the refusal that it also keeps.
    @discardableResult
    func refresh() async throws -> GetStatus.Reply {
        do {
            let status = try await caller.call(GetStatus.self)
            guard status.edgeHSM == id else { throw Refusal(FactoryError.wrongBox, "\(status.edgeHSM)") }
            state.withLock { $0 = State(status: status, refusal: nil) }
            return status
        } catch let refusal as Refusal {
            state.withLock { $0.refusal = refusal }
            throw refusal
        }
    }

    /// Throws `factory.edge-hsm.status-unknown` before the first contact.
    func knownStatus() throws -> GetStatus.Reply {
        guard let status else { throw refusal ?? Refusal(FactoryError.statusUnknown) }
        return status
    }
}
