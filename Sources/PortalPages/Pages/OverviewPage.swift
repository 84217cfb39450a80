public import PortalProtocol
import Vocabulary

/// All factories at a glance, live.
public struct OverviewPage: PageView {
    public static let name = "overview"
    public let title = "Overview"
    public let live: [LivePlace]

    let head: Head
    let alerts: Markup
    let stats: Markup
    let factories: [FactoryCard]
    let none: Empty?
    let chartPanel: Panel
    let chart: Markup
    let batchPanel: Panel
    let batches: Markup
    let alarmPanel: Panel
    let alarms: Markup

    struct FactoryCard: Sendable {
        let html: Markup
    }

    /// - Parameters:
    ///   - recent: five minutes each, the last hours.
    ///   - viewer: offers what the viewer may do.
    ///   - first: where nothing is made yet, how far it is.
    ///   - canGrant: the viewer could grant a batch now.
    public init(
        _ overview: Overview,
        recent: ProductionSeries,
        viewer: Viewer,
        first: FirstSteps? = nil,
        canGrant: Bool = false
    ) {
        let now = overview.time
        var places: [LivePlace] = []
        func live(_ key: String, _ content: Markup, _ tag: String) -> Markup {
            places.append(LivePlace(key, content))
            return .live(key, content, tag: tag)
        }
        let actions = canGrant ? [Button("New batch", "/batches/new", icon: .plus, style: .primary)] : []
        head = Head(
            "Overview",
            lead: "What is made now, where, and what stops it next. Today began at 00:00 UTC.",
            actions: actions,
            isLive: !overview.factories.isEmpty
        )
        stats = Self.stats(overview, live)
        alerts = live("alerts", Self.alerts(overview, viewer), "div")
        factories = overview.factories.worstFirst(at: now).enumerated().map { index, factory in
            FactoryCard(html: Self.card(factory, "site-\(index)", now, live))
        }
        none = overview.factories.isEmpty ? (first ?? FirstSteps()).empty(viewer) : nil
        chartPanel = Panel(
            "production",
            "Production",
            note: "In steps of five minutes, the last \(Format.duration(Int64(recent.points.count) * 300))"
        )
        chart = live("chart", Markup.production(recent, zone: Self.zone(of: overview.factories), at: now), "div")
        batchPanel = Panel("batches", "Running, waiting and blocked batches", note: .link("All batches", "/batches"))
        batches = live("batches", Self.batches(overview, now), "div")
        alarmPanel = Panel("alarms", "Open alarms", note: .link("All alarms", "/alarms"))
        alarms = live("alarms", Self.alarms(overview, now), "div")
        self.live = overview.factories.isEmpty ? [] : places
    }

    /// That of all factories, where it is one.
    private static func zone(of factories: [FactoryProgress]) -> String {
        let zones = Set(factories.map(\.factory.timeZone))
        return zones.count == 1 ? zones.first ?? "UTC" : "UTC"
    }

    private static func stats(_ overview: Overview, _ live: (String, Markup, String) -> Markup) -> Markup {
        let today = ProductionCounts.sum(of: overview.factories.map(\.today))
        let rate = IssueRate.sum(of: overview.factories.map(\.rate))
        let up = overview.factories.filter { $0.trouble(at: overview.time) == 0 && !$0.edges.isEmpty }.count
        let stopped = overview.factories.filter(\.isStopped).count
        let links: Markup =
            stopped > 0
            ? .badge(.bad, "\(Format.number(stopped)) stopped")
            : up == overview.factories.count ? "all heard" : "others report later"
        let counts = overview.counts
        let critical = overview.factories.reduce(0) { $0 + $1.critical }
        let warnings = overview.factories.reduce(0) { $0 + $1.warnings }
        let items: [(String, String, Markup, Markup)] = [
            (
                "passed", "Passed today", .number(today.devicesPassed), today.passedNote
            ),
            ("yield", "Yield today", .text(today.yield), today.yieldNote),
            ("rate", "Rate now", rate.markup, rate.note),
            (
                "links", "Factories on line",
                "\(Format.number(up)) <span class=\"small muted\">of \(Format.number(overview.factories.count))</span>",
                links
            ),
            (
                "running", "Running batches", .number(counts.running),
                counts.blocked > 0
                    ? .badge(.bad, "\(Format.number(counts.blocked)) blocked")
                    : "\(Format.number(counts.waiting)) waiting"
            ),
            (
                "open", "Open alarms", .number(critical + warnings),
                critical > 0
                    ? .badge(.bad, "\(Format.number(critical)) critical") : "\(Format.number(critical)) critical"
            ),
        ]
        let cells = items.map { key, title, value, note -> Markup in
            """
            <div class="stat"><dt>\(title)</dt><dd>\(live("stat-\(key)", value, "span"))\
            \(live("note-\(key)", "<span class=\"note\">\(note)</span>", "span"))</dd></div>
            """
        }
        return "<dl class=\"stats\">\(cells.joined())</dl>"
    }

