public import ServiceSupport

/// What the portal counts of its requests. Label values are operation ids: a closed list.
public struct RequestMetrics: Sendable {
    private let inFlight: Gauge
    private let classes: [Int: Counter]
    private let seconds: Histogram
    private let turnedAway: Counter
    private let tokenFailures: Counter

    /// Codes that keep callers out.
    private static let reasons: [PortalError] = [
        .unauthenticated, .tokenRefused, .missingRole, .missingScope, .throttled, .busy, .siteRefused,
    ]
    /// Codes of what a token refuses are many; what matters is that it failed.
    private static let tokenArea = "key."

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
        turnedAway = metrics.counter(
            "obis_portal_callers_refused_total",
            "Requests of callers who were not let in, by code.",
            label: "code",
            values: Self.reasons.map(\.rawValue)
        )
        tokenFailures = metrics.counter(
            "obis_portal_token_failures_total",
            "Requests that failed because the portal's PKCS#11 token did."
        )
        seconds = metrics.histogram(
            "obis_portal_request_seconds",
            "From a request's head to its answer's head, by operation.",
            label: "operation",
            values: operations
        )
    }

    func started() { inFlight.add(1) }

    func refused(_ code: String) {
        if Self.reasons.contains(where: { $0.rawValue == code }) { turnedAway.increment(code) }
    }

    /// Any refusal, also one that the caller is not told.
    func failed(_ code: String) { if code.hasPrefix(Self.tokenArea) { tokenFailures.increment() } }

    func ended(_ operation: String, status: Int, after duration: Duration) {
        inFlight.add(-1)
        classes[status / 100]?.increment(operation)
        seconds.observe(duration, operation)
    }
}
