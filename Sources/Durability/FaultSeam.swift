import Glibc
import Synchronization
import Vocabulary

/// Named points at which a test makes a process die or a step fail.
///
/// A release build has the points but no way to arm them. In a debug build a test arms them in the process
/// (`init(plan:)`) or from outside with `OBIS_FAULT=point:count:action[,…]`: the `count`-th time that the point is
/// passed (1 is the first), once.
public final class FaultSeam: Sendable {
    public enum Action: String, Sendable, CaseIterable {
        /// SIGKILL before the effect.
        case kill
        /// SIGKILL after the effect.
        case killAfter = "kill-after"
        /// `store.fault.injected` instead of the effect.
        case error
        /// `store.fault.injected` although the effect took place.
        case errorAfter = "error-after"
        /// SIGSTOP before the effect: the process stands still until somebody sends SIGCONT, so that its memory can be
        /// looked at.
        case stop
    }

    /// No fault, ever.
    public static let none = FaultSeam(armed: [:])

    private let armed: Mutex<[String: (remaining: Int, action: Action)]>

    private init(armed: [String: (remaining: Int, action: Action)]) { self.armed = Mutex(armed) }

    #if DEBUG
    /// From `point:count:action[,…]`. Throws `store.fault.malformed`.
    public convenience init(plan: String) throws {
        var armed: [String: (remaining: Int, action: Action)] = [:]
        for entry in plan.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[0].isEmpty, let count = Int(parts[1]), count > 0,
                let action = Action(rawValue: String(parts[2])), armed[String(parts[0])] == nil
            else { throw Refusal(DurabilityError.faultPlanMalformed, String(entry.prefix(100))) }
            armed[String(parts[0])] = (count, action)
        }
        self.init(armed: armed)
    }
    #endif

    /// What the environment asks for; in a release build always `none`. Throws `store.fault.malformed`.
    public static func fromEnvironment() throws -> FaultSeam {
        #if DEBUG
        guard let plan = getenv("OBIS_FAULT") else { return none }
        return try FaultSeam(plan: String(cString: plan))
        #else
        return none
        #endif
    }

    /// False where no point can ever hit: what a test alone needs may be left out then.
    public var isArmed: Bool { armed.withLock { !$0.isEmpty } }

    /// A point with an effect: it is done, unless the fault comes before it.
    public func around<Result>(_ point: String, _ effect: () throws -> Result) throws -> Result {
        let action = due(point)
        if action == .kill { die(point) }
        if action == .stop { raise(SIGSTOP) }
        if action == .error { throw Refusal(DurabilityError.injectedFault, point) }
        let result = try effect()
        if action == .killAfter { die(point) }
        if action == .errorAfter { throw Refusal(DurabilityError.injectedFault, point) }
        return result
    }

    /// A point between two steps, where before and after are the same.
    public func pass(_ point: String) throws { try around(point) {} }

    private func due(_ point: String) -> Action? {
        #if DEBUG
        armed.withLock { armed in
            guard let plan = armed[point] else { return nil }
            armed[point] = plan.remaining > 1 ? (plan.remaining - 1, plan.action) : nil
            return plan.remaining == 1 ? plan.action : nil
        }
        #else
        nil
        #endif
    }

    /// Dies as in a power cut: no handler, no flush. Says so first, so that a test knows which kills hit.
    private func die(_ point: String) {
        let note = Array("fault: killed at \(point)\n".utf8)
        _ = note.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
        kill(getpid(), SIGKILL)
        // The signal is pending for this very process; nothing after this line may run.
        while true { pause() }
    }
}
