public import PortalProtocol
public import Vocabulary

/// Who may do what: people, open invitations, organisations. An ODM sees its own people alone.
public struct PeoplePage: SheetPage {
    public static let name = "people"
    public let title = "People"
    let sheet: Sheet

    public struct Content: Sendable {
        public let people: [Person]
        /// Empty for an ODM.
        public let organisations: [Organisation]
        /// Nil for whom they are not.
        public let invitations: [Invitation]?
        /// Where the people alone are shown of; nil: of all.
        public let organisation: OrganisationID?

        public init(
            people: [Person],
            organisations: [Organisation],
            invitations: [Invitation]?,
            organisation: OrganisationID?
        ) {
            (self.people, self.organisations) = (people, organisations)
            (self.invitations, self.organisation) = (invitations, organisation)
        }
    }

    public init(_ content: Content, form: FormState, viewer: Viewer, now: Instant) {
        let names = Dictionary(content.organisations.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let isAdmin = content.invitations != nil
        let invite =
            isAdmin
            ? [
                Button("Invite an ODM", "/people/invite?kind=odm"),
                Button("Invite a person", "/people/invite", icon: .plus, style: .primary),
            ] : []
        var main = [
            Box(
                "list",
                content.organisation.flatMap { names[$0] } ?? (viewer.isOEM ? "All people" : viewer.organisation),
                Self.people(content, names, invite),
                note: content.organisation == nil ? .empty : .link("Show all people", "/people"),
                isFlush: true
            )
        ]
        if let invitations = content.invitations {
            main.append(
                Box("invitations", "Invitations", Self.invitations(invitations, names, form, now), isFlush: true)
            )
        }
        if viewer.isOEM {
            main.append(Box("organisations", "Organisations", Self.organisations(content), isFlush: true))
        }
        sheet = Sheet(
            Head(
                "People",
                lead: viewer.isOEM
                    ? "People of the OEM and of its ODMs, and their roles."
                    : "Your colleagues in this portal. OEM admins invite people and assign roles.",
                actions: invite
            ),
            notes: [form.note].compactMap { $0 },
            main: main
        )
    }

    private static func people(_ content: Content, _ names: [OrganisationID: String], _ invite: [Button]) -> Markup {
        let shown = content.people.filter { content.organisation == nil || $0.organisation == content.organisation }
        let hasOrganisations = !content.organisations.isEmpty
        var columns: [Table.Column] = [
            .init("Person"), .init("Roles"), .init("Officer", .tight), .init("State", .tight),
        ]
        if hasOrganisations { columns.insert(.init("Organisation"), at: 1) }
        return .table(
            "People and their roles",
            columns,
            shown.sorted { ($0.isActive ? 0 : 1, $0.name.lowercased()) < ($1.isActive ? 0 : 1, $1.name.lowercased()) }
                .map { person in
                    var cells: [Markup] = [
                        .sub(.link(person.name, "/people/\(person.id.text)"), .text(person.email)),
                        .text(person.roles.map(\.words).joined(separator: ", ")),
                        person.officer.map { .badge(.info, $0.text) } ?? .none, person.state,
                    ]
                    if hasOrganisations {
                        cells.insert(.text(names[person.organisation] ?? person.organisation.text), at: 1)
                    }
                    return cells
                },
            empty: Empty(.people, "Nobody yet", "People join by an invitation link, which works once.", invite)
        )
    }

    private static func invitations(
        _ invitations: [Invitation],
        _ names: [OrganisationID: String],
        _ form: FormState,
        _ now: Instant
    ) -> Markup {
        let all = invitations.sorted { ($0.createdAt, $0.id.text) > ($1.createdAt, $1.id.text) }
        let (open, over) = (all.filter { $0.isOpen(at: now) }, all.filter { !$0.isOpen(at: now) })
        let list = table(
            "Open invitations, newest first",
            open,
            names,
            form,
            now,
            empty: Empty(.link, "No invitation yet", "A link works once, and for as many days as you say.")
        )
        guard !over.isEmpty else { return list }
        let first: Markup = open.isEmpty ? "<p class=\"panel-body muted\">No open invitation.</p>" : list
        let count = over.count == 1 ? "1 invitation" : "\(Format.number(over.count)) invitations"
        return """
            \(first)<details class="details folded"><summary>\(Icon.chevron.markup)\(count) used, revoked or expired</summary>\
            \(table("Invitations that are used, revoked or expired, newest first", over, names, form, now))</details>
            """
    }

    private static func table(
        _ caption: String,
        _ invitations: [Invitation],
        _ names: [OrganisationID: String],
        _ form: FormState,
        _ now: Instant,
        empty: Empty? = nil
    ) -> Markup {
        .table(
            caption,
            [
                .init("For"), .init("Roles"), .init("Created", .tight), .init("Valid until", .tight),
                .init("State", .tight), .init("Action", .tight),
            ],
            invitations.map { item in
                let isOpen = item.isOpen(at: now)
                let target = item.organisationName ?? item.organisation.flatMap { names[$0] } ?? "–"
                let kind =
                    switch item.kind {
                    case .person: "a person"
                    case .organisation: "a new ODM"
                    case .workspace: "a workspace"
                    }
                return [
                    .sub(.text(target), .text([kind, item.product?.text].compactMap { $0 }.joined(separator: ", "))),
                    .text(item.roles.map(\.words).joined(separator: ", ")), .ago(item.createdAt, now: now),
                    .time(item.expiresAt),
                    item.usedAt.map { used in "\(.badge(.ok, "Used")) \(.ago(used, now: now))" }
                        ?? (item.revokedAt != nil
                            ? .badge(.idle, "Revoked") : isOpen ? .badge(.info, "Open") : .badge(.idle, "Expired")),
                    isOpen
                        ? .action("Revoke", of: "the link for \(target)", "/people", "revoke", item.id.text, form)
                        : .none,
                ]
            },
            empty: empty
        )
    }

    private static func organisations(_ content: Content) -> Markup {
        .table(
            "All organisations",
            [.init("Name"), .init("Kind", .tight), .init("People", .number), .init("Since", .tight)],
            content.organisations.map { organisation in
                [
                    .link(organisation.name, "/people?organisation=\(organisation.id.text)"),
                    organisation.kind == .oem ? .badge(.info, "OEM") : .badge(.idle, "ODM"),
                    .number(content.people.filter { $0.organisation == organisation.id }.count),
                    .date(organisation.createdAt),
                ]
            }
        )
    }
}

extension Person {
    var state: Markup { isActive ? .badge(.ok, "Active") : .badge(.bad, "Deactivated") }
}
