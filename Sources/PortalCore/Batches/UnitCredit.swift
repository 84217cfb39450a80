/// What an authorization gives back: units that its EdgeHSM has journaled as returned, and nothing else. A batch whose
/// package was lost, whose window has passed or which was revoked counts in full until the journal says otherwise.
public enum UnitCredit {
    /// The account of the authorization in one of its EdgeHSM's journals: there are several after a lost tail.
    public struct Account: Sendable, Hashable {
        public let issued: Int
        public let burned: Int
        public let returned: Int
        public let isClosed: Bool

        public init(issued: Int, burned: Int, returned: Int, isClosed: Bool) {
            self.issued = issued
            self.burned = burned
            self.returned = returned
            self.isClosed = isClosed
        }
    }

    /// Units given back, once that is final; nil before.
    ///
    /// - Parameters:
    ///   - accounts: in the journals of the authorization's own EdgeHSM; another one's word counts nothing.
    ///   - isVoid: a tombstone was journaled there, so it can never be loaded.
    public static func units(quantity: Int, accounts: [Account], isVoid: Bool) -> Int? {
        // Loaded somewhere: a tombstone in another branch does not undo what was made there.
        guard !accounts.isEmpty else { return isVoid ? quantity : nil }
        guard accounts.allSatisfy(\.isClosed) else { return nil }
        // The least that any branch gives back, and never what was used.
        let least = accounts.map { min($0.returned, quantity - $0.issued - $0.burned) }.min() ?? 0
        return min(max(least, 0), quantity)
    }
}
