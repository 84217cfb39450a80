import PortalProtocol
import Vocabulary

/// Words and colours of the portal's states: the same everywhere.
extension VersionState {
    var badge: Markup {
        switch self {
        case .draft: .badge(.idle, "Draft", isOpen: true)
        case .submitted: .badge(.info, "In review")
        case .locked: .badge(.ok, "Approved")
        case .rejected: .badge(.bad, "Rejected")
        }
    }
}

extension UnitStage {
    func badge(_ isExposed: Bool = false) -> Markup {
        let state: Markup =
            switch self {
            case .open: .badge(.info, "In work")
            case .done: .badge(.ok, "Passed")
            case .failed: .badge(.bad, "Scrapped")
            case .released: .badge(.idle, "Re-provisioned")
            case .replaced: .badge(.idle, "Replaced")
            }
        return isExposed ? "\(state) \(.badge(.warn, "Exposed"))" : state
    }
}

extension AlarmSeverity {
    var tone: Tone { self == .critical ? .bad : .warn }
    var badge: Markup { .badge(tone, self == .critical ? "Critical" : "Warning") }
}

extension AlarmView {
    var isOpen: Bool { acknowledgedAt == nil && clearedAt == nil }
}

/// What says how it is with an EdgeHSM's link, wherever it stands.
protocol LinkFacts {
    var halted: String? { get }
    var isSilent: Bool { get }
    var heardAt: Instant? { get }
}

extension EdgeState: LinkFacts {}
extension EdgeJournal: LinkFacts {}

extension LinkFacts {
    /// Seconds. A Factory Service that has nothing to tell sends a signed checkpoint every five minutes.
    private static var quietest: Int64 { 400 }

    /// Link and journal of an EdgeHSM in one word.
    func link(at now: Instant) -> (tone: Tone, words: String) {
        if let halted { return (.bad, "Stopped: \(halted)") }
        if isSilent { return (.bad, "Silent") }
        guard let heardAt else { return (.idle, "Never heard") }
        return now - heardAt <= Self.quietest
            ? (.ok, "Link up") : (.warn, "No word for \(Format.duration(now - heardAt))")
    }
}

extension BatchReconciliation {
    var segments: [Segment] {
        [
            Segment("Issued", issued, .issued), Segment("Burned", burned, .burned),
            Segment("Returned", returned, .free),
            Segment("Not yet issued", remaining, .granted), Segment("Unaccounted", unaccounted, .lost),
        ]
    }
}
