public import PortalProtocol
public import Vocabulary

/// One's own account: who one is, how one signs in, where one is signed in, and API tokens.
public struct AccountPage: SheetPage {
    public static let name = "account"
    public let title = "Account"
    let sheet: Sheet

    public struct Content: Sendable {
        public let me: Me
        /// Nil for who came with a token: it neither has a password nor sees sessions.
        public let account: AccountView?
        public let sessions: [SessionView]
        public let tokens: [TokenView]

        public init(me: Me, account: AccountView?, sessions: [SessionView], tokens: [TokenView]) {
            (self.me, self.account, self.sessions, self.tokens) = (me, account, sessions, tokens)
        }
    }

    public init(_ content: Content, form: FormState, now: Instant) {
        var main: [Box] = []
        if let account = content.account {
            main = [
                Box("security", "Signing in", Self.security(account, now), isFlush: true),
                Box(
                    "sessions",
                    "Where you are signed in",
                    .sessions(content.sessions, form, "/account", now),
                    note: "An idle session ends after an hour, every session after twelve.",
                    isFlush: true
                ),
            ]
        }
        main.append(
            Box(
                "tokens",
                "API tokens",
                Self.tokens(content.tokens, form, now),
                actions: [Button("New token", "/account/tokens/new", icon: .plus, isSmall: true)],
                isFlush: true
            )
        )
        let person = content.me.person
        sheet = Sheet(
            Head("Account", lead: "\(person.name), \(content.me.organisation.name)"),
            notes: [form.note].compactMap { $0 },
            main: main,
            side: [
                Box(
                    "me",
                    "You",
                    .of(
                        Definitions([
                            ("Name", .text(person.name)), ("Email", .text(person.email)),
                            ("Organisation", .text(content.me.organisation.name)),
                            ("Roles", .text(person.roles.map(\.words).joined(separator: ", "))),
                            ("Officer", person.officer.map { .text($0.text) } ?? .none),
                        ])
                    )
                        + (person.roles.contains(.oemAdmin)
                            ? "<p class=\"small\">\(.link("Change them under People", "/people/\(person.id.text)"))</p>"
                            : "<p class=\"small muted\">An OEM admin changes these.</p>")
                )
            ]
        )
    }

    private static func security(_ account: AccountView, _ now: Instant) -> Markup {
        let authenticator: Markup =
            account.authenticatorSince.map { "Set up \(.ago($0, now: now))." }
            ?? (account.needsAuthenticator ? "Your roles require one." : "Not set up: a password alone can be stolen.")
        let codes = account.recoveryCodesLeft
        var rows: [(title: Markup, text: Markup, action: Button)] = [
            (
                "Password", "Set \(.ago(account.passwordSetAt, now: now)). You sign in as \(account.email).",
                Button("Change", "/account/password", isSmall: true)
            ),
            (
                "Authenticator\(account.authenticatorSince == nil ? .badge(.warn, "Not set up") : .badge(.ok, "On"))",
                authenticator,
                Button(
                    account.authenticatorSince == nil ? "Set up" : "Replace",
                    "/account/authenticator",
                    style: account.authenticatorSince == nil ? .primary : .usual,
                    isSmall: true
                )
            ),
        ]
        if account.authenticatorSince != nil {
            rows.append(
                (
                    "Recovery codes\(codes < 3 ? .badge(codes == 0 ? .bad : .warn, "\(codes) left") : .empty)",
                    codes < 3
                        ? "Create new ones before you need them."
                        : "\(codes) left. Each signs you in once if the authenticator is lost.",
                    Button("New codes", "/account/recovery-codes", isSmall: true)
                )
            )
        }
        let items = rows.map { row -> Markup in
            """
            <li><div><p class="strong">\(row.title)</p><p class="small muted">\(row.text)</p></div>\
            <div>\(Markup.of(row.action))</div></li>
            """
        }
        return "<ul class=\"security\">\(items.joined())</ul>"
    }

