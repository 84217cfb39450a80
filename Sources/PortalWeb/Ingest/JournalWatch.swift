public import Logging
public import ServiceLifecycle
import Vocabulary

/// Beside the listeners: branches that a stop interrupted go on, and EdgeHSMs that fell silent are called out.
public struct JournalWatch: Service {
    private static let pause = Duration.seconds(60)

    private let ingest: IngestService
    private let logger: Logger

    public init(_ ingest: IngestService, logger: Logger) {
        self.ingest = ingest
        self.logger = logger
    }

    /// Until it is asked to stop. A round that fails is tried again at the next.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await ingest.resume()
                    try await ingest.watch()
                } catch is CancellationError { return } catch {
                    logger.error("journal watch failed", metadata: ["code": "\((error as? Refusal)?.code ?? "")"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }
}
