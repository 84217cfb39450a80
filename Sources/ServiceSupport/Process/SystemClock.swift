import Glibc
public import Vocabulary

/// Where time comes from. What is trusted about it is decided by whoever uses it.
public struct ClockSource: Sendable {
    /// The machine's UTC clock, which anybody with rights on the machine can set.
    public let realtime: @Sendable () -> Instant
    /// Seconds since the machine was started, standby included; no one can set it.
    public let bootSeconds: @Sendable () -> Int64

    public init(realtime: @escaping @Sendable () -> Instant, bootSeconds: @escaping @Sendable () -> Int64) {
        self.realtime = realtime
        self.bootSeconds = bootSeconds
    }

    /// CLOCK_REALTIME and CLOCK_BOOTTIME of this machine.
    public static let system = ClockSource(
        realtime: { Instant(seconds: Int64(read(CLOCK_REALTIME).tv_sec)) },
        bootSeconds: { Int64(read(CLOCK_BOOTTIME).tv_sec) }
    )

    static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // Fails only for a clock that the kernel does not have; these two exist since 2.6.39.
        _ = unsafe clock_gettime(clock, &time)
        return time
    }
}
