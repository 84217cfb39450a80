import Vocabulary

/// How often and how long a station asks again after a retryable refusal. Waits grow exponentially with jitter, so that
/// all sites of a line do not come back at once.
public struct RetryPolicy: Sendable {
    public var attempts: Int
    public var first: Duration
    public var longest: Duration
    /// Waits; tests replace it.
    public var sleep: @Sendable (Duration) async throws -> Void

    public init(
        attempts: Int = 12,
        first: Duration = .milliseconds(100),
        longest: Duration = .seconds(5),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.attempts = max(1, attempts)
        self.first = first
        self.longest = longest
        self.sleep = sleep
    }

    /// The wait after failed attempt `attempt` (from 1): evenly drawn from the upper half of the bound.
    public func delay(after attempt: Int) -> Duration {
        let bound = min(first * (1 << min(max(attempt - 1, 0), 20)), longest)
        return bound * Double.random(in: 0.5...1)
    }

    /// Runs `body` until it succeeds, is refused for good, or the attempts are used up; then throws the last refusal.
    public func run<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        var attempt = 1
        while true {
            do {
                return try await body()
            } catch let refusal as Refusal {
                guard refusal.isRetryable, attempt < attempts else { throw refusal }
                try await sleep(delay(after: attempt))
                attempt += 1
            }
        }
    }
}
