public import Vocabulary

/// How far a batch is, in the one word that people ask for.
public enum BatchStage: String, Sendable, Hashable, CaseIterable {
    /// Its package is being made, or can't be.
    case granted, failed
    /// Its package waits for the factory, or was fetched.
    case sealed, delivered
    /// Its package waits, and its EdgeHSM gets none until the officers decide.
    case blocked
    /// Its EdgeHSM has it: no unit is begun yet, or some are, or all.
    case loaded, running, usedUp
    /// Its window has passed with units left.
    case over
    /// Somebody asked to close or revoke it, and the journal does not say so yet.
    case ending
    case closed, revoked

    /// Units can be begun.
    public var isRunning: Bool { self == .loaded || self == .running }
    /// Its units can be begun once its EdgeHSM has it.
    public var isWaiting: Bool { self == .granted || self == .sealed || self == .delivered }
    /// No unit of it will be begun any more, whatever happens.
    public var isFinished: Bool {
        switch self {
        case .usedUp, .over, .closed, .revoked: true
        default: false
        }
    }
}

extension Batch {
    public func stage(at now: Instant) -> BatchStage {
        switch state {
        case .ended: return withdrawals.contains { $0.kind == .revoke } ? .revoked : .closed
        case .ending: return .ending
        case .loaded:
            let begun = begun ?? 0
            guard begun < quantity else { return .usedUp }
            return now > notAfter ? .over : begun > 0 ? .running : .loaded
        case .granted, .packaged:
            guard now <= notAfter else { return .over }
            // What was fetched may still be loaded: it is in the factory.
            if edgeHalted != nil, package?.deliveredAt == nil { return .blocked }
            if failure?.givenUpAt != nil { return .failed }
            return package == nil ? .granted : package?.deliveredAt == nil ? .sealed : .delivered
        }
    }
}
