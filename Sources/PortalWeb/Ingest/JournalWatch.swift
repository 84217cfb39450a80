public import Logging
public import ServiceLifecycle
import Vocabulary

/// Beside the listeners: branches that a stop interrupted go on, and EdgeHSMs that fell silent are called out.
public struct JournalWatch: Service {
    private static let pause = Duration.seconds(60)

    private let ingest: IngestService
    private let silence: SilenceWatch
    private let logger: Logger

    public init(_ ingest: IngestService, silence: SilenceWatch, logger: Logger) {
        self.ingest = ingest
        self.silence = silence
        self.logger = logger
    }

    /// Until it is asked to stop. A round that fails is tried again at the next; neither waits for the other, so that a
    /// branch that can't be rebuilt keeps nobody from being called.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await again("branches") { try await ingest.resume() } }
                group.addTask { await again("silence") { try await silence.look() } }
            }
        }
    }

    private func again(_ what: String, _ round: () async throws -> Void) async {
        while !Task.isCancelled {
            do { try await round() } catch is CancellationError { return } catch {
                let code = (error as? Refusal)?.code ?? "\(type(of: error))"
                logger.error("journal watch failed", metadata: ["part": "\(what)", "code": "\(code)"])
            }
            try? await Task.sleep(for: Self.pause)
        }
    }
}
