import Vocabulary

/// Figures as lengths. Every one of them has its numbers beside it in words.
struct Segment: Sendable {
    let title: String
    let value: Int
    /// The palette's class for what it shows.
    let style: String

    init(_ title: String, _ value: Int, _ part: Part) {
        (self.title, self.value, style) = (title, value, part.rawValue)
    }
}

extension Markup {
    /// One bar of parts of a whole. For screen readers it is an image whose name says the parts.
    static func meter(_ segments: [Segment], of whole: Int, label: String, isTall: Bool = false) -> Markup {
        var left = 0
        var bars = Markup.empty
        for segment in segments where segment.value > 0 && whole > 0 {
            // In ten-thousandths, and never so thin that what there is can't be seen.
            let width = max(30, min(10_000 - left, segment.value * 10_000 / whole))
            bars += "<rect class=\"\(segment.style)\" x=\"\(left)\" width=\"\(width)\" height=\"10\"/>"
            // A thin gap between neighbours, which tells them apart whatever their colours.
            if left > 0 { bars += "<path class=\"gap\" d=\"M\(left) 0V10\"/>" }
            left = min(10_000, left + width)
        }
        return """
            <svg class="meter\(isTall ? " tall" : "")" viewBox="0 0 10000 10" preserveAspectRatio="none" role="img" \
            aria-label="\(label)">\(bars)</svg>
            """
    }

    /// A bar with its share in figures.
    static func share(_ part: Int, of whole: Int, label: String, style: Part = .issued) -> Markup {
        let percent = Format.percent(part, of: whole) ?? "–"
        return """
            <span class="meter-row">\(meter([Segment("", part, style)], of: whole, label: "\(label): \(percent)"))\
            <span>\(percent)</span></span>
            """
    }

    static func legend(_ segments: [Segment]) -> Markup {
        let items = segments.map { segment in
            "<li class=\"\(segment.style)\">\(segment.title) <strong>\(Format.number(segment.value))</strong></li>"
                as Markup
        }
        return "<ul class=\"legend\">\(items.joined())</ul>"
    }

    /// The last values of something, without axes: its figures stand beside it.
    static func spark(_ values: [Int], label: String) -> Markup {
        let most = max(values.max() ?? 0, 1)
        let bars = values.enumerated().map { index, value -> Markup in
            let height = value == 0 ? 0 : max(2, value * 40 / most)
            return "<rect class=\"bar\" x=\"\(index * 10 + 1)\" y=\"\(40 - height)\" width=\"8\" height=\"\(height)\"/>"
        }
        return """
            <svg class="spark" viewBox="0 0 \(max(values.count, 1) * 10) 40" preserveAspectRatio="none" role="img" \
            aria-label="\(label)">\(bars.joined())</svg>
            """
    }
}

/// A chart drawn on the server, with its table.
struct Chart: Component {
    struct Point: Sendable {
        /// Under the axis; empty: none.
        let mark: String
        /// In the table.
        let title: String
        let values: [Int]
    }

    /// A word under the axis, in the middle beneath its point: what is beside the axis has room for half a word.
    struct Mark: Sendable {
        let text, place: String
        /// One that narrow screens leave out: every second, from the last on.
        var isExtra = false

        /// - Parameter share: 0 at the left end of the axis, 1 at its right.
        init(_ text: String, at share: Double) {
            self.text = text
            place = "\((share * 1_000).rounded() / 10)%"
        }
    }

    let caption: String
    /// Which time the axis has.
    let zone: String
    let plot: Markup
    let high: String
    let middle: String
    let marks: [Mark]
    let legend: Markup
    let table: Table
    let id: String
    let chevron = Icon.chevron.markup

    /// Stacked bars.
    ///
    /// - Parameters:
    ///   - series: titles and styles, in the order of each point's values.
    ///   - zone: the time that the marks are of.
    init(
        bars caption: String,
        id: String,
        unit: String,
        zone: String,
        series: [(String, Part)],
        points: [Point]
    ) {
        // What was taken back for rework is in the table; a bar has no place for it.
        let top = Self.round(points.map { $0.values.filter { $0 > 0 }.reduce(0, +) }.max() ?? 0)
        let width = 100
        var shapes = Self.grid(points.count * width)
        for (index, point) in points.enumerated() {
            var y = 1_000
            for (value, (_, part)) in zip(point.values, series) where value > 0 {
                let height = max(4, value * 1_000 / top)
                y -= height
                shapes += """
                    <rect class="bar \(part.rawValue)" x="\(index * width + 14)" y="\(y)" width="\(width - 28)" height="\(height)"/>
                    """
            }
        }
        let all = max(points.count, 1) * width
        let marks = points.enumerated().filter { !$0.element.mark.isEmpty }.map {
            Mark($0.element.mark, at: Double($0.offset * width + width / 2) / Double(all))
        }
        self.init(caption, id, unit, zone, series, points, top, shapes, width: all, marks: marks)
    }

