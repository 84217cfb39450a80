public import PortalProtocol
public import Vocabulary

/// People, invitations and ODMs.
public struct PeoplePage: SheetPage {
    public static let name = "people"
    public let title = "People"
    let sheet: Sheet

    public init(_ people: [Person], organisations: [Organisation], invitations: [Invitation], form: FormState, opened: String?, viewer: Viewer, now: Instant) {
        let names = Dictionary(organisations.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let isAdmin = viewer.roles.contains(.oemAdmin)
        let actions =
            isAdmin
            ? [
                Button("Invite a person", "/people?do=person", icon: .plus, style: .primary, dialog: "dialog-person"),
                Button("Invite an ODM", "/people?do=odm", dialog: "dialog-odm"),
            ] : []
        let rows = people.map { person -> [Markup] in
            [
                .sub(.text(person.name), .text(person.email)), .text(names[person.organisation] ?? person.organisation.text),
                person.roles.sorted { $0.rawValue < $1.rawValue }.map { Markup.badge(.idle, $0.words) }.joined(" "),
                person.officer.map { .badge(.info, $0.text) } ?? .none,
                person.isActive ? .badge(.ok, "Active") : .badge(.bad, "Switched off"),
                isAdmin ? Self.toggle(person, form) : .empty,
            ]
        }
        let open = invitations.filter { $0.usedAt == nil && $0.revokedAt == nil && $0.expiresAt > now }
        var main = [
            Box(
                "list",
                "People",
                .table(
                    "People",
                    [.init("Person"), .init("Organisation"), .init("Roles"), .init("Officer", .tight), .init("State", .tight), .init("Act", .tight)],
                    rows,
                    empty: Empty(.people, "Nobody yet", "Invite somebody by a link that works once.", actions)
                ),
                isFlush: true
            )
        ]
        if isAdmin {
            main.append(
                Box(
                    "invitations",
                    "Open invitations",
                    .table(
                        "Open invitations",
                        [.init("For"), .init("Roles"), .init("Product", .tight), .init("Good until", .tight), .init("Act", .tight)],
                        open.map { item in
                            [
                                .text(item.organisationName ?? item.organisation.flatMap { names[$0] } ?? "–"),
                                .text(item.roles.map(\.words).joined(separator: ", ")), item.product.map { .text($0.text) } ?? .none,
                                .time(item.expiresAt),
                                """
                                <form method="post" action="/people"><input type="hidden" name="csrf" value="\(form.csrf)"><input type="hidden" name="do" value="revoke"><input type="hidden" name="id" value="\(item.id.text)">\
                                <button type="submit" class="button small">Revoke<span class="sr"> invitation \(item.id.text)</span></button></form>
                                """,
                            ]
                        },
                        empty: Empty(.link, "No open invitation", "A link works once, and for as many days as you say.")
                    ),
                    isFlush: true
                )
            )
            main.append(
                Box(
                    "organisations",
                    "Organisations",
                    .table(
                        "Organisations",
                        [.init("Name"), .init("Kind", .tight), .init("People", .number), .init("Since", .tight)],
                        organisations.map { organisation in
                            [
                                .sub(.text(organisation.name), .text(organisation.id.text)), organisation.kind == .oem ? .badge(.info, "OEM") : .badge(.idle, "ODM"),
                                .number(people.filter { $0.organisation == organisation.id }.count), .date(organisation.createdAt),
                            ]
                        }
                    ),
                    isFlush: true
                )
            )
        }
        sheet = Sheet(
            Head("People", lead: viewer.isOEM ? "Who may do what, here and at the ODMs." : "The people of \(viewer.organisation).", actions: actions),
            notes: opened == nil ? [form.note].compactMap { $0 } : [],
            main: main,
            dialogs: isAdmin ? Self.dialogs(organisations, form, opened) : []
        )
    }

    private static func toggle(_ person: Person, _ form: FormState) -> Markup {
        """
        <form method="post" action="/people"><input type="hidden" name="csrf" value="\(form.csrf)"><input type="hidden" name="do" value="\(person.isActive ? "off" : "on")">\
        <input type="hidden" name="id" value="\(person.id.text)"><button type="submit" class="button small">\(person.isActive ? "Switch off" : "Switch on")<span class="sr"> \(person.name)</span></button></form>
        """
    }

    private static func dialogs(_ organisations: [Organisation], _ form: FormState, _ opened: String?) -> [DialogForm] {
        [
            DialogForm(
                "person",
                "Invite a person",
                "The link works once. A role counts only in an organisation of its kind.",
                action: "/people",
                form: form,
                fields: [
                    .select(form, "organisation", "Organisation", organisations.map { ($0.id.text, $0.name, .empty) }),
                    .checks(form, "roles", "Roles", Role.allCases.map { ($0.rawValue, $0.words) }),
                    .input(form, "officer", "Officer", help: "Their name in RoleKeys, where the person is one of the officers.", isRequired: false),
                    .input(form, "days", "Good for days", .number, value: "7", extra: "min=\"1\" max=\"30\""),
                ],
                submit: Button("Make the link", style: .primary),
                isOpen: opened == "person"
            ),
            DialogForm(
                "odm",
                "Invite an ODM",
                "Its first person gets the link and both ODM roles; what it sees are the workspaces that you open.",
                action: "/people",
                form: form,
                fields: [
                    .input(form, "organisationName", "Name of the ODM"),
                    .input(form, "days", "Good for days", .number, value: "7", extra: "min=\"1\" max=\"30\""),
                ],
                submit: Button("Make the link", style: .primary),
                isOpen: opened == "odm"
            ),
        ]
    }
}

/// One's own account: who one is, and API tokens.
public struct AccountPage: SheetPage {
    public static let name = "account"
    public let title = "Account"
    let sheet: Sheet

