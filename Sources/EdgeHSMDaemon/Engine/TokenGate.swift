public import KeyCustody
import ServiceSupport
import Synchronization
import Vocabulary

/// Whether the token can be used: `edgehsmd` hands the token's own reports in, requests ask before they decide.
public final class TokenGate: Sendable {
    private let health = Mutex(TokenHealth.serving)
    private let gauge = Mutex<Gauge?>(nil)

    public init() {}

    public func report(_ health: TokenHealth) {
        self.health.withLock { $0 = health }
        gauge.withLock { $0 }?.set(health == .serving ? 1 : 0)
    }

    /// Also tells it to whoever reads the metrics.
    func show(in metrics: Metrics) {
        let gauge = metrics.gauge("obis_edge_token_serving", "1 while the token serves, 0 while it fails or hangs.")
        gauge.set(refusal == nil ? 1 : 0)
        self.gauge.withLock { $0 = gauge }
    }

    /// Why nothing is issued; nil while the token serves.
    var refusal: Refusal? {
        switch health.withLock({ $0 }) {
        case .serving: nil
        case .failing(let why), .stopped(let why): Refusal(EdgeDaemonError.tokenUnavailable, why.code)
        }
    }

    /// Throws `edge.token.unavailable`.
    func requireServing() throws { if let refusal { throw refusal } }
}
