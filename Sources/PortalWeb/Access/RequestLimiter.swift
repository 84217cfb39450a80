import Synchronization
import Vocabulary

/// What one token or one factory may ask of a listener, so that it starves nobody else.
public struct RequestLimits: Sendable, Hashable {
    /// Requests under way at a time.
    public let atOnce: Int
    /// Requests a second in the long run; five seconds' worth may come at once.
    public let perSecond: Int

    public init(atOnce: Int, perSecond: Int) {
        self.atOnce = max(atOnce, 1)
        self.perSecond = max(perSecond, 1)
    }

    public static let people = RequestLimits(atOnce: 128, perSecond: 200)
    public static let sites = RequestLimits(atOnce: 16, perSecond: 100)

    var burst: Double { Double(perSecond) * 5 }
}

/// Counts the requests of each caller that is known. Bounded: who has been quiet is forgotten.
final class RequestLimiter: Sendable {
    private struct Account {
        var underWay = 0
        var allowance: Double
        var at: ContinuousClock.Instant
    }

    private static let largest = 4_096
    private let limits: RequestLimits
    private let accounts = Mutex<[String: Account]>([:])

    init(_ limits: RequestLimits) { self.limits = limits }

    /// Takes a place, which `leave` gives back. Throws `portal.access.busy`, whose detail begins with the seconds to wait.
    func enter(_ caller: String, at now: ContinuousClock.Instant = .now) throws {
        let refusal = accounts.withLock { accounts -> Refusal? in
            if accounts.count >= Self.largest, accounts[caller] == nil { forget(&accounts, now) }
            var account = accounts[caller] ?? Account(allowance: limits.burst, at: now)
            let elapsed = max((now - account.at) / .seconds(1), 0)
            account.allowance = min(account.allowance + elapsed * Double(limits.perSecond), limits.burst)
            account.at = now
            defer { accounts[caller] = account }
            guard account.underWay < limits.atOnce else {
                return Refusal(PortalError.busy, "1 s: \(limits.atOnce) requests are under way")
            }
            guard account.allowance >= 1 else {
                return Refusal(PortalError.busy, "1 s: more than \(limits.perSecond) requests a second")
            }
            account.allowance -= 1
            account.underWay += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    func leave(_ caller: String) {
        accounts.withLock { $0[caller]?.underWay -= 1 }
    }

    /// Those without a request whose allowance is whole again have no history that matters.
    private func forget(_ accounts: inout [String: Account], _ now: ContinuousClock.Instant) {
        accounts = accounts.filter { $0.value.underWay > 0 || now - $0.value.at < .seconds(5) }
    }
}
