public import PortalProtocol
import Statements
public import Vocabulary

/// Alarms, newest first, and what lies in quarantine.
public struct AlarmPage: SheetPage {
    public static let name = "alarms"
    public let title = "Alarms"
    let sheet: Sheet

    /// - Parameters:
    ///   - tags: If-Match of those that the viewer may acknowledge, by number.
    public init(
        _ page: Page<AlarmView>,
        quarantine: [QuarantineView],
        names: [String: String],
        tags: [Int: String],
        onlyOpen: Bool,
        viewer: Viewer,
        form: FormState,
        now: Instant
    ) {
        let shown = onlyOpen ? page.items.filter(\.isOpen) : page.items
        let rows = shown.map { alarm -> [Markup] in
            let state: Markup =
                if let cleared = alarm.clearedAt {
                    .sub(.badge(.idle, "Gone by itself"), .ago(cleared, now: now))
                } else if let seen = alarm.acknowledgedAt {
                    .sub(
                        .badge(.idle, "Acknowledged"),
                        "\(alarm.acknowledgedBy.map { names[$0] ?? $0 } ?? ""), \(.ago(seen, now: now))"
                    )
                } else { .badge(alarm.severity.tone, "Open") }
            let acknowledge: Markup =
                tags[alarm.number.value].map { tag in
                    """
                    <form method="post" action="/alarms"><input type="hidden" name="csrf" value="\(form.csrf)"><input type="hidden" name="number" value="\(alarm.number.value)">\
                    <input type="hidden" name="tag" value="\(tag)"><button type="submit" class="button small">Acknowledge<span class="sr"> alarm \(alarm.number.value)</span></button></form>
                    """
                } ?? .empty
            let times: Markup = alarm.times > 1 ? "\(alarm.times) times" : "once"
            return [
                "<span id=\"alarm-\(alarm.number.value)\">\(alarm.words)</span><span class=\"sub\">no. \(alarm.number.value), \(times)</span>",
                alarm.severity.badge,
                .sub(
                    .link(alarm.factory.text, "/factories/\(alarm.factory.text)"),
                    .text(alarm.edgeHSM.text + (alarm.other.map { " and \($0.text)" } ?? ""))
                ),
                .text(alarm.detail), .sub(.ago(alarm.lastAt, now: now), "first \(.time(alarm.firstAt))"), state,
                acknowledge,
            ]
        }
        let judged = quarantine.map { item -> [Markup] in
            [
                .sub(.text(item.kind), item.sequence.map { "entry \($0)" } ?? "checkpoint"), .code(item.code),
                .sub(.link(item.factory.text, "/factories/\(item.factory.text)"), .text(item.edgeHSM.text)),
                .text(item.detail), .ago(item.notedAt, now: now),
            ]
        }
        sheet = Sheet(
            Head(
                "Alarms",
                lead: "What the portal found in the journals that should not be there, or should and is not."
            ),
            notes: [form.note].compactMap { $0 },
            tabs: Tabs(
                "Which alarms",
                [
                    .init(title: "Open", address: "/alarms", isCurrent: onlyOpen, count: .empty),
                    .init(title: "All", address: "/alarms?show=all", isCurrent: !onlyOpen, count: .empty),
                ]
            ),
            main: [
                Box(
                    "list",
                    onlyOpen ? "Open alarms" : "All alarms",
                    .table(
                        "Alarms",
                        [
                            .init("Alarm"), .init("Severity", .tight), .init("Where"), .init("Detail", .wide),
                            .init("Last seen", .tight), .init("State", .tight), .init("Act", .tight),
                        ],
                        rows,
                        empty: Empty(
                            .check,
                            onlyOpen ? "No open alarm" : "No alarm yet",
                            "Forks, gaps, silence, duplicates of chip or key, and entries after a window are told here."
                        ),
                        next: page.next.map { "/alarms?show=\(onlyOpen ? "open" : "all")&cursor=\($0.text)" }
                    ),
                    isFlush: true
                ),
                Box(
                    "quarantine",
                    "Quarantine",
                    .table(
                        "Quarantine",
                        [
                            .init("Entry"), .init("Finding", .tight), .init("Where"), .init("Detail", .wide),
                            .init("Noted", .tight),
                        ],
                        judged,
                        empty: Empty(
                            .shield,
                            "Nothing is in quarantine",
                            "Entries that are judged wrong are stored and shown here; they block nothing and are never dropped."
                        )
                    ),
                    note: "stored, judged wrong, counted nowhere",
                    isFlush: true
                ),
            ]
        )
    }
}

/// The portal's own log.
public struct AuditPage: SheetPage {
    public static let name = "audit"
    public let title = "Audit"
    let sheet: Sheet

    /// An entry as its octets say it.
    public struct Entry: Sendable {
        public let position: Int
        public let time: Instant
        public let actor: String
        public let action: String
        public let object: String
        public let outcome: String
        public let detail: String?
        public let requestID: String

