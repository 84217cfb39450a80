public import Vocabulary

/// How fast it goes, and what ends first: the units or the window.
public enum ProductionRate {
    /// Seconds that one row of production counts covers.
    public static let slice: Int64 = 300
    /// Seconds over which a rate is taken.
    public static let window: Int64 = 900
    /// Nothing is told of the first moments: one unit in a second is no line of 3,600 an hour.
    private static let shortest: Int64 = 60
    /// Seconds without a unit after which a line can be called stopped, and units that it would have made meanwhile.
    private static let quietest: Int64 = 120
    private static let missed = 3.0
    /// Units that say that a line began, where nothing was made in the window before.
    private static let fewest = 5

    /// Number of the slice that a time lies in, since 1970.
    public static func slice(of time: Instant) -> Int64 {
        time.seconds.quotientAndRemainder(dividingBy: slice).quotient
    }

    /// The first slice that a rate at `now` looks at: one window before its own.
    public static func firstSlice(at now: Instant) -> Int64 { slice(of: now + (-2 * window)) }

    /// Units in an hour over the last quarter of one: of the slice in which that opens, the share that lies in it. What
    /// began later counts from then on; what has stopped makes none.
    ///
    /// - Parameters:
    ///   - slices: counts by number, from `firstSlice` on.
    ///   - created: before it nothing can have been made.
    public static func perHour(_ slices: [Int64: Int], since created: Instant, at now: Instant) -> Int {
        // What a clock that was ahead dated into the future says nothing of now.
        let made = slices.filter { $0.value > 0 && $0.key <= slice(of: now) }
        guard let newest = made.keys.max() else { return 0 }
        let last = (newest + 1) * slice
        let quiet = now.seconds - last
        // What it would have made meanwhile at its last pace, which silence does not change.
        if quiet >= quietest, pace(made, since: created, at: last) * Double(quiet) >= missed { return 0 }
        return Int((pace(made, since: created, at: now.seconds) * 3_600).rounded())
    }

    /// Units a second within the window that ends at `close`, in seconds since 1970.
    private static func pace(_ made: [Int64: Int], since created: Instant, at close: Int64) -> Double {
        let earliest = close - window
        let begin = max(created.seconds, began(made, before: earliest) ?? created.seconds)
        let opens = max(earliest, begin)
        let count = made.reduce(0.0) { sum, entry in
            let end = (entry.key + 1) * slice
            guard end > opens else { return sum }
            let start = max(entry.key * slice, min(begin, end - 1))
            return sum + Double(entry.value) * (start < opens ? Double(end - opens) / Double(end - start) : 1)
        }
        return count / Double(max(shortest, close - opens))
    }

    /// When a line began that had made nothing for a whole window; nil for one that was running, or makes too few to tell.
    private static func began(_ made: [Int64: Int], before earliest: Int64) -> Int64? {
        guard let first = made.keys.min(), first * slice >= earliest, made.values.reduce(0, +) >= fewest else {
            return nil
        }
        return first * slice
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
