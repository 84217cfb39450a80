public import Vocabulary

/// How fast it goes, and what ends first: the units or the window.
public enum ProductionRate {
    /// Seconds that one row of production counts covers.
    public static let slice: Int64 = 300
    /// Whole slices before the one that runs, over which a rate is taken.
    public static let slicesBack: Int64 = 3

    /// Number of the slice that a time lies in, since 1970.
    public static func slice(of time: Instant) -> Int64 {
        time.seconds.quotientAndRemainder(dividingBy: slice).quotient
    }

    /// Where the counts of a rate start at `now`.
    public static func firstSlice(at now: Instant) -> Int64 { slice(of: now) - slicesBack }

    /// Units in an hour, of a count since the start of `firstSlice`.
    public static func perHour(_ count: Int, at now: Instant) -> Int {
        let span = max(1, now.seconds - firstSlice(at: now) * slice)
        return Int((Double(count) * 3_600 / Double(span)).rounded())
    }

    public enum End: Sendable, Hashable {
        case quota(Instant)
        case window(Instant)
    }

    /// What ends first: the last of `remaining` units at this rate, or the window.
    public static func end(remaining: Int, perHour: Int, notAfter: Instant, at now: Instant) -> End {
        guard perHour > 0 else { return .window(notAfter) }
        let seconds = Int64((Double(remaining) * 3_600 / Double(perHour)).rounded())
        let last = now + seconds
        return last < notAfter ? .quota(last) : .window(notAfter)
    }
}
