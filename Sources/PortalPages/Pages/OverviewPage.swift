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
    public init(_ overview: Overview, recent: ProductionSeries, viewer: Viewer) {
        let now = overview.time
        var places: [LivePlace] = []
        func live(_ key: String, _ content: Markup, _ tag: String) -> Markup {
            places.append(LivePlace(key, content))
            return .live(key, content, tag: tag)
        }
        let actions: [Button] =
            viewer.roles.contains(.odmProductionManager)
            ? [Button("New batch", "/batches/new", icon: .plus, style: .primary)] : []
        head = Head(
            "Overview",
            lead: "What is made now, where, and what stops it next. Counts are of today, UTC.",
            actions: actions,
            isLive: true
        )
        stats = Self.stats(overview, live)
        alerts = live("alerts", Self.alerts(overview), "div")
        factories = overview.factories.worstFirst(at: now).enumerated().map { index, factory in
            FactoryCard(html: Self.card(factory, "site-\(index)", now, live))
        }
        none = overview.factories.isEmpty ? Self.firstSteps(viewer) : nil
        chartPanel = Panel(
            "production",
            "Production",
            note: "Completed and failed in five minutes, the last \(Format.duration(Int64(recent.points.count) * 300))"
        )
        chart = live("chart", Markup.production(recent), "div")
        batchPanel = Panel("batches", "Running batches", note: .link("All batches", "/batches"))
        batches = live("batches", Self.batches(overview, now), "div")
        alarmPanel = Panel("alarms", "Open alarms", note: .link("All alarms", "/alarms"))
        alarms = live("alarms", Self.alarms(overview, now), "div")
        self.live = overview.factories.isEmpty ? [] : places
    }

    private static func stats(_ overview: Overview, _ live: (String, Markup, String) -> Markup) -> Markup {
        let today = ProductionCounts.sum(of: overview.factories.map(\.today))
        let (completed, issued) = (today.completed, today.issued)
        let rate = overview.factories.reduce(0) { $0 + $1.completedPerHour }
        let up = overview.factories.filter { $0.trouble(at: overview.time) == 0 && !$0.edges.isEmpty }.count
        let stopped = overview.factories.filter(\.isStopped).count
        let links: Markup =
            stopped > 0
            ? .badge(.bad, "\(stopped) stopped") : up == overview.factories.count ? "all heard" : "others report later"
        let counts = overview.counts
        let critical = overview.factories.reduce(0) { $0 + $1.critical }
        let warnings = overview.factories.reduce(0) { $0 + $1.warnings }
        let items: [(String, String, Markup, Markup)] = [
            (
                "completed", "Passed today", .number(completed),
                completed > issued
                    // Begun before midnight, or passed again after rework: a unit is certified as new once.
                    ? "\(Format.number(issued)) certified as new" : "\(Format.number(issued)) certified"
            ),
            (
                "yield", "Yield today", .text(today.yield), today.yieldNote
            ),
            ("rate", "Rate now", "\(Format.number(rate)) <span class=\"small muted\">an hour</span>", "last 15 min"),
            (
                "links", "Factories on line", "\(up) <span class=\"small muted\">of \(overview.factories.count)</span>",
                links
            ),
            (
                "running", "Running batches", .number(counts.running),
                counts.blocked > 0 ? .badge(.bad, "\(counts.blocked) blocked") : "\(counts.waiting) waiting"
            ),
            (
                "open", "Open alarms", .number(critical + warnings),
                critical > 0 ? .badge(.bad, "\(critical) critical") : warnings > 0 ? "warnings" : "none"
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
            let checkpoint: Markup = edge.checkpointTime.map { .ago($0, now: now) } ?? "none yet"
            return """
                <li><span>\(edge.edgeHSM.text)</span>\
                \(live("\(key)-\(edge.edgeHSM.text)", .badge(link.tone, link.words), "strong"))</li>
                <li><span>Checkpoint</span>\(live("\(key)-\(edge.edgeHSM.text)-checkpoint", checkpoint, "strong"))</li>
                """
        }
        let alarms: Markup =
            progress.critical + progress.warnings == 0
            ? "none"
            : .badge(progress.critical > 0 ? .bad : .warn, "\(progress.critical + progress.warnings) open")
        return """
            <article class="factory" aria-labelledby="\(id)"><div><h3 id="\(id)">\(.link(factory.name, "/factories/\(factory.id.text)"))</h3>\
            <p class="small muted">\(factory.id.text) · \(factory.country) · \(live("\(key)-clock", .text(Format.clock(now, east: offset)), "span")) there</p></div>
            <dl class="figures"><div><dt>Today</dt><dd>\(live("\(key)-completed", .number(today.completed), "span"))</dd></div>\
            <div><dt>Yield</dt><dd>\(live("\(key)-yield", .text(today.yield), "span"))</dd></div>\
            <div><dt>An hour</dt><dd>\(live("\(key)-rate", progress.completedPerHour > 0 ? .number(progress.completedPerHour) : "–", "span"))</dd></div></dl>
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
            let forecast: Markup =
                progress.forecast.map {
                    $0.isNear(at: now) ? Markup.badge(.warn, $0.plain(at: now)) : .text($0.plain(at: now))
                } ?? .none
            return [
                .sub(
                    .link(batch.batch.text, "/batches/\(batch.id.text)"),
                    "\(batch.product.text) \(batch.version.text)"
                ),
                .factory(batch.factory, names, batch.edgeHSM),
                batch.cell(at: now),
                """
                \(.share(sums.issued + sums.burned, of: sums.granted, label: "Issued and burned"))\
                <span class="sub">\(Format.number(sums.issued + sums.burned)) of \(Format.number(sums.granted))</span>
                """,
                batch.window(at: now),
                progress.issuedPerHour > 0 ? .number(progress.issuedPerHour) : .none,
                forecast,
            ]
        }
        let table = Markup.table(
            "Running batches",
            [
                .init("Batch"), .init("Factory"), .init("State", .tight), .init("Issued of quantity", .tight),
                .init("Window", .tight), .init("An hour", .number), .init("What ends it"),
            ],
            rows,
            style: "folds"
        )
        return table + note(shown: rows.count, counts)
    }

    /// What the table leaves out.
    private static func note(shown: Int, _ counts: BatchCounts) -> Markup {
        var parts: [String] = []
        if shown < counts.unfinished { parts.append("\(shown) of \(Format.number(counts.unfinished)) shown") }
        if counts.usedUp > 0 { parts.append("\(Format.number(counts.usedUp)) used up") }
        if counts.over > 0 { parts.append("\(Format.number(counts.over)) past their window") }
        guard !parts.isEmpty else { return .empty }
        return """
            <p class="panel-foot small muted">\(parts.joined(separator: ", ")): \(.link("all batches", "/batches"))</p>
            """
    }

    /// What is said before all figures: who is stopped, and what else is critical.
    private static func alerts(_ overview: Overview) -> Markup {
        let notes = alertNotes(overview)
        return notes.isEmpty ? .empty : "<div class=\"stack\">\(notes.map { Markup.of($0) }.joined())</div>"
    }

    private static func alertNotes(_ overview: Overview) -> [Note] {
        let halted = overview.factories.flatMap(\.haltNotes)
        let stopped = Set(overview.factories.filter(\.isStopped).map(\.factory.id))
        let others = overview.factories.filter { !stopped.contains($0.factory.id) }.reduce(0) { $0 + $1.critical }
        guard others > 0 else { return halted }
        let words = overview.alarms.first { $0.severity == .critical && !stopped.contains($0.factory) }
        let what: Markup = words.map { "\($0.words) at \($0.edgeHSM.text). " } ?? .empty
        let title = others == 1 ? "1 critical alarm is open" : "\(others) critical alarms are open"
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
        func name(_ id: FactoryID) -> String {
            overview.factories.first { $0.factory.id == id }.map { "\($0.factory.name) (\(id.text))" } ?? id.text
        }
        let items = overview.alarms.map { alarm -> Markup in
            """
            <li class="\(alarm.severity.tone.rawValue)"><p class="what">\(.link(alarm.words, "/alarms#alarm-\(alarm.number.value)"))</p>\
            <p class="when">\(alarm.edgeHSM.text) · \(name(alarm.factory)) · \(.ago(alarm.lastAt, now: now))</p>\
            <p class="detail">\(alarm.meaning ?? alarm.detail)</p></li>
            """
        }
        return "<ol class=\"timeline\">\(items.joined())</ol>"
    }

    /// What an empty portal says first.
    private static func firstSteps(_ viewer: Viewer) -> Empty {
        viewer.isOEM
            ? Empty(
                .factory,
                "No factory yet",
                viewer.roles.contains(.oemAdmin)
                    ? "First comes a product, then the ODM that makes it, then its factory. Each step leads to the next."
                    : "An OEM admin sets up a product, the ODM that makes it and its factory; they appear here.",
                viewer.roles.contains(.oemAdmin)
                    ? [
                        Button("Set up the first product", "/products/new", style: .primary),
                        Button("Enrol a factory", "/factories/new"),
                    ] : []
            )
            : Empty(
                .factory,
                "No factory yet",
                "Your OEM enrols a factory of yours; it appears here with its first contact."
            )
    }

    public static let template = #"""
        {{#head}}{{> head}}{{/head}}
        {{#none}}<section class="panel">{{> empty}}</section>{{/none}}
        {{^none}}{{{alerts}}}
        {{{stats}}}
        <section aria-labelledby="factories"><h2 class="sr" id="factories">Factories</h2><div class="cards">{{#factories}}{{{html}}}
        {{/factories}}</div></section>
        <div class="columns"><div><section class="panel" aria-labelledby="production">{{#chartPanel}}{{> panel-head}}{{/chartPanel}}<div class="panel-body">{{{chart}}}</div></section></div>
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

extension BatchForecast {
    func plain(at now: Instant) -> String {
        switch reason {
        case .quota: "Line stops in \(Format.duration(at - now)): quota"
        case .window: at <= now ? "Window is closed" : "Window closes in \(Format.duration(at - now))"
        }
    }
}
