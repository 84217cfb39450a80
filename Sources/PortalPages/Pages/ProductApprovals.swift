import PortalProtocol
import Vocabulary

extension ProductPage {
    /// The chain that each next approval continues: what `obis approve --previous` wants.
    static func approvals(_ chain: [ChainedApproval], _ place: String) -> Markup {
        guard !chain.isEmpty else {
            return "<p class=\"muted\">None yet. The first version that the officers sign begins the chain.</p>"
        }
        let items = chain.reversed().map { link -> Markup in
            let state: Markup = link.isLocked ? .badge(.ok, "In the chain") : .badge(.warn, "Rejected, still binds")
            return """
                <li class="split"><span>\(.link(link.version.text, "\(place)/versions/\(link.version.text)"))\
                <span class="sub">No. \(link.sequence), \(.link("file for officers", "\(place)/approvals/\(link.sequence)/approval.json"))</span></span>\(state)</li>
                """
        }
        return "<ul class=\"stack-s\">\(items.joined())</ul>"
    }
}
