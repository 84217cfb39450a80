import EdgeHSMCore
import ServiceSupport

extension ClockSource {
    /// Both clocks at one moment, as the core judges them.
    func reading() -> ClockReading { ClockReading(wall: realtime(), uptime: bootSeconds()) }
}
