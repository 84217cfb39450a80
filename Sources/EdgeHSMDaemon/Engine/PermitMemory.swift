import Statements
import Synchronization
import Vocabulary

/// The terms of permits that were given and not used yet, in memory only: after a restart the station asks for a new
/// permit, which costs nothing.
final class PermitMemory: Sendable {
    /// Permits kept; one beyond drops those that end first.
    static let most = 8_192
    /// How long a permit holds, in seconds.
    static let lifetime: Int64 = 3_600

    struct Given: Sendable {
        /// Statement id.
        let permit: Digest256
        let terms: PermitTerms
    }

    private let permits = Mutex<[Digest256: Given]>([:])

    func keep(_ given: Given, of unit: Digest256) {
        permits.withLock { permits in
            if permits.count >= Self.most, permits[unit] == nil {
                let oldest = permits.min { $0.value.terms.expiresAt < $1.value.terms.expiresAt }
                if let oldest { permits[oldest.key] = nil }
            }
            permits[unit] = given
        }
    }

    /// The newest permit of a unit that has not ended.
    func get(_ unit: Digest256, at now: Instant) -> Given? {
        permits.withLock { permits in permits[unit].flatMap { $0.terms.expiresAt >= now ? $0 : nil } }
    }

    func forget(_ unit: Digest256) { permits.withLock { $0[unit] = nil } }

    func expire(at now: Instant) {
        permits.withLock { permits in permits = permits.filter { $0.value.terms.expiresAt >= now } }
    }
}
