import Statements
import Vocabulary

/// Refusals by (station, code, minute), so that a flood of them costs one entry a minute, from a quota of its own.
struct RefusalCounter: Sendable, Equatable {
    /// Different (station, code) pairs in one minute; what is beyond counts under `*`.
    static let mostKeys = 64
    /// Entries in one hour; what is beyond waits and is counted together.
    static let mostEntriesAnHour = 1_000
    static let overflowCode = EdgeError.refusalsOverflow.rawValue

    struct Key: Hashable, Sendable {
        let station: String
        let code: String
        let minute: Instant
    }

    private(set) var counts: [Key: Int] = [:]
    private var hour: Int64 = 0
    private var entriesThisHour = 0

    mutating func count(_ code: String, of station: String, at time: Instant) {
        let minute = Instant(seconds: time.seconds / 60 * 60)
        var key = Key(station: station.kept(octets: 64), code: code.kept(octets: 64), minute: minute)
        if counts[key] == nil, counts.count >= Self.mostKeys {
            key = Key(station: "*", code: Self.overflowCode, minute: counts.keys.map(\.minute).max() ?? minute)
        }
        counts[key, default: 0] = min(Limits.mostUnits, counts[key, default: 0] + 1)
    }

    /// Minutes that are over, or all: as journal bodies, in a stable order, within the hour's quota.
    mutating func drain(at time: Instant, all: Bool) -> [Refused] {
        let present = Instant(seconds: time.seconds / 60 * 60)
        if time.seconds / 3_600 != hour {
            hour = time.seconds / 3_600
            entriesThisHour = 0
        }
        let due = counts.keys.filter { all || $0.minute != present }
            .sorted { ($0.minute, $0.station, $0.code) < ($1.minute, $1.station, $1.code) }
            .prefix(max(0, Self.mostEntriesAnHour - entriesThisHour))
        entriesThisHour += due.count
        return due.compactMap { key in
            counts.removeValue(forKey: key).map {
                Refused(station: key.station, code: key.code, minute: key.minute, count: $0)
            }
        }
    }
}