        public init(
            position: Int,
            time: Instant,
            actor: String,
            action: String,
            object: String,
            outcome: String,
            detail: String?,
            requestID: String
        ) {
            (self.position, self.time, self.actor, self.action) = (position, time, actor, action)
            (self.object, self.outcome, self.detail, self.requestID) = (object, outcome, detail, requestID)
        }
    }

    public init(
        _ entries: [Entry],
        checkpoint: AuditCheckpoint?,
        values: [String: String],
        actions: [String],
        previous: String?,
        next: String?,
        now: Instant
    ) {
        let form = FormState(values: values, key: "", csrf: "")
        let fields: [Field] = [
            .input(form, "q", "Who, what or which object", .search, isRequired: false, extra: "maxlength=\"128\""),
            .select(
                form,
                "action",
                "Act",
                [("", "Any", .empty)] + actions.map { ($0, Self.words($0), .empty) },
                isRequired: false
            ),
            .select(
                form,
                "outcome",
                "Outcome",
                [("", "Any", .empty), ("done", "Done", .empty), ("refused", "Refused", .empty)],
                isRequired: false
            ),
        ]
        let filters: Markup = """
            <section class="panel" aria-label="Filter"><div class="panel-body"><form class="filters" method="get" action="/audit">\(fields.map { Markup.of($0) }.joined())\(Markup.of(Button("Filter", icon: .filter)))</form></div></section>
            """
        let rows = entries.map { entry -> [Markup] in
            [
                .number(entry.position), .time(entry.time, seconds: true), .text(entry.actor),
                .sub(.text(Self.words(entry.action)), .code(entry.action)),
                .code(entry.object),
                entry.outcome == "done" ? .badge(.ok, "Done") : .sub(.badge(.bad, "Refused"), .code(entry.outcome)),
                .text(entry.detail ?? ""),
            ]
        }
        let state: Markup =
            checkpoint.map { checkpoint in
                """
                \(Markup.of(Definitions([("Entries", .number(checkpoint.size)), ("Merkle root", .copyable(checkpoint.root.hex, id: "audit-root", name: "root"))])))\
                <p class="row">\(Markup.of(Button("Signed export", "/audit/export.json", icon: .export, isSmall: true, isDownload: true)))\
                \(Markup.of(Button("Checkpoint", "/audit/checkpoint.json", icon: .shield, isSmall: true, isDownload: true)))</p>
                """
            } ?? .empty
        sheet = Sheet(
            Head(
                "Audit",
                lead:
                    "Every act in the portal, its own tamper-evident log: an entry can be neither changed nor taken out without the next checkpoint showing it."
            ),
            above: filters,
            main: [
                Box("checkpoint", "State of the log", state, note: "signed by the portal key, now"),
                Box(
                    "list",
                    "Entries, newest first",
                    .table(
                        "Audit entries",
                        [
                            .init("No.", .tight), .init("When", .tight), .init("Who"), .init("Act", .tight),
                            .init("Object"),
                            .init("Outcome", .tight), .init("Detail", .wide),
                        ],
                        rows,
                        empty: Empty(
                            .audit,
                            "Nothing here answers to that",
                            "Take a filter away, or look further back."
                        ),
                        next: next
                    ),
                    isFlush: true
                ),
            ]
        )
    }

    /// `createBatch` as `Create batch`.
    static func words(_ action: String) -> String {
        var text = ""
        for character in action {
            if character.isUppercase { text += " " + character.lowercased() } else { text.append(character) }
        }
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}

/// Keys and ceremonies: who may say what, and where each key is.
public struct KeysPage: SheetPage {
    public static let name = "keys"
    public let title = "Keys and ceremonies"
    let sheet: Sheet

    public struct Chain: Sendable {
        public let version: Int
        public let officers: [(name: String, key: String)]
        public let threshold: Int
        public let roles: [(String, String)]
        public let issuedAt: Instant
        public let expiresAt: Instant

        public init(
            version: Int,
            officers: [(name: String, key: String)],
            threshold: Int,
            roles: [(String, String)],
            issuedAt: Instant,
            expiresAt: Instant
        ) {
            (self.version, self.officers, self.threshold) = (version, officers, threshold)
            (self.roles, self.issuedAt, self.expiresAt) = (roles, issuedAt, expiresAt)
        }
    }