    /// A line that falls or rises over time, with the limit that it must not cross. A second is as wide at its begin as
    /// at its end.
    ///
    /// - Parameters:
    ///   - spots: oldest first.
    ///   - zone: a time zone's name.
    ///   - now: the last mark says so where the line ends with it.
    init(
        line caption: String,
        id: String,
        unit: String,
        zone: String,
        part: Part = .issued,
        spots: [(time: Instant, value: Int)],
        now: Instant,
        limit: Int? = nil
    ) {
        let top = Self.round(max(spots.map(\.value).max() ?? 0, limit ?? 0))
        let width = 1_000
        let begin = spots.first?.time ?? now
        let span = max(1, (spots.last?.time ?? now) - begin)
        let places = spots.map { (Int(($0.time - begin) * Int64(width) / span), 1_000 - $0.value * 1_000 / top) }
        let style = part.rawValue
        let path = places.map { "\($0.0) \($0.1)" }.joined(separator: " L")
        var shapes = Self.grid(width)
        if !places.isEmpty {
            shapes += "<path class=\"area \(style)\" d=\"M0 1000 L\(path) L\(places.last?.0 ?? 0) 1000Z\"/>"
            shapes += "<path class=\"line \(style)\" d=\"M\(path)\"/>"
        }
        if let limit {
            let y = 1_000 - limit * 1_000 / top
            shapes += "<path class=\"limit\" d=\"M0 \(y)H\(width)\"/>"
        }
        let offset = Format.offset(of: zone, at: begin) ?? 0
        let points = spots.map {
            Point(mark: "", title: Format.dateTime($0.time, east: offset, seconds: span < 86_400), values: [$0.value])
        }
        self.init(
            caption,
            id,
            unit,
            Format.zone(zone, at: begin),
            [(unit, part)],
            points,
            top,
            shapes,
            width: width,
            marks: Ticks.marks(from: begin, to: spots.last?.time ?? begin, east: offset, now: now)
        )
    }

    private init(
        _ caption: String,
        _ id: String,
        _ unit: String,
        _ zone: String,
        _ series: [(String, Part)],
        _ points: [Point],
        _ top: Int,
        _ shapes: Markup,
        width: Int,
        marks: [Mark]
    ) {
        self.caption = caption
        self.zone = zone
        self.id = id
        high = Format.number(top)
        middle = top > 1 ? Format.number(top / 2) : ""
        self.marks = marks.enumerated().map { index, mark in
            var mark = mark
            mark.isExtra = !(marks.count - 1 - index).isMultiple(of: 2)
            return mark
        }
        let sums = series.indices.map { index in
            points.reduce(0) { $0 + ($1.values.count > index ? $1.values[index] : 0) }
        }
        legend =
            series.count < 2
            ? .empty : Markup.legend(zip(series, sums).map { Segment($0.0, $1, $0.1) })
        plot = """
            <svg class="chart-svg" viewBox="0 0 \(width) 1000" preserveAspectRatio="none" role="img" \
            aria-label="\(caption). The figures stand in the table below.">\(shapes)</svg>
            """
        table = Table(
            "\(caption), \(unit)",
            [.init("When, \(zone)")] + series.map { .init($0.0, .number) },
            points.map { point in [.text(point.title)] + point.values.map { Markup.number($0) } },
            style: "keeps"
        )
    }

    private static func grid(_ width: Int) -> Markup {
        "<path class=\"grid\" d=\"M0 0H\(width)M0 500H\(width)M0 1000H\(width)\"/>"
    }

    /// The next round figure, with not much air above the highest value. Its half is round too.
    static func round(_ value: Int) -> Int {
        var step = 1
        while step * 10 < value { step *= 10 }
        let tenths = step >= 10 ? [10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100] : [10, 20, 40, 50, 60, 80, 100]
        return tenths.map { $0 * step / 10 }.first { $0 >= value } ?? max(value, 1)
    }

    static let name = "chart"
    static let template = #"""
        <figure class="stack-s"><div class="chart-plot"><div class="chart-y" aria-hidden="true"><span>{{.high}}</span><span>{{.middle}}</span><span>0</span></div><div>{{{.plot}}}</div><svg class="chart-x" aria-hidden="true">{{#.marks}}<text x="{{place}}" y=".9em" text-anchor="middle"{{#isExtra}} class="extra"{{/isExtra}}>{{text}}</text>{{/.marks}}</svg></div><div class="chart-foot">{{{.legend}}}<p class="small muted">Times: {{.zone}}</p></div>
        <details class="details"><summary>{{{.chevron}}}Figures as a table</summary>{{#.table}}{{> table}}{{/.table}}</details></figure>
        """#
}