    private static func card(
        _ progress: FactoryProgress,
        _ id: String,
        _ now: Instant,
        _ live: (String, Markup, String) -> Markup
    ) -> Markup {
        let factory = progress.factory
        let key = "factory-\(factory.id.text)"
        let today = progress.today
        let offset = Format.offset(of: factory.timeZone, at: now) ?? 0
        let edges = progress.edges.map { edge -> Markup in
            let link = edge.link(at: now)
            let checkpoint: Markup = edge.checkpointTime.map { .ago($0, now: now) } ?? .none("none yet")
            return """
                <li><span>\(.link(edge.edgeHSM.text, "/factories/\(factory.id.text)/edges/\(edge.edgeHSM.text)"))</span>\
                \(live("\(key)-\(edge.edgeHSM.text)", .badge(link.tone, link.words), "strong"))</li>
                <li><span>Checkpoint</span>\(live("\(key)-\(edge.edgeHSM.text)-checkpoint", checkpoint, "strong"))</li>
                """
        }
        let alarms: Markup =
            progress.critical + progress.warnings == 0
            ? "0"
            : .badge(
                progress.critical > 0 ? .bad : .warn,
                "\(Format.number(progress.critical + progress.warnings)) open"
            )
        return """
            <article class="factory" aria-labelledby="\(id)"><div><h3 id="\(id)">\(.link(factory.name, "/factories/\(factory.id.text)"))</h3>\
            <p class="small muted">\(factory.id.text) · \(factory.country) · \(live("\(key)-clock", .text(Format.clock(now, east: offset)), "span")) there</p></div>
            <dl class="figures"><div><dt>Passed</dt><dd>\(live("\(key)-passed", .number(today.devicesPassed), "span"))</dd></div>\
            <div><dt>Yield</dt><dd>\(live("\(key)-yield", .text(today.yield), "span"))</dd></div>\
            <div><dt>Rate</dt><dd>\(live("\(key)-rate", progress.rate.markup, "span"))</dd></div></dl>
            <ul class="facts">\(edges.isEmpty ? "<li><span>No EdgeHSM enrolled yet</span></li>" : edges.joined())\
            <li><span>Alarms</span>\(live("\(key)-alarms", alarms, "strong"))</li></ul></article>
            """
    }

    private static let mostRows = 14

    private static func batches(_ overview: Overview, _ now: Instant) -> Markup {
        let counts = overview.counts
        guard !overview.batches.isEmpty else {
            let none: Markup = .empty(.batch, "No batch is running", "A batch appears here as soon as it is granted.")
            return none + note(shown: 0, counts)
        }
        let names = Dictionary(overview.factories.map { ($0.factory.id, $0.factory) }) { first, _ in first }
        let rows = overview.batches.prefix(mostRows).map { progress -> [Markup] in
            let (batch, sums) = (progress.batch, progress.reconciliation)
            return [
                .sub(
                    .link(batch.batch.text, "/batches/\(batch.id.text)"),
                    .version(batch.product, batch.version)
                ),
                .factory(batch.factory, names, batch.edgeHSM),
                batch.cell(at: now),
                .used(issued: sums.issued, burned: sums.burned, of: sums.granted),
                batch.window(at: now), progress.rate.markup,
                progress.forecast?.markup(at: now) ?? batch.need(at: now),
            ]
        }
        let table = Markup.table(
            "Running, waiting and blocked batches",
            [
                .init("Batch"), .init("Factory"), .init("State", .tight), .init("Issued", .tight),
                .init("Window", .tight), .init("Rate", .number), .init("What comes next"),
            ],
            rows,
            style: "folds"
        )
        return table + note(shown: rows.count, counts)
    }

    /// What the table leaves out.
    private static func note(shown: Int, _ counts: BatchCounts) -> Markup {
        var parts: [String] = []
        if shown < counts.unfinished {
            parts.append("\(Format.number(shown)) of \(Format.number(counts.unfinished)) shown")
        }
        if counts.usedUp > 0 { parts.append("\(Format.number(counts.usedUp)) used up") }
        if counts.over > 0 { parts.append("\(Format.number(counts.over)) past their window") }
        guard !parts.isEmpty else { return .empty }
        return """
            <p class="panel-foot small muted">\(parts.joined(separator: ", ")): \(.link("all batches", "/batches"))</p>
            """
    }

