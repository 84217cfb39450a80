public import LineProtocol

/// A station's connection to its EdgeHSM: station operations and nothing else.
public struct StationLink: Sendable {
    private let caller: LineCaller
    private let retry: RetryPolicy

    public init(_ caller: LineCaller, retry: RetryPolicy) {
        self.caller = caller
        self.retry = retry
    }

    /// One operation, repeated while the refusal is retryable: every station operation is idempotent.
    public func ask<Operation: StationOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) async throws -> Operation.Reply {
        try await retry.run { try await caller.call(operation, request) }
    }
}

/// A station's connection to the Factory Service: work operations and nothing else.
public struct WorkLink: Sendable {
    private let caller: LineCaller
    private let retry: RetryPolicy

    public init(_ caller: LineCaller, retry: RetryPolicy) {
        self.caller = caller
        self.retry = retry
    }

    public func ask<Operation: WorkOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) async throws -> Operation.Reply {
        try await retry.run { try await caller.call(operation, request) }
    }
}
