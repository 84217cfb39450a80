import LineProtocol
import StationCore
import Vocabulary

/// Brings reports to the Factory Service in their order, for as long as it takes. A report that it refuses for good is
/// dropped after `lost` was told: it must not block those behind it.
struct ReportSender: Sendable {
    let store: StationStore
    let work: LineCaller
    let pause: Duration
    let lost: @Sendable (Refusal) -> Void

    /// Runs until cancelled.
    func run() async {
        while !Task.isCancelled {
            _ = try? await flush()
            try? await Task.sleep(for: pause)
        }
    }

    /// Sends what is there. Throws the refusal that keeps a report here.
    func flush() async throws {
        while let next = try await store.nextReport() {
            do {
                _ = try await work.call(ReportUnit.self, next.report)
            } catch let refusal as Refusal where !refusal.isRetryable && refusal.code.hasPrefix("factory.") {
                lost(refusal)
            }
            try await store.removeReport(next.number)
        }
    }
}
