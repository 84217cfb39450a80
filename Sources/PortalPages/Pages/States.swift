import PortalProtocol
public import Vocabulary

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

/// Where an EdgeHSM stands, and whether it is stopped: for every list that names it.
public struct EdgePlace: Sendable {
    /// Name of the factory.
    public let factory: String
    public let site: FactoryID
    /// What its journal is: `forked`, `restored`, `truncated`; nil: nothing is wrong.
    public let halted: String?

    public init(factory: String, site: FactoryID, halted: String?) {
        (self.factory, self.site, self.halted) = (factory, site, halted)
    }

    func address(of edge: EdgeHSMID) -> String { "/factories/\(site.text)/edges/\(edge.text)" }
}

extension Markup {
    /// The tag of an EdgeHSM that gets nothing until the officers decide; nothing where it is well.
    static func stopped(_ halted: String?) -> Markup {
        halted.map { " \(.badge(.bad, "Stopped: \($0)"))" } ?? .empty
    }
}

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
