public import PortalProtocol
public import Vocabulary

/// What a site says of itself, beside what its EdgeHSMs prove: what happened at the lines, the newest first.
public struct SiteEventsPage: SheetPage {
    public static let name = "site-events"
    public let title: String
    let sheet: Sheet

    /// What is listed.
    public enum Show: String, Sendable, CaseIterable {
        case all
        /// What somebody at the line should look at.
        case trouble
    }

    /// Somebody at the line should look at it.
    public static func isTrouble(_ event: SiteEventView) -> Bool { SiteEventFacts(event.line).isTrouble }

    /// - Parameters:
    ///   - looked: how many events were looked at for what is listed.
    ///   - batches: by authorization, as far as the viewer's are at hand.
    public init(
        _ page: Page<SiteEventView>,
        show: Show = .all,
        looked: Int = 0,
        batches: [Digest256: Batch] = [:],
        factory: Factory,
        now: Instant
    ) {
        let place = "/factories/\(factory.id.text)"
        title = "What \(factory.name) says"
        let rows = Self.runs(page.items).map { Self.row($0, batches, factory, now) }
        let query = show == .all ? "" : "show=\(show.rawValue)&"
        let nothing =
            show == .all
            ? Empty(
                .factory,
                "Nothing yet",
                "The Factory Service sends its events beside the journal, once it has joined."
            )
            : Empty(
                .check,
                "Nothing went wrong",
                "\(Format.number(looked)) events were looked at: no unit failed, nothing was refused, no link went down."
            )
        sheet = Sheet(
            Head(
                "What the factory says",
                crumbs: [("Factories", "/factories"), (factory.name, place)],
                badges: .badge(.warn, "Not proven"),
                lead:
                    "Reports of stations, files taken and refused, the link. No signature stands behind them: whoever has the Factory Service's machine can write anything here. \(.link("Devices", "/devices?factory=\(factory.id.text)")) and \(.link("the factory's journals", place)) are proven."
            ),
            tabs: Tabs(
                "Events",
                [
                    .init(title: "All", address: "\(place)/events", isCurrent: show == .all, count: .empty),
                    .init(
                        title: "What went wrong",
                        address: "\(place)/events?show=trouble",
                        isCurrent: show == .trouble,
                        count: .empty
                    ),
                ]
            ),
            main: [
                Box(
                    "events",
                    show == .all ? "Events, newest first" : "What went wrong, newest first",
                    .table(
                        "Site events",
                        [
                            .init("Event", .tight),
                            .init("At the factory", .tight),
                            .init("What it says", .wide),
                        ],
                        rows,
                        empty: nothing,
                        next: page.next.map { "\(place)/events?\(query)cursor=\($0.text)" }
                    ),
                    note:
                        "\(show == .trouble ? "\(Format.number(looked)) events looked at. " : "")Times: \(Format.zone(factory.timeZone, at: now))",
                    isFlush: true
                )
            ]
        )
    }

    typealias Entry = (event: SiteEventView, facts: SiteEventFacts)

    /// How many lines of the page these events make.
    public static func lines(of events: [SiteEventView]) -> Int { runs(events).count }

    /// Units that passed one after another are one line, and that a unit was begun is told by its end: what is not like
    /// that must be seen among them. Newest first.
    private static func runs(_ events: [SiteEventView]) -> [[Entry]] {
        var runs: [[Entry]] = []
        var ended: Set<String> = []
        for event in events {
            let facts = SiteEventFacts(event.line)
            if let unit = facts.ofUnit {
                if facts.isBegin, ended.contains(unit) { continue }
                if !facts.isBegin { ended.insert(unit) }
            }
            if runs.last?.last?.facts.isPlainPass == true, facts.isPlainPass {
                runs[runs.count - 1].append((event, facts))
            } else {
                runs.append([(event, facts)])
            }
        }
        return runs
    }

    private static func row(
        _ run: [Entry],
        _ batches: [Digest256: Batch],
        _ factory: Factory,
        _ now: Instant
    ) -> [Markup] {
        guard let newest = run.first, let oldest = run.last else { return [] }
        let (facts, reading) = (newest.facts, newest.facts.reading)
        guard run.count > 1 else {
            return [
                .badge(reading.tone, reading.words), when(newest.event, nil, factory, now),
                "\(facts.sentence(batches))\(facts.whole("The whole line"))",
            ]
        }
        return [
            .badge(reading.tone, "\(Format.number(run.count)) passes"), when(newest.event, oldest.event, factory, now),
            """
            \(passes(run))\(places(run, batches))\
            <details class="details"><summary>\(Icon.chevron.markup)Their serial numbers</summary>\
            <p class="breaks">\(run.map { $0.facts.subject }.joined(", "))</p></details>
            """,
        ]
    }

    /// A unit that is made anew passes again: it is told how many units they are, where they are fewer.
    private static func passes(_ run: [Entry]) -> Markup {
        let units = Set(run.compactMap(\.facts.ofUnit)).count
        return units < run.count
            ? "\(Format.number(run.count)) passes of \(Format.number(units)) units"
            : "\(Format.number(run.count)) passes"
    }

    /// Stations and batches of units, each once.
    private static func places(_ run: [Entry], _ batches: [Digest256: Batch]) -> Markup {
        let stations = Set(run.compactMap { $0.facts["station"] }).sorted()
        let found = Set(run.compactMap { $0.facts.authorization }).compactMap { batches[$0] }
            .sorted { $0.batch.text < $1.batch.text }
            .map { Markup.link($0.batch.text, "/batches/\($0.id.text)") }
        let of: Markup = found.isEmpty ? .empty : " · \(found.count > 1 ? "batches" : "batch") \(found.joined(", "))"
        return stations.isEmpty && found.isEmpty
            ? .empty : "<span class=\"sub\">\(stations.joined(separator: ", "))\(of)</span>"
    }

    /// By the site's clock, in its own time; and how late it came here, where it came late.
    private static func when(
        _ event: SiteEventView,
        _ oldest: SiteEventView?,
        _ factory: Factory,
        _ now: Instant
    ) -> Markup {
        guard let time = event.time else {
            return .sub(.none("no time told"), "here \(.ago(event.receivedAt, now: now))")
        }
        let offset = Format.offset(of: factory.timeZone, at: time) ?? 0
        let local = Format.dateTime(time, east: offset, seconds: true)
        let first: Markup = """
            <time datetime="\(time.description)" title="\(Format.dateTime(time, seconds: true)) UTC">\(local)</time>
            """
        let late = event.receivedAt - time
        var notes: [String] = []
        if let begin = oldest?.time, time - begin > 0 { notes.append("over \(Format.duration(time - begin))") }
        notes.append(Format.relative(time, now: now))
        if late > 60 { notes.append("told \(Format.duration(late)) later") }
        return .sub(first, .text(notes.joined(separator: ", ")))
    }
}