    /// - Parameters:
    ///   - chain: newest last; empty where there is none, or where the viewer may not see it.
    public init(
        chain: [Chain],
        edges: [EdgeSummary],
        preparations: [Preparation],
        keys: [ProductKeyState],
        orders: [NumberedOrder],
        viewer: Viewer,
        now: Instant
    ) {
        var main: [Box] = []
        var notes: [Note] = []
        if let newest = chain.last {
            if newest.expiresAt < now {
                notes.append(
                    Note(.bad, "RoleKeys have expired", "Nothing new loads until a ceremony signs the next version.")
                )
            } else if newest.expiresAt - now < 30 * 86_400 {
                notes.append(
                    Note(
                        .warn,
                        "RoleKeys expire \(Format.relative(newest.expiresAt, now: now))",
                        "Plan the ceremony that signs the next version."
                    )
                )
            }
            main.append(
                Box(
                    "roles",
                    "RoleKeys, version \(newest.version)",
                    """
                    \(Markup.of(Definitions([("Officers needed", "\(newest.threshold) of \(newest.officers.count)"), ("Signed", .time(newest.issuedAt)), ("Good until", .date(newest.expiresAt)), ("Versions so far", .number(chain.count))])))\
                    \(Markup.table("Roles", [.init("Role"), .init("Public key", .tight), .init("Custody")], newest.officers.map { [.text("Officer \($0.name)"), .digest($0.key, 24), "the officer's own token"] } + newest.roles.map { [.text($0.0), .digest($0.1, 24), Self.custody($0.0)] }))
                    """,
                    note: "signed by the OEM's root authority"
                )
            )
        } else if viewer.isOEM {
            main.append(
                Box(
                    "roles",
                    "RoleKeys",
                    .empty(
                        .key,
                        "No RoleKeys yet",
                        "The first ceremony makes them: \(.code("obis ceremony")) writes the file, \(.code("PUT /v1/role-keys")) brings it."
                    ),
                    isFlush: true
                )
            )
        }
        main.append(
            Box(
                "product-keys",
                "Product keys",
                .table(
                    "Product keys",
                    [
                        .init("Slot"), .init("Version", .tight), .init("Kind", .tight), .init("Custody", .tight),
                        .init("Token", .tight), .init("Check value", .tight),
                    ],
                    keys.map { key in
                        [
                            .text(key.slot.text), .text(key.version.text), key.kind == .fleet ? "fleet" : "per unit",
                            key.custody == .portalToken
                                ? .badge(.ok, "Portal token")
                                : key.custody == .importedInClear
                                    ? .badge(.warn, "Imported in clear") : .badge(.idle, "None yet", isOpen: true),
                            .code(key.token), key.checkValue.map { .digest($0.text) } ?? .none,
                        ]
                    },
                    empty: Empty(
                        .key,
                        "No product keys",
                        "Each version has a key of its own in each slot of its product."
                    )
                ),
                note: "values never leave a token but wrapped to an EdgeHSM",
                isFlush: true
            )
        )
        main.append(
            Box(
                "edge-keys",
                "Keys inside EdgeHSMs",
                .table(
                    "Keys inside EdgeHSMs",
                    [
                        .init("EdgeHSM"), .init("Product", .tight), .init("Keys", .tight), .init("Scope", .tight),
                        .init("Since", .tight),
                    ],
                    preparations.map { item in
                        [
                            .text(item.edgeHSM.text), .link(item.product.text, "/products/\(item.product.text)"),
                            item.certificates?.installedAt != nil
                                ? .badge(.ok, "PAI and debug, certified")
                                : item.receivedAt != nil
                                    ? .badge(.warn, "Born, wait for the ceremony") : .badge(.info, "Asked for"),
                            .code("\(item.vendorID) / \(item.productID)"), .ago(item.askedAt, now: now),
                        ]
                    }
                        + edges.filter { edge in !preparations.contains { $0.edgeHSM == edge.id } }.map { edge in
                            [
                                .text(edge.id.text), .none, .badge(.ok, "Enrolled by ceremony"),
                                .link(edge.factory.text, "/factories/\(edge.factory.text)"),
                                .ago(edge.enrolledAt, now: now),
                            ]
                        },
                    empty: Empty(
                        .device,
                        "No EdgeHSM yet",
                        "A PAI key is born inside one EdgeHSM, stays there, and signs nothing but DACs of its product."
                    )
                ),
                note: "born there, never leave",
                isFlush: true
            )
        )
        let ceremonies: Markup = """
            <p class="small muted">Ceremonies run offline, from one reviewed file, with a signed transcript. The portal can neither approve nor make a PAI.</p>\
            \(Markup.of(CodeBlock("obis ceremony plan.json --dry-run\nobis ceremony plan.json", id: "ceremony-command", label: "Ceremony commands")))
            """
        sheet = Sheet(
            Head("Keys and ceremonies", lead: "Keys don't travel. Certificates, authorizations and counters do."),
            notes: notes,
            main: main,
            side: [Box("ceremonies", "Ceremonies", ceremonies)]
                + (viewer.isOEM
                    ? [
                        Box(
                            "orders",
                            "Officers' orders",
                            orders.isEmpty
                                ? "<p class=\"muted\">None so far.</p>"
                                : "<p>\(orders.count) in force. They revoke, reset a clock or release the remainder of a dead box.</p>"
                        )
                    ] : [])
        )
    }

    private static func custody(_ role: String) -> Markup {
        switch role {
        case "Root authority": "offline ceremony token"
        case "Authorizer", "Portal", "Label records": "the portal's token"
        default: .none
        }
    }
}
