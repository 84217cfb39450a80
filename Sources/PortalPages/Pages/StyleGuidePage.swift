import PortalProtocol
public import Vocabulary

/// Every component in every state, with the page's own templates.
public struct StyleGuidePage: PageView {
    public static let name = "style-guide"
    public let title = "Style guide"
    let head: Head
    let buttons: [Button]
    let badges: Markup
    let tones: [String]
    let icons: [IconCell]
    let notes: [Note]
    let fields: [Field]
    let table: Table
    let emptyTable: Table
    let empty: Empty
    let stats: Stats
    let tabs: Tabs
    let definitions: Definitions
    let code: CodeBlock
    let timeline: Timeline
    let toasts: [Toast]
    let bars: Chart
    let line: Chart
    let meter: Markup
    let spark: Markup
    let dialog: DialogForm
    let openDialog: Button
    let digest: Markup
    let copy: Markup
    let diff: Markup
    let offline = Icon.warning.markup

    struct IconCell: Sendable {
        let name: String
        let icon: Markup
    }

    public init(now: Instant) {
        head = Head(
            "Style guide",
            crumbs: [("Overview", "/")],
            badges: .badge(.info, "Reference"),
            lead: "Each component in each of its states, made by the same templates as the pages.",
            actions: [Button("Secondary", "#"), Button("Primary", "#", icon: .plus, style: .primary)],
            isLive: false
        )
        buttons =
            [Button.Style.usual, .primary, .danger, .quiet].map {
                Button("\($0)".prefix(1).uppercased() + "\($0)".dropFirst(), "#", style: $0)
            }
            + [
                Button("With icon", "#", icon: .export), Button("Small", "#", isSmall: true),
                Button("Disabled", isDisabled: true),
            ]
        badges =
            Tone.allCases.map { Markup.badge($0, $0.words) }.joined(" ") + " " + .badge(.idle, "Open", isOpen: true)
            + " " + .count(3) + " " + .count(12, .warn)
        tones = Tone.allCases.map(\.rawValue)
        icons = Icon.allCases.map { IconCell(name: $0.rawValue, icon: $0.markup) }
        notes = [
            Note(.info, "Information", "Something worth knowing, without urgency."),
            Note(.ok, "Done", "What was asked for happened."),
            Note(.warn, "Warning", "It works, but somebody should look."),
            Note(
                .bad,
                "The batch is larger than the allotment.",
                "Ask the officers for a new approval, or make a smaller batch.",
                code: "portal.batch.allotment"
            ),
        ]
        let form = FormState(
            values: ["bad": "12 pieces"],
            errors: ["bad": "A whole number of units, 1 to 10,000,000."],
            key: "style-guide",
            csrf: "style-guide"
        )
        let late = FormState(
            values: ["late": "600"],
            problem: Problem(type: "", title: "", status: 412, code: "", detail: nil, remedy: "", requestID: ""),
            key: "style-guide",
            csrf: "style-guide"
        )
        fields = [
            .input(form, "plain", "Text field", help: "What the field is for."),
            .input(form, "bad", "With an error", help: "Units of this batch."),
            .input(form, "optional", "Optional", isRequired: false),
            .input(
                late,
                "late",
                "Changed by somebody else",
                .number,
                help: "It stands beside what was entered.",
                value: "500"
            ),
            .input(form, "when", "Date and time", .dateTime),
            .select(form, "choice", "Choice", [("a", "edge-1, Shenzhen", .empty), ("b", "edge-2, Dongguan", .empty)]),
            .area(form, "reason", "Several lines", help: "Told to everybody who sees the batch."),
            .checks(
                form,
                "roles",
                "Several choices",
                [("x", "ODM engineer"), ("y", "Production manager")],
                value: "x"
            ),
        ]
        let columns: [Table.Column] = [
            .init("Batch"), .init("State", .tight), .init("Units", .number), .init("Progress"),
        ]
        table = Table(
            "Example batches",
            columns,
            [
                ("plug-0001", BatchStage.running, 1_200, 640), ("plug-0002", .sealed, 500, 0),
                ("bulb-0007", .ending, 90, 88),
            ]
            .map { name, state, units, done in
                [
                    .sub(.link(name, "#"), "plug 1.4.0"), state.badge, .number(units),
                    .share(done, of: units, label: name),
                ]
            },
            next: "#"
        )
        empty = Empty(
            .batch,
            "No batch yet",
            "A batch is made by the ODM's production manager.",
            [Button("New batch", "#", style: .primary)]
        )
        emptyTable = Table("Example of an empty list", columns, [], empty: empty)
        stats = Stats([
            .init("Devices today", "1,020", "all factories"), .init("Yield", "98.5 %", "15 scrapped"),
            .init("Rate", "412 <span class=\"small muted\">an hour</span>", "last 15 min"),
            .init("Alarms", "2", .badge(.bad, "1 critical")),
        ])
        tabs = Tabs(
            "Example",
            [("Review", true), ("Manifest", false), ("Signatures", false)].map { title, isCurrent in
                .init(title: title, address: "#", isCurrent: isCurrent, count: isCurrent ? .count(2, .info) : .empty)
            }
        )
        definitions = Definitions([
            ("Vendor ID", .code("FFF1")), ("Journal root", .digest(String(repeating: "5e", count: 32))),
            ("Public key", .folded("04" + String(repeating: "5e", count: 64), id: "example-key", name: "public key")),
            ("Window", .twoZones(now, "Asia/Shanghai")), ("Last word", .ago(now + (-75), now: now)), ("Nothing", .none),
        ])
        code = CodeBlock(
            command: "obis approve approval.json --token officer.json --role-keys role-keys.json",
            id: "example-code",
            label: "Command of an officer"
        )
        timeline = Timeline([
            .init(.info, "Certified", when: .time(now, seconds: true), detail: "Station st-01, unit 12 of 500"),
            .init(.ok, "Passed", when: .time(now + 4, seconds: true)),
            .init(.bad, "Scrapped", when: .time(now + 90, seconds: true), detail: "flash verify"),
        ])
        toasts = [Toast(.ok, "The batch is granted."), Toast(.warn, "The browser does not allow copying.")]
        let values = [3, 7, 12, 9, 14, 18, 16, 11, 4, 0, 6, 13]
        bars = Chart(
            bars: "Example of bars",
            id: "example-bars",
            unit: "devices",
            zone: "UTC",
            series: [("Passed", .issued), ("Scrapped", .lost)],
            points: values.enumerated().map {
                .init(
                    mark: $0.offset.isMultiple(of: 3) ? "\($0.offset):00" : "",
                    title: "\($0.offset):00",
                    values: [$0.element, $0.element / 6]
                )
            }
        )
        line = Chart(
            line: "Example of a burn-down",
            id: "example-line",
            unit: "units left",
            zone: "Asia/Shanghai",
            spots: values.indices.map { (now + Int64($0 - values.count + 1) * 3_600, 100 - $0 * 8) },
            now: now,
            limit: 20
        )
        let segments = [
            Segment("Issued", 640, .issued), Segment("Burned", 12, .burned), Segment("Returned", 30, .free),
            Segment("Not yet issued", 500, .granted), Segment("Unaccounted", 18, .lost),
        ]
        meter = "\(.meter(segments, of: 1_200, label: "Example of parts", isTall: true))\(.legend(segments))"
        spark = .spark(values, label: "Example of a small chart")
        dialog = DialogForm(
            "example",
            "Revoke this batch",
            "Nothing more may be made of it. What is issued stays issued.",
            action: "/styleguide",
            form: form,
            fields: [.area(nil, "dialog-reason", "Reason")],
            submit: Button("Revoke", style: .danger),
            isOpen: false
        )
        openDialog = Button("Open a dialog", "/styleguide?open=1", dialog: dialog.id)
        digest = .digest(String(repeating: "a1", count: 32))
        copy = .copyable("obis_example-token", id: "example-copy", name: "token")
        diff = Markup.diff([
            ReviewChange(field: "softwareVersion", before: "4", after: "5"),
            ReviewChange(field: "commissioning.hint", before: nil, after: "press 5 s"),
        ])
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        <section class="panel" aria-labelledby="sg-colour"><div class="panel-head"><h2 id="sg-colour">Colour, type, icons</h2></div><div class="panel-body"><div class="swatches">{{#tones}}<span class="swatch {{.}}">{{.}}</span>{{/tones}}<span class="swatch p-issued">accent</span></div>
        <p class="row"><span class="small muted">12</span><span class="small">13 small</span><span>14 body</span><span class="strong">14 strong</span><code>mono 0O1lI</code> {{{digest}}} {{{copy}}}</p>
        <ul class="icons">{{#icons}}<li>{{{icon}}}{{name}}</li>{{/icons}}</ul></div></section>
        <section class="panel" aria-labelledby="sg-actions"><div class="panel-head"><h2 id="sg-actions">Actions and states</h2></div><div class="panel-body"><div class="row">{{#buttons}}{{> button}}{{/buttons}}</div><p class="row">{{{badges}}}</p>{{#notes}}{{> note}}{{/notes}}<p class="offline" role="note">{{{offline}}}Not connected to the portal.</p><p><span class="live" data-state="live">Live</span> <span class="live" data-state="lost">Reconnecting</span></p><div>{{#openDialog}}{{> button}}{{/openDialog}}{{#dialog}}{{> dialog}}{{/dialog}}</div>{{#toasts}}{{> toast}}{{/toasts}}</div></section>
        <section class="panel" aria-labelledby="sg-fields"><div class="panel-head"><h2 id="sg-fields">Fields</h2></div><div class="panel-body"><div class="fields">{{#fields}}{{> field}}{{/fields}}</div></div></section>
        {{#stats}}{{> stats}}{{/stats}}
        <section class="panel" aria-labelledby="sg-table"><div class="panel-head"><h2 id="sg-table">Table</h2></div>{{#table}}{{> table}}{{/table}}</section>
        <div class="halves"><section class="panel" aria-labelledby="sg-empty"><div class="panel-head"><h2 id="sg-empty">Empty list</h2></div>{{#emptyTable}}{{> table}}{{/emptyTable}}</section>
        <section class="panel" aria-labelledby="sg-loading"><div class="panel-head"><h2 id="sg-loading">Loading</h2></div><div class="loading" role="status" aria-label="Loading"><span></span><span></span><span></span><span></span></div></section></div>
        <div class="halves"><section class="panel" aria-labelledby="sg-bars"><div class="panel-head"><h2 id="sg-bars">Bars</h2></div><div class="panel-body">{{#bars}}{{> chart}}{{/bars}}{{{spark}}}</div></section>
        <section class="panel" aria-labelledby="sg-line"><div class="panel-head"><h2 id="sg-line">Line and parts</h2></div><div class="panel-body">{{#line}}{{> chart}}{{/line}}{{{meter}}}</div></section></div>
        <div class="halves"><section class="panel" aria-labelledby="sg-dl"><div class="panel-head"><h2 id="sg-dl">Definitions, code, tabs</h2></div><div class="panel-body">{{#tabs}}{{> tabs}}{{/tabs}}{{#definitions}}{{> definitions}}{{/definitions}}{{#code}}{{> code}}{{/code}}</div></section>
        <section class="panel" aria-labelledby="sg-time"><div class="panel-head"><h2 id="sg-time">Timeline</h2></div><div class="panel-body">{{#timeline}}{{> timeline}}{{/timeline}}</div></section></div>
        <section class="panel" aria-labelledby="sg-diff"><div class="panel-head"><h2 id="sg-diff">Difference</h2></div>{{{diff}}}</section>
        """#
}

extension Tone {
    var words: String {
        switch self {
        case .ok: "Passed"
        case .warn: "Look at it"
        case .bad: "Stopped"
        case .info: "In work"
        case .idle: "Ended"
        }
    }
}

extension Markup {
    /// Field by field, before and after.
    /// - Parameter id: begins the ids of what can be opened in it.
    static func diff(_ changes: [ReviewChange], _ caption: String = "Changed fields", id: String = "change") -> Markup {
        .table(
            caption,
            [.init("Field"), .init("Before and after")],
            changes.enumerated().map { index, change in
                func words(_ words: String?, _ tag: Markup, _ when: String) -> Markup {
                    guard let words else { return .empty }
                    return "<\(tag)>\(ReviewWords.value(change.field, words, id: "\(id)-\(index)-\(when)"))</\(tag)>"
                }
                return [
                    .text(ReviewWords.label(change.field)),
                    words(change.before, "del", "before") + words(change.after, "ins", "after"),
                ]
            },
            style: "diff"
        )
    }
}
