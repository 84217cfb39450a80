public import Vocabulary

/// What the host's clocks say at one moment. Both are foreign: root on the host may set the first.
public struct ClockReading: Sendable, Equatable {
    /// CLOCK_REALTIME.
    public let wall: Instant
    /// CLOCK_BOOTTIME in whole seconds; never falls while the process lives.
    public let uptime: Int64

    public init(wall: Instant, uptime: Int64) {
        self.wall = wall
        self.uptime = uptime
    }
}

/// Time as this EdgeHSM believes it: `max(clock, floor + what has elapsed since)`.
///
/// The floor rises at times at which something was issued and at portal time only, so a clock that runs ahead for a
/// while poisons nothing; a clock that steps back while the process runs is ignored.
public struct TrustedTime: Sendable, Equatable {
    /// A clock further behind the floor than this at start stops issuing, in seconds.
    public static let largestLag: Int64 = 300

    private var base: Instant
    private var baseUptime: Int64
    /// True while the clock has not caught up with the floor since the start.
    public private(set) var isClockBehind: Bool

    public init(floor: Instant, startingAt reading: ClockReading) {
        isClockBehind = floor - reading.wall > Self.largestLag
        base = max(floor, reading.wall)
        baseUptime = reading.uptime
    }

    public func now(at reading: ClockReading) -> Instant { max(reading.wall, elapsed(reading)) }

    /// Ends the state "clock behind" once somebody has set the clock right.
    mutating func observe(_ reading: ClockReading) {
        if isClockBehind, elapsed(reading) - reading.wall <= Self.largestLag { isClockBehind = false }
    }

    /// Something was issued, or the portal spoke, at `time`.
    mutating func raise(to time: Instant, at reading: ClockReading) {
        base = max(elapsed(reading), time)
        baseUptime = reading.uptime
    }

    /// The officers' order.
    mutating func reset(to time: Instant, at reading: ClockReading) {
        base = time
        baseUptime = reading.uptime
        isClockBehind = time - reading.wall > Self.largestLag
    }

    private func elapsed(_ reading: ClockReading) -> Instant { base + max(0, reading.uptime - baseUptime) }
}
