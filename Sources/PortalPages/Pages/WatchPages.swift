public import PortalProtocol
import Statements
public import Vocabulary

/// Alarms, newest first, and what lies in quarantine.
public struct AlarmPage: SheetPage {
    public static let name = "alarms"
    public let title = "Alarms"
    let sheet: Sheet

    /// - Parameters:
    ///   - edges: to say of whom it still stands.
    ///   - tags: If-Match of those that the viewer may acknowledge, by number.
    public init(
        _ page: Page<AlarmView>,
        quarantine: Page<QuarantineView>,
        names: [String: String],
        factories: [FactoryID: Factory] = [:],
        edges: [EdgeHSMID: EdgePlace] = [:],
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
                        "\(.badge(.idle, "Acknowledged"))\(Self.standing(alarm, edges))",
                        "\(alarm.acknowledgedBy.map { names[$0] ?? $0 } ?? ""), \(.ago(seen, now: now))"
                    )
                } else { "\(.badge(alarm.severity.tone, "Open"))\(Self.standing(alarm, edges))" }
            let acknowledge: Markup =
                tags[alarm.number.value].map { tag in
                    """
                    <form method="post" action="/alarms"><input type="hidden" name="csrf" value="\(form.csrf)"><input type="hidden" name="number" value="\(alarm.number.value)">\
                    <input type="hidden" name="tag" value="\(tag)"><button type="submit" class="button small">Acknowledge<span class="sr"> alarm \(alarm.number.value)</span></button></form>
                    """
                } ?? .empty
            return [
                .sub("<span id=\"alarm-\(alarm.number.value)\">\(alarm.words)</span>", alarm.severity.badge),
                "\(alarm.number.value)",
                .factory(alarm.factory, factories, alarm.edgeHSM, other: alarm.other),
                alarm.meaning.map { .sub("\($0)\(Self.way(alarm, edges, viewer))", .text(alarm.detail)) }
                    ?? .text(alarm.detail),
                .number(alarm.times), alarm.sequence.map { "\(Format.number($0))" } ?? .none("of no one entry"),
                .sub(.ago(alarm.lastAt, now: now), "first \(.time(alarm.firstAt))"),
                // On a line of its own: the row is as wide as the page already.
                state + "<div>\(acknowledge)</div>",
            ]
        }
        let judged = quarantine.items.map { item -> [Markup] in
            [
                .sub(.text(item.kind), item.sequence.map { "entry \(Format.number($0))" } ?? "checkpoint"),
                .dotted(item.code),
                .factory(item.factory, factories, item.edgeHSM),
                .text(item.detail), .ago(item.notedAt, now: now),
            ]
        }
        sheet = Sheet(
            Head(
                "Alarms",
                lead: "What the portal found in the journals that should not be there, or should and is not."
            ),
            notes: [form.note, Self.stillStopped(edges, viewer)].compactMap { $0 },
            tabs: Tabs(
                "Which alarms",
                [
                    .init(title: "Open", address: "/alarms", isCurrent: onlyOpen, count: .empty),
                    .init(
                        title: "All, acknowledged too",
                        address: "/alarms?show=all",
                        isCurrent: !onlyOpen,
                        count: .empty
                    ),
                ]
            ),
            main: [
                Box(
                    "list",
                    onlyOpen ? "Open: nobody has acknowledged them" : "All alarms",
                    .table(
                        "Alarms",
                        [
                            .init("Alarm"), .init("No.", .tight), .init("Where"), .init("What it means", .wide),
                            .init("Times seen", .number), .init("Journal entry", .number), .init("Last seen", .tight),
                            .init("State", .tight),
                        ],
                        rows,
                        empty: Empty(
                            .check,
                            onlyOpen ? "No open alarm" : "No alarm yet",
                            "Forks, gaps, silence, duplicates of chip or key, and entries after a window are told here."
                        ),
                        next: page.next.map { "/alarms?show=\(onlyOpen ? "open" : "all")&cursor=\($0.text)" },
                        style: "folds"
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
                        ),
                        style: "folds"
                    )
                        + (quarantine.next == nil
                            ? .empty
                            : "<p class=\"panel-foot\">The newest \(judged.count). \(.link("All of them as a file", "/exports/quarantine.csv"))</p>"),
                    note: "stored, judged wrong, counted nowhere",
                    isFlush: true
                ),
            ]
        )
    }

    /// To acknowledge says that somebody has seen it; what it found may go on.
    private static func standing(_ alarm: AlarmView, _ edges: [EdgeHSMID: EdgePlace]) -> Markup {
        AlarmView.stopping.contains(alarm.kind) && alarm.clearedAt == nil
            ? .stopped(edges[alarm.edgeHSM]?.halted) : .empty
    }

    /// Where to go with it.
    private static func way(_ alarm: AlarmView, _ edges: [EdgeHSMID: EdgePlace], _ viewer: Viewer) -> Markup {
        guard AlarmView.stopping.contains(alarm.kind), let place = edges[alarm.edgeHSM], place.halted != nil else {
            return .empty
        }
        let orders: Markup = viewer.isOEM ? " · \(.link("Officers' orders", "/keys/orders"))" : .empty
        return "<p>\(.link("What to do now", "/factories/\(place.site.text)#halt"))\(orders)</p>"
    }

    /// A stop outlasts its alarm.
    private static func stillStopped(_ edges: [EdgeHSMID: EdgePlace], _ viewer: Viewer) -> Note? {
        let stopped = edges.filter { $0.value.halted != nil }.sorted { $0.key.text < $1.key.text }
        guard !stopped.isEmpty else { return nil }
        let items = stopped.map { edge, place -> Markup in
            "<li>\(.link(edge.text, place.address(of: edge))) at \(place.factory), \(place.halted ?? ""): \(.link("what to do now", "/factories/\(place.site.text)#halt"))</li>"
        }
        return Note(
            .bad,
            stopped.count == 1 ? "1 EdgeHSM is stopped" : "\(stopped.count) EdgeHSMs are stopped",
            viewer.isOEM
                ? "To acknowledge an alarm does not lift a stop: \(.link("an order of the officers", "/keys/orders")) does."
                : "To acknowledge an alarm does not lift a stop: only the OEM's officers do.",
            list: "<ul>\(items.joined())</ul>"
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
        /// By name where it is known.
        public let actor: String
        public let actorID: String
        public let action: String
        public let object: String
        /// What the object is called, and its page; nil where it is not known, or the actor's own session.
        public let place: Place?
        public let outcome: String
        public let detail: String?
        public let requestID: String

        public init(
            position: Int,
            time: Instant,
            actor: String,
            actorID: String,
            action: String,
            object: String,
            place: Place? = nil,
            outcome: String,
            detail: String?,
            requestID: String
        ) {
            (self.position, self.time, self.actor, self.action) = (position, time, actor, action)
            (self.object, self.outcome, self.detail, self.requestID) = (object, outcome, detail, requestID)
            (self.actorID, self.place) = (actorID, place)
        }
    }

    /// - Parameters:
    ///   - values: filters as they were entered.
    ///   - errors: what is wrong with a filter, by field.
    ///   - actors: what may be entered for who acts: names, and ids where a name is not enough.
    ///   - exports: addresses of the same list as CSV and JSON.
    public init(
        _ entries: [Entry],
        checkpoint: AuditCheckpoint?,
        values: [String: String],
        errors: [String: String] = [:],
        actors: [String],
        actions: [String],
        exports: [String],
        next: String?,
        now: Instant
    ) {
        let isFiltered = values.contains { !$0.value.isEmpty }
        sheet = Sheet(
            Head(
                "Audit",
                lead:
                    "Everything done in the portal, in a tamper-evident log: no entry can be changed or removed without the next checkpoint showing it."
            ),
            above: Self.filters(values, errors, actors, actions),
            main: [
                Box(
                    "checkpoint",
                    "State of the log",
                    Self.state(checkpoint),
                    note: "signed by the portal at \(.time(now, seconds: true))"
                ),
                Box(
                    "list",
                    isFiltered ? "Matching entries, newest first" : "Entries, newest first",
                    Self.table(entries, next),
                    actions: zip(["CSV", "JSON"], exports).map {
                        Button($0, $1, icon: .export, isSmall: true, isDownload: true)
                    },
                    isFlush: true
                ),
            ]
        )
    }

    private static func filters(
        _ values: [String: String],
        _ errors: [String: String],
        _ actors: [String],
        _ actions: [String]
    ) -> Markup {
        let form = FormState(values: values, errors: errors, key: "", csrf: "")
        let options = actors.map { actor -> Markup in "<option value=\"\(actor)\"></option>" }
        let fields: [Field] = [
            .input(
                form,
                "actor",
                "Person, name or id",
                .search,
                isRequired: false,
                extra: "maxlength=\"200\" autocomplete=\"off\" spellcheck=\"false\" list=\"actors\"",
                after: "<datalist id=\"actors\">\(options.joined())</datalist>"
            ),
            .select(
                form,
                "action",
                "Action",
                [("", "Any", .empty)] + actions.map { ($0, AuditWords.title($0), .empty) },
                isRequired: false
            ),
            .input(
                form,
                "object",
                "Object, id",
                .search,
                isRequired: false,
                extra: "maxlength=\"200\" autocomplete=\"off\" spellcheck=\"false\""
            ),
            .select(
                form,
                "outcome",
                "Outcome",
                [("", "Any", .empty), ("done", "Done", .empty), ("refused", "Refused", .empty)],
                isRequired: false
            ),
            .input(form, "from", "From, UTC", .date, isRequired: false),
            .input(form, "to", "To, UTC", .date, isRequired: false),
        ]
        let clear: Markup =
            values.contains { !$0.value.isEmpty } ? .of(Button("Clear", "/audit", style: .quiet)) : .empty
        return """
            <section class="panel" aria-label="Filter"><div class="panel-body"><form class="filters" method="get" action="/audit">\(fields.map { Markup.of($0) }.joined())<div class="row">\(Markup.of(Button("Filter", icon: .filter)))\(clear)</div></form></div></section>
            """
    }

    private static func state(_ checkpoint: AuditCheckpoint?) -> Markup {
        guard let checkpoint else { return .empty }
        let command = "obis-verify audit audit.jsonl --root-key root-authority.pem --earlier audit-checkpoint.json"
        return """
            \(Markup.of(Definitions([("Entries", .number(checkpoint.size)), ("Log root", .folded(checkpoint.root.hex, id: "audit-root", name: "log root"))])))\
            <div class="row">\(Markup.of(Button("Signed export", "/audit/export.jsonl", icon: .export, isSmall: true, isDownload: true)))\
            \(Markup.of(Button("Checkpoint", "/audit/checkpoint.json", icon: .shield, isSmall: true, isDownload: true)))</div>\
            <details class="details"><summary>\(Icon.chevron.markup)Verify it offline</summary>\
            <p class="small muted">With a checkpoint that you kept, this shows that no entry was changed or removed since:</p>\
            \(Markup.of(CodeBlock(command: command, id: "audit-command", label: "Command that checks the export")))</details>
            """
    }

    private static func table(_ entries: [Entry], _ next: String?) -> Markup {
        let rows = entries.map { entry -> [Markup] in
            [
                // Counted as people count: the newest is as many as there are.
                .number(entry.position + 1), .time(entry.time, seconds: true), sentence(entry),
                entry.detail.map { "<span class=\"breaks\">\(detail($0))</span>" } ?? .empty,
                entry.outcome == "done"
                    ? .badge(.ok, "Done")
                    : .sub(.badge(.bad, "Refused"), .dotted(entry.outcome)),
            ]
        }
        let more: Markup =
            entries.isEmpty && next != nil
            ? "<p class=\"panel-foot\"><a href=\"\(next ?? "")\">Older entries</a></p>" : .empty
        return .table(
            "Audit entries",
            [
                .init("No.", .tight), .init("When", .tight), .init("What happened", .wide), .init("Detail", .wide),
                .init("Outcome"),
            ],
            rows,
            empty: Empty(.audit, "No matching entry", "Remove a filter, or look at older entries."),
            next: next,
            style: "folds"
        ) + more
    }
}
