import Governance
import Vocabulary

/// When a package that could not be made is tried again, and when nobody need wait for it any more.
public enum PackagePatience {
    /// Seconds before the second try; twice as long before each one after.
    public static let first: Int64 = 15
    public static let longest: Int64 = 300

    /// - Parameter attempts: tries so far, all of them failed.
    public static func pause(after attempts: Int) -> Int64 {
        min(first << Int64(min(max(attempts - 1, 0), 10)), longest)
    }

    /// What no waiting mends: officers' revocations only grow, a window that is over does not come back, and what was
    /// taken back was taken back by people.
    public static func isFinal(_ code: String) -> Bool {
        switch code {
        case BatchError.revoked.rawValue, BatchError.ended.rawValue, BatchError.window.rawValue,
            GovernanceError.approvalExpired.rawValue:
            true
        default: false
        }
    }
}