    private static func tokens(_ tokens: [TokenView], _ form: FormState, _ now: Instant) -> Markup {
        .table(
            "Your API tokens",
            [
                .init("Token"), .init("Scopes", .tight), .init("Last used", .tight), .init("Valid until", .tight),
                .init("State", .tight), .init("Action", .tight),
            ],
            tokens.map { token in
                let isLive = token.revokedAt == nil && token.expiresAt > now
                return [
                    .sub(.text(token.name), .text(token.id.text)),
                    .text(token.scopes.map(\.rawValue).sorted().joined(separator: ", ")),
                    token.lastUsedAt.map { .ago($0, now: now) } ?? "never", .date(token.expiresAt),
                    token.revokedAt != nil
                        ? .badge(.bad, "Revoked") : isLive ? .badge(.ok, "Valid") : .badge(.idle, "Expired"),
                    isLive
                        ? .action(
                            "Revoke",
                            of: "token \(token.name)",
                            "/account",
                            "token",
                            token.id.text,
                            form,
                            isDangerous: true
                        )
                        : .none,
                ]
            },
            empty: Empty(
                .key,
                "No token",
                "A program that acts in your name uses a token: the API does all that the pages do.",
                [Button("New token", "/account/tokens/new")]
            )
        )
    }
}

extension Markup {
    /// A form that is one button, in a row.
    ///
    /// - Parameters:
    ///   - thing: read out after the button's text: which one.
    ///   - what: value of `do`.
    static func action(
        _ text: String,
        of thing: String,
        _ address: String,
        _ what: String,
        _ id: String,
        _ form: FormState,
        isDangerous: Bool = false
    ) -> Markup {
        """
        <form method="post" action="\(address)">\(form.hidden)<input type="hidden" name="do" value="\(what)">\
        <input type="hidden" name="id" value="\(id)"><button type="submit" \
        class="button small\(isDangerous ? " danger" : "")">\(text)<span class="sr"> \(thing)</span></button></form>
        """
    }

    /// Open sessions, of oneself with a button for each.
    static func sessions(_ sessions: [SessionView], _ form: FormState?, _ address: String, _ now: Instant) -> Markup {
        var columns: [Table.Column] = [
            .init("Browser"), .init("Signed in", .tight), .init("Last seen", .tight), .init("Ends by", .tight),
        ]
        if form != nil { columns.append(.init("Action", .tight)) }
        let table = Markup.table(
            "Open sessions",
            columns,
            sessions.map { session in
                let agent = AgentWords.of(session.agent)
                let here: Markup = session.isCurrent ? " \(.badge(.info, "This one"))" : .empty
                return [
                    .sub("\(agent)\(here)", "from \(session.address)"), .ago(session.createdAt, now: now),
                    now - session.lastSeenAt < 90 ? "now" : .ago(session.lastSeenAt, now: now),
                    .time(session.expiresAt),
                ]
                    + (form.map { form in
                        [
                            session.isCurrent
                                ? .none
                                : .action(
                                    "End session",
                                    of: "\(agent) from \(session.address)",
                                    address,
                                    "session",
                                    session.id.text,
                                    form
                                )
                        ]
                    } ?? [])
            },
            empty: Empty(.person, "Not signed in anywhere", "Sessions appear here with their browser and address.")
        )
        guard let form, sessions.count > 1 else { return table }
        return
            "\(table)<div class=\"panel-foot\">\(.action("End all other sessions", of: "", address, "others", "all", form, isDangerous: true))</div>"
    }
}

/// What a browser says of itself, in words: `Firefox on Linux`. Unproven.
enum AgentWords {
    private static let browsers = [
        ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"),
    ]
    private static let systems = [
        ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"), ("Linux", "Linux"),
    ]

    static func of(_ agent: String?) -> String {
        guard let agent else { return "Unknown browser" }
        let browser = browsers.first { agent.contains($0.0) }?.1
        let system = systems.first { agent.contains($0.0) }?.1
        return switch (browser, system) {
        case (let browser?, let system?): "\(browser) on \(system)"
        case (let browser?, nil): browser
        case (nil, let system?): "A browser on \(system)"
        case (nil, nil): String(agent.prefix(40))
        }
    }
}
