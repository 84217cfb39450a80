public import Statements
public import Verify
public import Vocabulary

/// When somebody is called: pure rules over what ingest found.
public enum AlarmRules {
    /// The kind of alarm that a finding of the judge raises.
    public static func kind(of code: String) -> AlarmKind {
        switch JournalError(rawValue: code) {
        case .entryMalformed: .malformed
        case .sequenceGap: .gap
        case .windowOutside: .outsideWindow
        case .quotaExceeded, .allotmentExceeded, .allowanceExceeded, .fleetKey: .overQuota
        case .revokedUsed, .afterZeroise: .revokedUsed
        case .chipTwice: .duplicateChip
        case .keyTwice: .duplicateKey
        case .serialTwice: .duplicateSerial
        case .dacWrong: .wrongCertificate
        case .accountMismatch, .checkpointMismatch: .accounts
        case .rootMismatch: .altered
        default: .notPermitted
        }
    }

    /// One alarm for each kind of finding on an entry or a checkpoint.
    public static func alarms(_ findings: [JournalAudit.Finding], at position: Int?, of edge: EdgeHSMID) -> [Alarm] {
        var seen: Set<AlarmKind> = []
        return findings.compactMap { finding in
            let kind = kind(of: finding.refusal.code)
            guard seen.insert(kind).inserted else { return nil }
            return Alarm(kind, edge, sequence: position, "\(finding.refusal.code): \(finding.refusal.detail)")
        }
    }

    /// A use of the same chip, key or serial in another EdgeHSM's journal.
    public struct Elsewhere: Sendable, Hashable {
        public let edgeHSM: EdgeHSMID
        public let unit: Digest256
        public let sequence: Int
        /// The unit there has a DAC in force.
        public let isLive: Bool

        public init(edgeHSM: EdgeHSMID, unit: Digest256, sequence: Int, isLive: Bool) {
            self.edgeHSM = edgeHSM
            self.unit = unit
            self.sequence = sequence
            self.isLive = isLive
        }
    }

    /// A DAC was issued for `chip`: who else has certified it? A chip whose other unit was given up may move on.
    public static func duplicates(
        chip: ChipUID,
        of edge: EdgeHSMID,
        at sequence: Int,
        elsewhere: [Elsewhere]
    ) -> [Alarm] {
        elsewhere.filter(\.isLive).map {
            Alarm(
                .duplicateChip,
                edge,
                other: $0.edgeHSM,
                sequence: sequence,
                "chip \(chip), there entry \($0.sequence)"
            )
        }
    }

    /// A key belongs to one device for ever, whatever became of its unit.
    public static func duplicates(
        key: Digest256,
        of edge: EdgeHSMID,
        at sequence: Int,
        elsewhere: [Elsewhere]
    ) -> [Alarm] {
        elsewhere.map {
            Alarm(.duplicateKey, edge, other: $0.edgeHSM, sequence: sequence, "key \(key), there entry \($0.sequence)")
        }
    }

    public static func duplicates(
        serial: DeviceSerial,
        of edge: EdgeHSMID,
        at sequence: Int,
        elsewhere: [Elsewhere]
    ) -> [Alarm] {
        elsewhere.map {
            Alarm(
                .duplicateSerial,
                edge,
                other: $0.edgeHSM,
                sequence: sequence,
                "serial \(serial), there entry \($0.sequence)"
            )
        }
    }

    /// An authorization in a journal that the portal has no grant of, loaded or used. Whether the EdgeHSM was right to take
    /// it is no matter: it obeyed a signature that the portal did not give.
    public static func notGranted(_ batch: JudgedBatch, of edge: EdgeHSMID, at sequence: Int) -> Alarm {
        let content = batch.terms.content
        return Alarm(
            .notGranted,
            edge,
            sequence: sequence,
            subject: batch.id.hex,
            "authorization \(batch.id): \(content.quantity) units of \(content.product), batch \(content.batch)"
        )
    }

    /// Seconds after which a silent EdgeHSM is called out: the strictest rule of its open batches, a day without one.
    public static let longestSilence: Int64 = 86_400
    /// Factory Services send word every 5 minutes, so a stricter rule would only call people for nothing.
    public static let shortestSilence: Int64 = 600

    /// Seconds that a checkpoint's time may lie ahead of the portal's.
    public static let clockTolerance: Int64 = 300

    public static func isAhead(_ checkpoint: Checkpoint, now: Instant) -> Bool {
        checkpoint.time - now > clockTolerance
    }

    /// The EdgeHSM's last word: when it signed the newest checkpoint whose entries are all here, however late that came. So
    /// neither old checkpoints one by one nor a journal in slices look alive. A time ahead of the clock counts as now.
    public static func lastWord(signedAt: Instant, receivedAt: Instant) -> Instant { min(signedAt, receivedAt) }

    /// The same for an EdgeHSM that was never heard: from its enrolment a day, and by a stricter rule from the first batch
    /// that brought the rule on.
    public static func isSilent(
        sinceEnrolment enrolled: Instant,
        firstBatch: Instant?,
        now: Instant,
        allowed: Int64?
    ) -> Bool {
        if isSilent(lastHeard: enrolled, now: now, allowed: nil) { return true }
        guard let firstBatch, let allowed else { return false }
        return isSilent(lastHeard: max(enrolled, firstBatch), now: now, allowed: allowed)
    }

    /// True when the last word is older than allowed.
    public static func isSilent(lastHeard: Instant, now: Instant, allowed: Int64?) -> Bool {
        now - lastHeard > min(max(allowed ?? longestSilence, shortestSilence), longestSilence)
    }

    /// A checkpoint that is newer by the EdgeHSM's own time and covers less: entries were taken away. Its clock was set
    /// back with entry `clockResetAt`, so what it signed before that may well have a later time.
    public static func isTruncated(_ new: Checkpoint, after held: Checkpoint, clockResetAt: Int) -> Bool {
        new.size < held.size && new.size >= clockResetAt && new.epoch >= held.epoch && new.time > held.time
    }
}