    /// What is said before all figures: who is stopped, and what else is critical.
    private static func alerts(_ overview: Overview, _ viewer: Viewer) -> Markup {
        let notes = alertNotes(overview, viewer)
        return notes.isEmpty ? .empty : "<div class=\"stack\">\(notes.map { Markup.of($0) }.joined())</div>"
    }

    private static func alertNotes(_ overview: Overview, _ viewer: Viewer) -> [Note] {
        let halted = overview.factories.flatMap { $0.haltNotes(viewer) }
        let stopped = Set(overview.factories.filter(\.isStopped).map(\.factory.id))
        let others = overview.factories.filter { !stopped.contains($0.factory.id) }.reduce(0) { $0 + $1.critical }
        guard others > 0 else { return halted }
        let words = overview.alarms.first { $0.severity == .critical && !stopped.contains($0.factory) }
        let what: Markup = words.map { "\($0.words) at \($0.edgeHSM.text). " } ?? .empty
        let title = others == 1 ? "1 critical alarm is open" : "\(Format.number(others)) critical alarms are open"
        return halted + [Note(.bad, title, "\(what)\(.link("Open alarms", "/alarms"))")]
    }

    private static func alarms(_ overview: Overview, _ now: Instant) -> Markup {
        guard !overview.alarms.isEmpty else {
            return Markup.empty(
                .check,
                "No open alarm",
                "Forks, gaps, silence and duplicates are told here as they are found."
            )
        }
        func name(_ id: FactoryID) -> Markup {
            let name = overview.factories.first { $0.factory.id == id }?.factory.name ?? id.text
            return .link(name, "/factories/\(id.text)")
        }
        let items = overview.alarms.map { alarm -> Markup in
            """
            <li class="\(alarm.severity.tone.rawValue)"><p class="what">\(.link(alarm.words, "/alarms#alarm-\(alarm.number.value)"))</p>\
            <p class="when">\(.link(alarm.edgeHSM.text, "/factories/\(alarm.factory.text)/edges/\(alarm.edgeHSM.text)")) · \(name(alarm.factory)) · \(.ago(alarm.lastAt, now: now))</p>\
            <p class="detail">\(alarm.meaning ?? alarm.detail)</p></li>
            """
        }
        return "<ol class=\"timeline\">\(items.joined())</ol>"
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#none}}<section class="panel">{{> empty}}</section>{{/none}}
        {{^none}}{{{alerts}}}
        {{{stats}}}
        <section aria-labelledby="factories"><h2 class="sr" id="factories">Factories</h2><div class="cards">{{#factories}}{{{html}}}
        {{/factories}}</div></section>
        <div class="columns even"><div><section class="panel" aria-labelledby="production">{{#chartPanel}}{{> panel-head}}{{/chartPanel}}<div class="panel-body">{{{chart}}}</div></section></div>
        <div><section class="panel" aria-labelledby="alarms">{{#alarmPanel}}{{> panel-head}}{{/alarmPanel}}<div class="panel-body steady">{{{alarms}}}</div></section></div></div>
        <section class="panel" aria-labelledby="batches">{{#batchPanel}}{{> panel-head}}{{/batchPanel}}{{{batches}}}</section>{{/none}}
        """#
}

extension FactoryProgress {
    /// An EdgeHSM of it gets nothing until the officers decide.
    var isStopped: Bool { edges.contains { $0.halted != nil } }

    /// 0: all is well; the more, the sooner somebody should look.
    func trouble(at now: Instant) -> Int {
        let links = edges.map { $0.link(at: now).tone }
        return isStopped ? 3 : links.contains(.bad) ? 2 : links.contains { $0 != .ok } ? 1 : 0
    }
}

extension [FactoryProgress] {
    func worstFirst(at now: Instant) -> [FactoryProgress] {
        func rank(_ factory: FactoryProgress) -> [Int] {
            [
                factory.isStopped ? 1 : 0, factory.critical > 0 ? 1 : 0, factory.trouble(at: now),
                factory.warnings > 0 ? 1 : 0,
            ]
        }
        return enumerated().sorted { left, right in
            let (a, b) = (rank(left.element), rank(right.element))
            return a == b ? left.offset < right.offset : b.lexicographicallyPrecedes(a)
        }.map(\.element)
    }
}
