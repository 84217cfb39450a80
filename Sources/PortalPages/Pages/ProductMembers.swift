import PortalProtocol
import Vocabulary

/// The ODMs of a product's workspace, and those that were invited and have not come yet.
extension ProductPage {
    static func members(
        _ content: Content,
        _ place: String,
        _ form: FormState,
        _ viewer: Viewer,
        _ now: Instant
    ) -> Markup {
        let open = (content.invitations ?? []).filter { $0.product == content.product.product && $0.isOpen(at: now) }
        return members(content, viewer, isAnyInvited: !open.isEmpty, now) + invited(open, content, place, form)
    }

    private static func members(_ content: Content, _ viewer: Viewer, isAnyInvited: Bool, _ now: Instant) -> Markup {
        guard !content.workspaces.isEmpty else {
            return isAnyInvited
                ? "<p class=\"muted\">No ODM yet: nobody has used the invitation so far.</p>"
                : "<p class=\"muted\">No ODM yet. Nobody but the OEM sees this product.</p>"
        }
        // An ODM is told of itself alone.
        let other = { (id: OrganisationID) in viewer.isOEM ? id.text : viewer.organisation }
        let items = content.workspaces.map { workspace -> Markup in
            "<li class=\"split\"><span>\(content.organisations[workspace.organisation] ?? other(workspace.organisation))</span><span class=\"muted small\">\(.ago(workspace.since, now: now))</span></li>"
        }
        return "<ul class=\"stack-s\">\(items.joined())</ul>"
    }

    private static func invited(
        _ open: [Invitation],
        _ content: Content,
        _ place: String,
        _ form: FormState
    ) -> Markup {
        guard !open.isEmpty else { return .empty }
        let items = open.sorted { ($0.createdAt, $0.id.text) > ($1.createdAt, $1.id.text) }.map { item -> Markup in
            let name = item.organisationName ?? item.organisation.flatMap { content.organisations[$0] } ?? "–"
            let button: Markup = .action(
                "Revoke",
                of: "the invitation of \(name)",
                place,
                "revoke",
                item.id.text,
                form
            )
            return """
                <li class="split"><span>\(.sub(.text(name), "valid until \(.time(item.expiresAt))"))</span>\(button)</li>
                """
        }
        return "<h3>Invited</h3><ul class=\"stack-s\">\(items.joined())</ul>"
    }
}

extension Invitation {
    /// Its link still works.
    func isOpen(at now: Instant) -> Bool { usedAt == nil && revokedAt == nil && expiresAt > now }
}
