import ServiceSupport
import Synchronization

/// Octets of HTTP that went up and down since the start.
final class LinkMeter: Sendable {
    private let counts = Mutex((up: 0, down: 0))
    private let octets: Counter

    init(_ metrics: Metrics) {
        octets = metrics.counter(
            "obis_factory_sync_octets_total",
            "Octets of HTTP exchanged with the portal, without TLS.",
            label: "direction",
            values: ["up", "down"]
        )
    }

    var total: (up: Int, down: Int) { counts.withLock { $0 } }

    func sent(_ count: Int) {
        counts.withLock { $0.up += count }
        octets.increment("up", by: UInt64(max(count, 0)))
    }

    func received(_ count: Int) {
        counts.withLock { $0.down += count }
        octets.increment("down", by: UInt64(max(count, 0)))
    }
}
