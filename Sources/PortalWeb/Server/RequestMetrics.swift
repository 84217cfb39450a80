public import ServiceSupport

/// What the portal counts of its requests. Label values are operation ids: a closed list.
public struct RequestMetrics: Sendable {
    private let inFlight: Gauge
    private let classes: [Int: Counter]
    private let seconds: Histogram

    public init(_ metrics: Metrics, operations: [String]) {
        let operations = operations + ["none"]
        inFlight = metrics.gauge("obis_portal_requests_in_flight", "Requests being answered.")
        classes = Dictionary(
            uniqueKeysWithValues: [2, 3, 4, 5].map { kind in
                let counter = metrics.counter(
                    "obis_portal_responses_\(kind)xx_total",
                    "Answers of status class \(kind)xx, by operation.",
                    label: "operation",
                    values: operations
                )
                return (kind, counter)
            }
        )
        seconds = metrics.histogram(
            "obis_portal_request_seconds",
            "From a request's head to its answer's head, by operation.",
            label: "operation",
            values: operations
        )
    }

    func started() { inFlight.add(1) }

    func ended(_ operation: String, status: Int, after duration: Duration) {
        inFlight.add(-1)
        classes[status / 100]?.increment(operation)
        seconds.observe(duration, operation)
    }
}
