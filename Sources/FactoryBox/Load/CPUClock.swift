import Glibc
import Vocabulary

/// CPU time of a process with all its threads, also those that have ended: the same count as utime + stime of
/// `/proc/PID/stat`, in nanoseconds rather than ticks.
struct CPUClock {
    private let clock: clockid_t

    init(process: Int32) throws {
        var clock: clockid_t = 0
        guard clock_getcpuclockid(process, &clock) == 0 else {
            throw Refusal(FactoryBoxError.unexpected, "no CPU clock of process \(process)")
        }
        self.clock = clock
    }

    /// Throws once the process has ended.
    func seconds() throws -> Double {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else {
            throw Refusal(FactoryBoxError.unexpected, "the measured process has ended")
        }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
