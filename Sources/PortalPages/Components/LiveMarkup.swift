import Mustache
import PortalProtocol
import Vocabulary

/// Components inside a live place, which are made without the page around them.
extension Markup {
    private static let library: MustacheLibrary = {
        let parsed = Templates.components.compactMap { component in
            (try? MustacheTemplate(string: component.template)).map { (component.name, $0) }
        }
        return MustacheLibrary(templates: Dictionary(uniqueKeysWithValues: parsed))
    }()

    static func of<Piece: Component>(_ piece: Piece) -> Markup {
        Markup(trusted: library.render(piece, withTemplate: Piece.name) ?? "")
    }

    static func empty(_ icon: Icon, _ title: String, _ text: Markup, _ actions: [Button] = []) -> Markup {
        of(Empty(icon, title, text, actions))
    }

    static func table(
        _ caption: String,
        _ columns: [Table.Column],
        _ rows: [[Markup]],
        empty: Empty? = nil,
        next: String? = nil,
        style: String = ""
    ) -> Markup {
        of(Table(caption, columns, rows, empty: empty, next: next, style: style))
    }

    /// Passed and scrapped over time, with marks at round times.
    static func production(_ series: ProductionSeries, zone name: String, at now: Instant) -> Markup {
        let zone = Format.offset(of: name, at: now) ?? 0
        let points = series.points
        let length = points.count > 1 ? points[1].start - points[0].start : 300
        let step = max(length, Ticks.step(over: length * Int64(points.count), most: 6))
        let chart = Chart(
            bars: "Devices passed and scrapped",
            id: "production-chart",
            unit: "devices",
            zone: Format.zone(name, at: now),
            series: [("Passed", .issued), ("Scrapped", .lost)],
            points: points.map { point in
                Chart.Point(
                    mark: Ticks.isRound(point.start, step: step, east: zone)
                        ? Ticks.word(point.start, step: step, span: length * Int64(points.count - 1), east: zone) : "",
                    title: Format.dateTime(point.start, east: zone),
                    values: [point.counts.passed, point.counts.failed]
                )
            }
        )
        return of(chart)
    }
}
