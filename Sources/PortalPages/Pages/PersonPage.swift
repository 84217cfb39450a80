public import PortalProtocol
public import Vocabulary

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

        /// Empty for whom they are not.
        public let tokens: [TokenView]
        /// Who looks.
        public let isSelf: Bool
        /// The portal refuses to be left without an OEM admin.
        public let isLastAdmin: Bool

        public init(
            person: Person,
            organisation: Organisation?,
            sessions: [SessionView]?,
            tokens: [TokenView],
            isSelf: Bool = false,
            isLastAdmin: Bool = false
        ) {
            (self.person, self.organisation, self.sessions) = (person, organisation, sessions)
            (self.tokens, self.isSelf, self.isLastAdmin) = (tokens, isSelf, isLastAdmin)
        }
    }

    public init(_ content: Content, form: FormState, opened: String?, viewer: Viewer, now: Instant) {
        let person = content.person
        let place = "/people/\(person.id.text)"
        title = person.name
        // What has no dialog is told of on the page.
        let opened = content.isLastAdmin && opened == "off" ? nil : opened
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
                        : [
                            Button(
                                "End sessions",
                                "\(place)?do=end",
                                style: .danger,
                                dialog: "dialog-end",
                                isSmall: true
                            )
                        ],
                    isFlush: true
                )
            )
        }
        if isAdmin {
            let tokens = Self.tokens(content.tokens, person, place, form, now)
            main.append(Box("tokens", "API tokens of \(person.name)", tokens, isFlush: true))
        }
        let about = Box("about", "About", Self.about(person, content.organisation, viewer))
        sheet = Sheet(
            Head(
                person.name,
                crumbs: [("People", "/people")],
                badges: content.isSelf ? "\(person.state) \(.badge(.info, "This is you"))" : person.state,
                lead: .text(person.email),
                actions: isAdmin ? Self.actions(content, place) : []
            ),
            notes: (opened == nil ? [form.note].compactMap { $0 } : []) + (isAdmin ? Self.notes(content) : []),
            main: main.isEmpty ? [about] : main,
            side: main.isEmpty ? [] : [about],
            dialogs: isAdmin ? Self.dialogs(content, place, form, opened) : []
        )
    }

    /// Why somebody can't be deactivated.
    private static func notes(_ content: Content) -> [Note] {
        guard content.isLastAdmin else { return [] }
        let who = content.isSelf ? "You are" : "\(content.person.name) is"
        return [
            Note(
                .info,
                "\(who) the only active OEM admin",
                "An OEM needs one: deactivating, or taking the role away, is possible once another active person has the role."
            )
        ]
    }

    private static func actions(_ content: Content, _ place: String) -> [Button] {
        let person = content.person
        let reset = Button("Reset link", "\(place)?do=reset", icon: .link, dialog: "dialog-reset")
        guard !content.isLastAdmin else { return [reset] }
        let toggle =
            person.isActive
            ? Button("Deactivate", "\(place)?do=off", style: .danger, dialog: "dialog-off")
            : Button("Activate", "\(place)?do=on", dialog: "dialog-on")
        return (person.isActive ? [reset] : []) + [toggle]
    }

    private static func tokens(
        _ tokens: [TokenView],
        _ person: Person,
        _ place: String,
        _ form: FormState,
        _ now: Instant
    ) -> Markup {
        .table(
            "API tokens of \(person.name)",
            [
                .init("Token"), .init("Scopes", .tight), .init("Last used", .tight), .init("Valid until", .tight),
                .init("State", .tight), .init("Action", .tight),
            ],
            tokens.map { token in
                let isLive = token.revokedAt == nil && token.expiresAt > now
                let state: Markup =
                    token.revokedAt != nil
                    ? .badge(.bad, "Revoked") : isLive ? .badge(.ok, "Valid") : .badge(.idle, "Expired")
                let of = "token \(token.name) of \(person.name)"
                return [
                    .sub(.text(token.name), .text(token.id.text)),
                    .text(token.scopes.map(\.rawValue).sorted().joined(separator: ", ")),
                    token.lastUsedAt.map { .ago($0, now: now) } ?? "never", .date(token.expiresAt), state,
                    isLive
                        ? .action("Revoke", of: of, place, "token", token.id.text, form, isDangerous: true) : .none,
                ]
            },
            empty: Empty(.key, "No token", "No program can act in the name of \(person.name).")
        )
    }

    private static func about(_ person: Person, _ organisation: Organisation?, _ viewer: Viewer) -> Markup {
        .of(
            Definitions([
                ("Organisation", .text(organisation?.name ?? viewer.organisation)),
                ("Roles", .text(person.roles.map(\.words).joined(separator: ", "))),
                ("Officer", person.officer.map { .text($0.text) } ?? .none),
                ("Id", .copyable(person.id.text, id: "person-id", name: "id")),
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
                    help: "The name that the officer has in the RoleKeys. Leave it empty for anybody else.",
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
            groups: [(nil, "Changing the roles signs the person out everywhere.", fields)],
            submit: Button("Save", style: .primary)
        )
    }

    private static func dialogs(
        _ content: Content,
        _ place: String,
        _ form: FormState,
        _ opened: String?
    )
        -> [DialogForm]
    {
        let (person, isSelf) = (content.person, content.isSelf)
        // Whoever does it to themselves reads that first.
        let own: Markup = isSelf ? "<strong>This is you.</strong> " : .empty
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
        let all = [
            dialog(
                "reset",
                "Reset link for \(person.name)",
                isSelf
                    ? "\(own)The link works once, within a day. When it is used, your old password, authenticator, recovery codes and sessions are void."
                    : "The link works once, within a day. When it is used, the old password, authenticator, recovery codes and sessions are void. Make sure that the request really comes from \(person.name).",
                "Create link",
                .primary
            ),
            dialog(
                "end",
                "End all sessions of \(person.name)",
                isSelf
                    ? "\(own)You are signed out everywhere, here too, and sign in again. API tokens stay."
                    : "\(person.name) has to sign in again everywhere. API tokens stay.",
                "End sessions",
                .danger
            ),
            person.isActive
                ? dialog(
                    "off",
                    "Deactivate \(person.name)",
                    isSelf
                        ? "\(own)You are signed out at once and can't come back until another OEM admin activates you."
                        : "All sessions of \(person.name) end, and their tokens are refused until they are activated again.",
                    "Deactivate",
                    .danger
                )
                : dialog(
                    "on",
                    "Activate \(person.name)",
                    "They can sign in again, with the roles that they have.",
                    "Activate",
                    .primary
                ),
        ]
        return content.isLastAdmin ? all.filter { $0.id != "dialog-off" } : all
    }
}
