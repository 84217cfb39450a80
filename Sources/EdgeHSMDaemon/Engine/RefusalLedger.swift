import Statements
import Vocabulary

/// Refusals on their way to the journal: counted by (station, code, minute), so that no caller can fill the disk with
/// them. What exceeds the quota of kinds is counted under one code.
struct RefusalLedger: Sendable {
    /// Different (station, code) pairs kept for one minute.
    static let mostKinds = 64
    /// Entries of refusals in one day of trusted time.
    static let mostEntriesADay = 10_000
    static let overflowCode = "edge.refusals.overflow"

    private struct Kind: Hashable {
        let station: String
        let code: String
    }

    private var minute: Instant?
    private var counts: [Kind: Int] = [:]
    private var day: Int64 = -1
    private var entriesToday = 0

    /// Counts one refusal; returns the entries of the minute before, when this one begins a new minute.
    mutating func count(station: String, code: String, at now: Instant) -> [Refused] {
        let ended = flush(before: now)
        minute = Self.minute(of: now)
        let kind = Kind(station: String(station.prefix(64)), code: String(code.prefix(80)))
        let isKept = counts[kind] != nil || counts.count < Self.mostKinds
        counts[isKept ? kind : Kind(station: "-", code: Self.overflowCode), default: 0] += 1
        return ended
    }

    /// The entries of a minute that is over at `now`.
    mutating func flush(before now: Instant) -> [Refused] {
        guard let minute, minute < Self.minute(of: now) else { return [] }
        return flush()
    }

    /// Everything that was counted, at a clean stop.
    mutating func flush() -> [Refused] {
        guard let minute else { return [] }
        defer {
            counts = [:]
            self.minute = nil
        }
        if minute.seconds / 86_400 != day { (day, entriesToday) = (minute.seconds / 86_400, 0) }
        let entries = counts.sorted { ($0.key.station, $0.key.code) < ($1.key.station, $1.key.code) }
            .prefix(max(0, Self.mostEntriesADay - entriesToday))
            .map { Refused(station: $0.key.station, code: $0.key.code, minute: minute, count: $0.value) }
        entriesToday += entries.count
        return entries
    }

    private static func minute(of time: Instant) -> Instant { Instant(seconds: time.seconds / 60 * 60) }
}
