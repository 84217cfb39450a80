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
                content.organisation.flatMap { names[$0] } ?? (viewer.isOEM ? "Everybody" : viewer.organisation),
                Self.people(content, names, invite),
                note: content.organisation == nil ? .empty : .link("Show everybody", "/people"),
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
                    ? "Who may do what, here and at the ODMs."
                    : "Your colleagues here. Administrators of the OEM invite people and give roles.",
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
            empty: Empty(.people, "Nobody yet", "Invite somebody by a link that works once.", invite)
        )
    }

    private static func invitations(
        _ invitations: [Invitation],
        _ names: [OrganisationID: String],
        _ form: FormState,
        _ now: Instant
    ) -> Markup {
        .table(
            "Invitations, newest first",
            [
                .init("For"), .init("Roles"), .init("Made", .tight), .init("Good until", .tight),
                .init("State", .tight), .init("Action", .tight),
            ],
            invitations.sorted { $0.createdAt > $1.createdAt }.map { item in
                let isOpen = item.usedAt == nil && item.revokedAt == nil && item.expiresAt > now
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
            empty: Empty(.link, "No invitation yet", "A link works once, and for as many days as you say.")
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
    var state: Markup { isActive ? .badge(.ok, "Active") : .badge(.bad, "Switched off") }
}

/// One person: roles, and what an administrator does about them.
public struct PersonPage: SheetPage {
    public static let name = "person"
    public let title: String
    let sheet: Sheet

    public struct Content: Sendable {
        public let person: Person
        /// Nil where the viewer can't see organisations: it is their own.
        public let organisation: Organisation?
        /// Nil for whom they are not.
        public let sessions: [SessionView]?

        public init(person: Person, organisation: Organisation?, sessions: [SessionView]?) {
            (self.person, self.organisation, self.sessions) = (person, organisation, sessions)
        }
    }

    public init(_ content: Content, form: FormState, opened: String?, viewer: Viewer, now: Instant) {
        let person = content.person
        let place = "/people/\(person.id.text)"
        title = person.name
        let isAdmin = content.sessions != nil
        var main: [Box] = []
        if isAdmin {
            main.append(Box("roles", "What \(person.name) may do", .of(Self.change(person, place, content, form))))
        }
        if let sessions = content.sessions {
            main.append(
                Box(
                    "sessions",
                    "Where \(person.name) is signed in",
                    .sessions(sessions, nil, place, now),
                    actions: sessions.isEmpty
                        ? []
                        : [Button("End all", "\(place)?do=end", style: .danger, dialog: "dialog-end", isSmall: true)],
                    isFlush: true
                )
            )
        }
        let about = Box("about", "About", Self.about(person, content.organisation, viewer))
        sheet = Sheet(
            Head(
                person.name,
                crumbs: [("People", "/people")],
                badges: person.state,
                lead: .text(person.email),
                actions: isAdmin ? Self.actions(person, place) : []
            ),
            notes: opened == nil ? [form.note].compactMap { $0 } : [],
            main: main.isEmpty ? [about] : main,
            side: main.isEmpty ? [] : [about],
            dialogs: isAdmin ? Self.dialogs(person, place, form, opened) : []
        )
    }

    private static func actions(_ person: Person, _ place: String) -> [Button] {
        let toggle =
            person.isActive
            ? Button("Switch off", "\(place)?do=off", style: .danger, dialog: "dialog-off")
            : Button("Switch on", "\(place)?do=on", dialog: "dialog-on")
        return (person.isActive ? [Button("Reset link", "\(place)?do=reset", icon: .link, dialog: "dialog-reset")] : [])
            + [toggle]
    }

    private static func about(_ person: Person, _ organisation: Organisation?, _ viewer: Viewer) -> Markup {
        .of(
            Definitions([
                ("Organisation", .text(organisation?.name ?? viewer.organisation)),
                ("Roles", .text(person.roles.map(\.words).joined(separator: ", "))),
                ("Officer", person.officer.map { .text($0.text) } ?? .none), ("Id", .code(person.id.text)),
            ])
        )
    }

    private static func change(_ person: Person, _ place: String, _ content: Content, _ form: FormState) -> FormBox {
        let kind = content.organisation?.kind ?? person.roles.first?.kind ?? .odm
        var fields: [Field] = [
            .input(form, "name", "Name", value: person.name, extra: "autocomplete=\"off\" maxlength=\"128\""),
            .checks(
                form,
                "roles",
                "Roles",
                Role.allCases.filter { $0.kind == kind }.map { ($0.rawValue, $0.words) },
                value: person.roles.map(\.rawValue).joined(separator: ",")
            ),
        ]
        if kind == .oem {
            fields.append(
                .input(
                    form,
                    "officer",
                    "Officer",
                    help: "Their name in RoleKeys, where this person is one of the officers.",
                    value: person.officer?.text ?? "",
                    isRequired: false,
                    extra: "autocomplete=\"off\" spellcheck=\"false\" maxlength=\"64\""
                )
            )
        }
        return FormBox(
            action: place,
            form: form,
            what: "change",
            groups: [(nil, "With other roles the person's sessions end.", fields)],
            submit: Button("Save", style: .primary)
        )
    }

    private static func dialogs(_ person: Person, _ place: String, _ form: FormState, _ opened: String?) -> [DialogForm]
    {
        func dialog(
            _ what: String,
            _ title: String,
            _ text: Markup,
            _ button: String,
            _ style: Button.Style
        ) -> DialogForm {
            DialogForm(
                what,
                title,
                text,
                action: place,
                form: form,
                fields: [],
                submit: Button(button, style: style),
                isOpen: opened == what
            )
        }
        return [
            dialog(
                "reset",
                "Reset link for \(person.name)",
                "A link with which they set a password: once, within a day. What they sign in with now counts until it is used; then password, authenticator, recovery codes and sessions from before are void. Make sure that it is they who ask.",
                "Make the link",
                .primary
            ),
            dialog(
                "end",
                "End all sessions of \(person.name)",
                "They must sign in again everywhere. API tokens stay.",
                "End all",
                .danger
            ),
            person.isActive
                ? dialog(
                    "off",
                    "Switch \(person.name) off",
                    "Sessions end and tokens open nothing, until somebody switches them on again.",
                    "Switch off",
                    .danger
                )
                : dialog(
                    "on",
                    "Switch \(person.name) on",
                    "They can sign in again, with the roles that they have.",
                    "Switch on",
                    .primary
                ),
        ]
    }
}

/// A link for somebody new.
public struct InvitePage: SheetPage {
    public static let name = "invite"
    public let title: String
    let sheet: Sheet

    public enum Kind: Sendable {
        /// Into one of these organisations.
        case person([Organisation], into: Organisation)
        /// With a workspace of one of these products, or without.
        case odm([Product])
    }

    public init(_ kind: Kind, form: FormState) {
        var fields: [Field]
        var above: Markup = .empty
        let (action, lead): (String, Markup)
        switch kind {
        case .person(let all, let organisation):
            title = "Invite a person"
            lead = "The link works once. Who opens it says their name, their address and a password."
            action = "/people/invite?organisation=\(organisation.id.text)"
            above = Self.choice(all, organisation)
            fields = [
                .checks(
                    form,
                    "roles",
                    "Roles",
                    Role.allCases.filter { $0.kind == organisation.kind }.map { ($0.rawValue, $0.words) }
                )
            ]
            if organisation.kind == .oem {
                fields.append(
                    .input(
                        form,
                        "officer",
                        "Officer",
                        help: "Their name in RoleKeys, where the person is one of the officers.",
                        isRequired: false,
                        extra: "autocomplete=\"off\" spellcheck=\"false\" maxlength=\"64\""
                    )
                )
            }
        case .odm(let products):
            title = "Invite an ODM"
            lead =
                "Its first person gets the link and both ODM roles. The ODM sees the workspaces that you open, and nothing else."
            action = "/people/invite?kind=odm"
            fields = [
                .input(
                    form,
                    "organisationName",
                    "Name of the ODM",
                    extra: "autocomplete=\"off\" autofocus maxlength=\"128\""
                ),
                .select(
                    form,
                    "product",
                    "Workspace",
                    [("", "None yet", .empty)] + products.map { ($0.product.text, $0.title.text, .empty) },
                    help: "The product that it makes.",
                    isRequired: false
                ),
            ]
        }
        fields.append(
            .input(form, "days", "Good for days", .number, help: "1 to 30.", value: "7", extra: "min=\"1\" max=\"30\"")
        )
        let box = FormBox(
            action: action,
            form: form,
            groups: [(nil, .empty, fields)],
            submit: Button("Make the link", style: .primary),
            cancel: "/people"
        )
        sheet = Sheet(
            Head(title, crumbs: [("People", "/people")], lead: lead),
            above: above,
            main: [Box("link", "Link", .of(box))],
            side: [
                Box(
                    "about",
                    "What happens",
                    """
                    <ul class="stack-s small"><li>You get the link once, and pass it on yourself: the portal sends no mail.</li>\
                    <li>Its code stands behind #, so it gets into no log on the way.</li><li>It can be revoked until it is used.</li></ul>
                    """
                )
            ]
        )
    }

    private static func choice(_ all: [Organisation], _ chosen: Organisation) -> Markup {
        let field = Field.select(
            nil,
            "organisation",
            "Organisation",
            all.map { ($0.id.text, "\($0.name) (\($0.kind.rawValue.uppercased()))", .empty) },
            value: chosen.id.text
        )
        return """
            <section class="panel" aria-label="Organisation"><div class="panel-body"><form class="filters choose" method="get" action="/people/invite">\
            \(Markup.of(field))\(Markup.of(Button("Choose")))</form></div></section>
            """
    }
}
