public import Statements
public import Vocabulary

/// When officers have decided about a journal that contradicts itself.
public enum HaltRules {
    /// True when the order was signed after the finding and its reason, which every officer reads, names it: `forked`,
    /// `truncated` or `restored`.
    ///
    /// - Parameter found: nil: before it was kept when.
    public static func isLifted(_ halted: AlarmKind?, foundAt found: Instant?, by order: OfficerOrder) -> Bool {
        guard let halted, order.issuedAt > found ?? .epoch else { return false }
        let words = order.reason.lowercased().split { !$0.isLetter && $0 != "-" }
        return words.contains { $0 == halted.rawValue }
    }
}
