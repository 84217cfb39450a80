/// Pauses between attempts: twice as long after each failure, bounded, and never at the same moment as other sites.
struct Backoff: Sendable {
    /// With a request's own time limit, a returned link is noticed within 30 seconds.
    static let longest = Duration.seconds(10)
    static let shortest = Duration.milliseconds(500)

    private(set) var failures = 0

    mutating func fail() { failures = min(failures + 1, 16) }
    mutating func succeed() { failures = 0 }

    /// - Parameter usual: the pause while all is well.
    func pause(usual: Duration, using generator: inout some RandomNumberGenerator) -> Duration {
        let base: Duration
        if failures == 0 {
            base = usual
        } else {
            let grown = Self.shortest * (1 << min(failures - 1, 8))
            base = min(max(grown, min(usual, Self.longest)), Self.longest)
        }
        return base * Double.random(in: 0.7...1.2, using: &generator)
    }
}

/// How many records go into one upload: more while answers come fast, fewer after one that did not come.
struct UploadPace: Sendable {
    static let smallest = 32

    private(set) var items = 256

    mutating func note(_ duration: Duration, full: Bool, most: Int) {
        if duration > .seconds(5) {
            items = max(items / 2, Self.smallest)
        } else if full && duration < .seconds(2) {
            items = min(items * 2, most)
        }
    }

    mutating func fail() { items = max(items / 2, Self.smallest) }
}
