public import PortalProtocol
public import Vocabulary

/// How fast it goes, and what ends first: the units or the window.
public enum ProductionRate {
    /// Seconds that one row of production counts covers.
    public static let slice: Int64 = 300
    /// Seconds over which a rate is taken.
    public static let window: Int64 = 900
    /// Seconds of work that a rate needs: one unit in a second is no line of 3,600 an hour.
    private static let shortest: Int64 = 120
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

    /// Units an hour: those of the last quarter of an hour × 4, of the slice in which that opens the share that lies in it.
    /// While less of the line's work is known: its units ÷ that time, and nothing before two minutes of it are known. What
    /// has stopped has no rate.
    ///
    /// - Parameters:
    ///   - slices: counts by number, from `firstSlice` on.
    ///   - created: before it nothing can have been made.
    public static func of(_ slices: [Int64: Int], since created: Instant, at now: Instant) -> IssueRate {
        // What a clock that was ahead dated into the future says nothing of now.
        let made = slices.filter { $0.value > 0 && $0.key <= slice(of: now) }
        guard let newest = made.keys.max() else { return .unknown(.idle) }
        let last = (newest + 1) * slice
        let quiet = now.seconds - last
        // What it would have made meanwhile at its last pace, which silence does not change.
        if quiet >= quietest {
            let before = pace(made, since: created, at: last) ?? Double(made[newest] ?? 0) / Double(slice)
            if before * Double(quiet) >= missed { return .unknown(.idle) }
        }
        guard let pace = pace(made, since: created, at: now.seconds) else { return .unknown(.young) }
        let perHour = Int((pace * 3_600).rounded())
        return perHour > 0 ? .known(perHour) : .unknown(.idle)
    }

    /// Units a second within the window that ends at `close`, in seconds since 1970; nil: too little is known.
    private static func pace(_ made: [Int64: Int], since created: Instant, at close: Int64) -> Double? {
        let earliest = close - window
        guard let begin = began(made, since: created, at: close) else { return nil }
        let opens = max(earliest, begin)
        let count = made.reduce(0.0) { sum, entry in
            let end = (entry.key + 1) * slice
            guard end > opens else { return sum }
            // Before its batch was granted nothing of a slice can have been made.
            let start = max(entry.key * slice, min(created.seconds, end - 1))
            return sum + Double(entry.value) * (start < opens ? Double(end - opens) / Double(end - start) : 1)
        }
        return close - opens >= shortest && count > 0 ? count / Double(close - opens) : nil
    }

    /// From when on all work of a line is known: since its batch was granted, or since the end of the slice in which it
    /// began, as nobody knows where in that it did. Nil: it began too lately to tell.
    private static func began(_ made: [Int64: Int], since created: Instant, at close: Int64) -> Int64? {
        guard let first = made.keys.min() else { return nil }
        let (start, end) = (first * slice, (first + 1) * slice)
        if created.seconds >= start { return created.seconds }
        guard end > close - window else { return created.seconds }
        // So few in all that they say nothing of a line's beginning: a slow one.
        if made.values.reduce(0, +) < fewest {
            return close - start >= slice + shortest ? max(created.seconds, close - window) : nil
        }
        return end
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
