import Statements
import Vocabulary

extension EdgeHSMState {
    /// Seconds past the last end that portal time must be before keys are destroyed.
    public static let endMargin: Int64 = 86_400

    /// No operation under this authorization is possible any more, so that its keys may be destroyed for good: a
    /// revocation hits it, or the portal's time is past the end of its window and of every allowance.
    ///
    /// Neither the clock nor the floor decides that: the floor rises with each unit that is issued, to whatever the
    /// host's clock says, and officers can reset it, but nobody brings destroyed keys back. A closing does not either,
    /// since the allowances outlive it. See decision 0015.
    public func isOver(_ account: AuthorizationAccount) -> Bool {
        if revocation(of: account) != nil { return true }
        guard let contact = durable.contact, let anchor else { return false }
        // What the secure element does not know of, a restored disk would take back.
        let heard = min(contact.time, anchor.clockFloor)
        let content = account.content
        let allowances = [content.debugUnlocks, content.reprovisions, content.rotations]
        let ends = [content.notAfter] + allowances.filter { $0.count > 0 }.map(\.notAfter)
        return ends.allSatisfy { $0 + content.grace + Self.endMargin < heard }
    }
}
