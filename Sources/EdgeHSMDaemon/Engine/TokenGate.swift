public import KeyCustody
import Synchronization
import Vocabulary

/// Whether the token can be used: `edgehsmd` hands the token's own reports in, requests ask before they decide.
public final class TokenGate: Sendable {
    private let health = Mutex(TokenHealth.serving)

    public init() {}

    public func report(_ health: TokenHealth) { self.health.withLock { $0 = health } }

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
