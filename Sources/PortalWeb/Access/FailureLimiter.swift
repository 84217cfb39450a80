import Synchronization
import Vocabulary

/// Counts failed authentications of an address: after `most` within a minute it is refused for the rest of that minute.
///
/// Bounded: at `largest` addresses the oldest window makes room, so that nobody fills memory by changing addresses.
public final class FailureLimiter: Sendable {
    private struct Window {
        var start: Instant
        var failures: Int
    }

    /// Seconds.
    private static let length: Int64 = 60
    private let most: Int
    private let largest: Int
    private let windows = Mutex<[String: Window]>([:])

    public init(most: Int = 30, largest: Int = 4_096) {
        self.most = most
        self.largest = largest
    }

    /// Throws `portal.access.throttled`; the detail is the seconds to wait.
    func check(_ address: String, at time: Instant) throws {
        let wait = windows.withLock { windows -> Int64? in
            guard let window = windows[Self.key(address)], window.failures >= most else { return nil }
            let left = window.start.seconds + Self.length - time.seconds
            return left > 0 && left <= Self.length ? left : nil
        }
        if let wait { throw Refusal(PortalError.throttled, "\(wait) s") }
    }

    func note(_ address: String, at time: Instant) {
        let key = Self.key(address)
        windows.withLock { windows in
            if let window = windows[key], (0..<Self.length).contains(time - window.start) {
                windows[key] = Window(start: window.start, failures: window.failures + 1)
                return
            }
            if windows.count >= largest, windows[key] == nil {
                let oldest = windows.min { $0.value.start < $1.value.start }
                if let oldest { windows[oldest.key] = nil }
            }
            windows[key] = Window(start: time, failures: 1)
        }
    }

    /// An IPv6 host has a whole /64 to itself, so that is what counts.
    static func key(_ address: String) -> String {
        let groups = address.split(separator: ":", omittingEmptySubsequences: false)
        return groups.count > 2 ? groups.prefix(4).joined(separator: ":") : address
    }
}
