public import LineProtocol
import Statements
public import Vocabulary

/// Something that a person at the factory should know before it stops the line.
public struct FactoryAlarm: Codable, Sendable, Hashable {
    public enum Severity: String, Codable, Sendable {
        case warning
        case critical
    }
    public let severity: Severity
    public let code: String
    public let text: String
    public init(_ severity: Severity, _ code: String, _ text: String) {
        self.severity = severity
        self.code = code
        self.text = text
    }
}

/// What a Factory Service knows when it looks for alarms.
public struct FactorySituation: Sendable {
    public var status: GetStatus.Reply?
    /// Why the EdgeHSM can't be reached; absent while it can.
    public var linkRefusal: Refusal?
    public var firmware: Set<Digest256> = []
    /// Entries stored here.
    public var journalStored = 0
    /// Why pulling the journal stopped.
    public var journalRefusal: Refusal?
    /// This storage's own records were told anew.
    public var recordsRefusal: Refusal?
    public var refusedFiles = 0
    /// The link to the portal; absent where none is configured.
    public var portal: PortalReport?
    /// By this machine's clock.
    public var now = Instant.epoch
    public init() {}

    /// A tenth of the batch or less is left.
    static let lowQuotaShare = 10
    static let shortWindow: Int64 = 24 * 3_600
    /// Officers may sign RoleKeys for 30 days, which must not warn from the first day on.
    static let shortRoleKeys: Int64 = 14 * 24 * 3_600
    static let longBacklog = 10_000
    /// A link that is gone this long is told; the line goes on without it.
    static let longSilence: Int64 = 600
    static let shortCertificate: Int64 = 7 * 24 * 3_600

    /// By the EdgeHSM's trusted time, not by this machine's clock.
    public func alarms() -> [FactoryAlarm] {
        var alarms: [FactoryAlarm] = []
        if let linkRefusal { alarms.append(.init(.critical, linkRefusal.code, "EdgeHSM: \(linkRefusal.meaning)")) }
        if let journalRefusal { alarms.append(.init(.critical, journalRefusal.code, journalRefusal.meaning)) }
        if let recordsRefusal {
            alarms.append(.init(.warning, recordsRefusal.code, "\(recordsRefusal.meaning) (\(recordsRefusal.detail))"))
        }
        if refusedFiles > 0 {
            alarms.append(.init(.warning, "factory.alarm.inbox", "\(refusedFiles) files in the inbox were refused."))
        }
        if let portal { alarms += linkAlarms(portal) }
        guard let status else { return alarms }
        if let stopped = status.stopped {
            alarms.append(.init(.critical, stopped.code, "The EdgeHSM issues nothing: \(stopped.meaning)"))
        }
        if status.roleKeysExpireAt - status.time < Self.shortRoleKeys {
            alarms.append(
                .init(.warning, "factory.alarm.role-keys", "RoleKeys expire at \(status.roleKeysExpireAt).")
            )
        }
        let backlog = status.journalSize - journalStored
        if backlog > Self.longBacklog {
            alarms.append(
                .init(.warning, "factory.alarm.backlog", "\(backlog) journal entries are not stored here yet.")
            )
        }
        return alarms + status.batches.flatMap { self.alarms(of: $0, at: status.time) }
    }

    private func linkAlarms(_ portal: PortalReport) -> [FactoryAlarm] {
        var alarms: [FactoryAlarm] = []
        if let refusal = portal.refusal {
            // A link that is down is everyday; anything else does not mend itself.
            let isLong = portal.lastContact.map { now - $0 > Self.longSilence } ?? false
            if !refusal.isRetryable {
                alarms.append(.init(.critical, refusal.code, "Portal: \(refusal.meaning)"))
            } else if isLong || portal.lastContact == nil {
                let since = portal.lastContact.map { "since \($0)" } ?? "since the start"
                alarms.append(.init(.warning, "factory.alarm.portal", "The portal is out of reach \(since)."))
            }
        }
        if let ends = portal.certificateEnds, ends - now < Self.shortCertificate {
            alarms.append(
                .init(.warning, "factory.alarm.certificate", "The certificate for the portal ends at \(ends).")
            )
        }
        return alarms
            + portal.refusedFiles.map {
                .init(.warning, "factory.alarm.portal-file", "A file of the portal was refused: \($0)")
            }
    }

    private func alarms(of batch: GetStatus.Batch, at now: Instant) -> [FactoryAlarm] {
        guard WorkOrderStanding(batch) == .offered else { return [] }
        var alarms: [FactoryAlarm] = []
        if !firmware.contains(batch.firmware) {
            alarms.append(
                .init(.critical, FactoryError.firmwareUnknown.rawValue, "Batch \(batch.batch) has no firmware.")
            )
        }
        if batch.account.remaining <= batch.account.granted / Self.lowQuotaShare {
            alarms.append(
                .init(
                    .warning,
                    "factory.alarm.quota",
                    "Batch \(batch.batch) has \(batch.account.remaining) units left."
                )
            )
        }
        if batch.notAfter - now < Self.shortWindow {
            alarms.append(.init(.warning, "factory.alarm.window", "Batch \(batch.batch) ends at \(batch.notAfter)."))
        }
        return alarms
    }
}
