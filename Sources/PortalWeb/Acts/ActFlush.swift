public import Logging
public import ServiceLifecycle
public import ServiceSupport
import Vocabulary

/// Beside the listeners: what was counted is entered when its time is over, and all of it when the portal stops.
public struct ActFlush: Service {
    private static let pause = Duration.seconds(15)

    private let acts: Acts
    private let clock: ClockSource
    private let logger: Logger

    public init(_ acts: Acts, clock: ClockSource, logger: Logger) {
        (self.acts, self.clock, self.logger) = (acts, clock, logger)
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await enter(all: false)
                try? await Task.sleep(for: Self.pause)
            }
        }
        await enter(all: true)
    }

    private func enter(all: Bool) async {
        do { try await acts.enterCounted(at: clock.realtime(), all: all) } catch {
            logger.error("counted acts", metadata: ["code": "\((error as? Refusal)?.code ?? "")"])
        }
    }
}
