public import Statements
public import Vocabulary

/// What the portal's statuses to one EdgeHSM take from it. A status holds so and so many; an EdgeHSM keeps what an older
/// one revoked, so more go down in several.
public struct StatusPlan: Sendable, Hashable {
    /// An authorization that the portal revoked or closed early.
    public struct Withdrawal: Sendable, Hashable {
        public let authorization: Digest256
        public let isRevocation: Bool
        /// The EdgeHSM has journaled it.
        public let isJournaled: Bool

        public init(authorization: Digest256, isRevocation: Bool, isJournaled: Bool) {
            self.authorization = authorization
            self.isRevocation = isRevocation
            self.isJournaled = isJournaled
        }
    }

    /// The content of one status.
    public struct Part: Sendable, Hashable {
        public let revoked: [Digest256]
        public let closed: [Digest256]
    }

    /// At least one, each for a status of its own. The first carries what the EdgeHSM has not journaled yet, so that one
    /// status after the other brings all of it, also where only the first is sent each time.
    public let parts: [Part]

    /// - Parameter withdrawals: in the order in which they were asked. A journaled closing is done with; a revocation is
    ///   said again and again, for an EdgeHSM that was restored from an older disk.
    public init(_ withdrawals: [Withdrawal], mostInOne: Int = PortalStatus.mostRevocations) {
        let open = withdrawals.filter { !$0.isJournaled }
        let known = withdrawals.filter { $0.isJournaled && $0.isRevocation }
        let ordered = open + known.reversed()
        parts = stride(from: 0, to: max(ordered.count, 1), by: max(mostInOne, 1)).map { start in
            let slice = ordered[start..<min(start + mostInOne, ordered.count)]
            return Part(
                revoked: slice.filter(\.isRevocation).map(\.authorization),
                closed: slice.filter { !$0.isRevocation }.map(\.authorization)
            )
        }
    }
}
