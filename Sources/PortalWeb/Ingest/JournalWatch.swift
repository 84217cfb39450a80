public import Logging
public import ServiceLifecycle
public import Vocabulary

/// Beside the listeners: branches that a stop interrupted go on, and EdgeHSMs that fell silent are called out.
public struct JournalWatch: Service {
    private static let pause = Duration.seconds(60)

    private let ingest: IngestService
    private let allowed: @Sendable () async throws -> [EdgeHSMID: Int64]
    private let logger: Logger

    /// - Parameter allowed: seconds that an EdgeHSM may be silent, where a rule says so.
    public init(
        _ ingest: IngestService,
        allowed: @escaping @Sendable () async throws -> [EdgeHSMID: Int64],
        logger: Logger
    ) {
        self.ingest = ingest
        self.allowed = allowed
        self.logger = logger
    }

    /// Until it is asked to stop. A round that fails is tried again at the next.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await ingest.resume()
                    let allowed = try await allowed()
                    try await ingest.watch { allowed[$0] }
                } catch is CancellationError { return } catch {
                    logger.error("journal watch failed", metadata: ["code": "\((error as? Refusal)?.code ?? "")"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }
}