    public init(_ me: Me, tokens: [TokenView], form: FormState, opened: String?, now: Instant) {
        let rows = tokens.map { token -> [Markup] in
            let isLive = token.revokedAt == nil && token.expiresAt > now
            return [
                .sub(.text(token.name), .text(token.id.text)), .text(token.scopes.map(\.rawValue).sorted().joined(separator: ", ")),
                token.lastUsedAt.map { .ago($0, now: now) } ?? "never", .date(token.expiresAt),
                token.revokedAt != nil ? .badge(.bad, "Revoked") : isLive ? .badge(.ok, "Valid") : .badge(.idle, "Expired"),
                isLive
                    ? """
                        <form method="post" action="/account"><input type="hidden" name="csrf" value="\(form.csrf)"><input type="hidden" name="do" value="revoke"><input type="hidden" name="id" value="\(token.id.text)">\
                        <button type="submit" class="button small danger">Revoke<span class="sr"> token \(token.name)</span></button></form>
                        """ : .empty,
            ]
        }
        sheet = Sheet(
            Head(
                "Account",
                lead: "\(me.person.name), \(me.organisation.name)",
                actions: [Button("New token", "/account?do=token", icon: .plus, style: .primary, dialog: "dialog-token")]
            ),
            notes: opened == nil ? [form.note].compactMap { $0 } : [],
            main: [
                Box(
                    "tokens",
                    "API tokens",
                    .table(
                        "API tokens",
                        [.init("Token"), .init("May", .tight), .init("Last used", .tight), .init("Good until", .tight), .init("State", .tight), .init("Act", .tight)],
                        rows,
                        empty: Empty(.key, "No token", "Programs use tokens: what the pages do, the API does.")
                    ),
                    note: .link("The API's document", "/openapi.json"),
                    isFlush: true
                )
            ],
            side: [
                Box(
                    "me",
                    "You",
                    .of(
                        Definitions([
                            ("Name", .text(me.person.name)), ("Email", .text(me.person.email)), ("Roles", .text(me.person.roles.map(\.words).joined(separator: ", "))),
                            ("Officer", me.person.officer.map { .text($0.text) } ?? .none), ("Organisation", .text(me.organisation.name)),
                        ])
                    )
                )
            ],
            dialogs: [
                DialogForm(
                    "token",
                    "New API token",
                    "Shown once. It can do what you can, within its scopes.",
                    action: "/account",
                    form: form,
                    fields: [
                        .input(form, "name", "Name", help: "What it is for."),
                        .checks(form, "scopes", "May", [("read", "Read"), ("write", "Write")], value: "read"),
                        .input(form, "days", "Good for days", .number, value: "90", extra: "min=\"1\" max=\"365\""),
                    ],
                    submit: Button("Make the token", style: .primary),
                    isOpen: opened == "token"
                )
            ]
        )
    }
}

/// Everything that is listed, as files.
public struct ExportPage: SheetPage {
    public static let name = "exports"
    public let title = "Exports"
    let sheet: Sheet

    public init(_ lists: [(id: String, title: String, words: String)]) {
        let rows = lists.map { list -> [Markup] in
            [
                .sub(.text(list.title), .text(list.words)),
                "<span class=\"row\">\(Markup.of(Button("CSV", "/exports/\(list.id).csv", icon: .export, isSmall: true, isDownload: true)))\(Markup.of(Button("JSON", "/exports/\(list.id).json", icon: .export, isSmall: true, isDownload: true)))</span>",
            ]
        }
        sheet = Sheet(
            Head("Exports", lead: "Everything that is listed here, as a stream, as far as you may see it. JSON has each field as the API says it."),
            main: [Box("lists", "Lists", .table("Exports", [.init("List"), .init("File", .tight)], rows), isFlush: true)]
        )
    }
}
