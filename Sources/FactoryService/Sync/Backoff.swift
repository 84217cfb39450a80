/// Pauses between attempts: twice as long after each failure, bounded, and never at the same moment as other sites.
struct Backoff: Sendable {
    /// While nobody answers, an attempt is a TCP connection that does not come about: cheap enough to be made every five
    /// seconds or sooner (with the jitter), so that records flow again seconds after the link returned.
    static let longestAlone = Duration.seconds(4)
    /// A portal that answers and cannot serve is not helped by more requests.
    static let longest = Duration.seconds(10)
    static let shortest = Duration.milliseconds(500)
    static let jitter = 0.7...1.2

    private(set) var failures = 0
    private var bound = Self.longest

    /// - Parameter isAnswered: false where nobody answered at all: the link is gone.
    mutating func fail(isAnswered: Bool) {
        failures = min(failures + 1, 16)
        bound = isAnswered ? Self.longest : Self.longestAlone
    }

    mutating func succeed() { failures = 0 }

    /// - Parameter usual: the pause while all is well.
    func pause(usual: Duration, using generator: inout some RandomNumberGenerator) -> Duration {
        let base: Duration
        if failures == 0 {
            base = usual
        } else {
            let grown = Self.shortest * (1 << min(failures - 1, 8))
            base = min(max(grown, usual), bound)
        }
        return base * Double.random(in: Self.jitter, using: &generator)
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
