import Governance
public import Vocabulary

/// When people are called because batches don't get to their lines.
public enum BatchAlarms {
    /// Seconds that a package may take. It is made in less than one; what lasts longer failed.
    public static let longestWait: Int64 = 300
    /// Seconds before the RoleKeys' expiry: with expired ones nothing new loads, and a ceremony takes its time.
    public static let noticeOfExpiry: Int64 = 30 * 86_400

    /// A package that is still to be made.
    public struct Waiting: Sendable, Hashable {
        public let edgeHSM: EdgeHSMID
        public let since: Instant
        /// Code of the last failure.
        public let failure: String?

        public init(edgeHSM: EdgeHSMID, since: Instant, failure: String?) {
            self.edgeHSM = edgeHSM
            self.since = since
            self.failure = failure
        }
    }

    /// What stands now; one alarm of a kind for each EdgeHSM.
    ///
    /// - Parameters:
    ///   - roleKeysExpireAt: nil while there are none.
    ///   - edges: enrolled EdgeHSMs, which load nothing under expired RoleKeys.
    public static func standing(
        _ waiting: [Waiting],
        roleKeysExpireAt: Instant?,
        edges: [EdgeHSMID],
        at now: Instant
    ) -> [Alarm] {
        var alarms: [String: Alarm] = [:]
        func raise(_ alarm: Alarm) { if alarms[alarm.key] == nil { alarms[alarm.key] = alarm } }
        for task in waiting {
            if task.failure == GovernanceError.tokenNotAuthorizer.rawValue {
                raise(Alarm(.authorizerDiffers, task.edgeHSM, "packages for it can't be signed"))
            } else if now - task.since > longestWait {
                raise(Alarm(.packageStuck, task.edgeHSM, "since \(task.since): \(task.failure ?? "not tried")"))
            }
        }
        if let roleKeysExpireAt, roleKeysExpireAt - now < noticeOfExpiry {
            for edge in edges { raise(Alarm(.roleKeysExpiring, edge, "the RoleKeys expire at \(roleKeysExpireAt)")) }
        }
        return alarms.values.sorted { $0.key < $1.key }
    }
}
