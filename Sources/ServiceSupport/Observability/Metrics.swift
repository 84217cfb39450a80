import Synchronization

/// Counters, gauges and histograms of one process, rendered in the Prometheus text format 0.0.4.
///
/// A metric has at most one label, and the label's values are listed when the metric is made: any other value is
/// counted as `other`, so that no peer can make the registry grow. Asking again for a name gives the same metric.
public final class Metrics: Sendable {
    private let all = Mutex<[String: any Metric]>([:])

    public init() {}

    /// A number that only grows. `name` should end in `_total`.
    public func counter(_ name: String, _ help: String, label: String? = nil, values: [String] = []) -> Counter {
        find(name) { Counter(Series(name: name, help: help, kind: "counter", label: label, values: values)) }
    }

    /// A number that goes up and down.
    public func gauge(_ name: String, _ help: String, label: String? = nil, values: [String] = []) -> Gauge {
        find(name) { Gauge(Series(name: name, help: help, kind: "gauge", label: label, values: values)) }
    }

    /// Durations in seconds, in buckets from 0.5 ms to 10 s. `name` should end in `_seconds`.
    public func histogram(_ name: String, _ help: String, label: String? = nil, values: [String] = []) -> Histogram {
        find(name) { Histogram(Series(name: name, help: help, kind: "histogram", label: label, values: values)) }
    }

    /// Every metric as text, sorted by name.
    public func text() -> String {
        let metrics = all.withLock { $0 }
        return metrics.sorted { $0.key < $1.key }.map { $0.value.series.heading + $0.value.lines() }.joined()
    }

    /// A name already taken by another kind of metric yields one that is counted but not shown.
    private func find<Wanted: Metric>(_ name: String, _ make: () -> Wanted) -> Wanted {
        all.withLock { all in
            if let existing = all[name] { return existing as? Wanted ?? make() }
            let new = make()
            all[name] = new
            return new
        }
    }
}

protocol Metric: Sendable {
    var series: Series { get }
    /// The sample lines, each ended by a line feed.
    func lines() -> String
}

/// Name, help and the closed list of label values of one metric.
struct Series: Sendable {
    /// Most values of a label; more are counted as `other`.
    static let mostValues = 256
    let name: String
    let help: String
    let kind: String
    let label: String?
    let values: Set<String>

    init(name: String, help: String, kind: String, label: String?, values: [String]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.label = label
        self.values = Set(values.prefix(Self.mostValues))
    }

    var heading: String {
        "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n# TYPE \(name) \(kind)\n"
    }

    /// The label value under which something is counted.
    func bounded(_ value: String) -> String {
        label == nil ? "" : values.contains(value) ? value : "other"
    }

    /// `name{label="value",extra}`, with what is empty left out.
    func sample(_ suffix: String, _ value: String, _ extra: String = "") -> String {
        var labels: [String] = []
        if let label { labels.append("\(label)=\"\(Self.escaped(value))\"") }
        if !extra.isEmpty { labels.append(extra) }
        return name + suffix + (labels.isEmpty ? "" : "{" + labels.joined(separator: ",") + "}")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

public final class Counter: Metric {
    let series: Series
    private let counts = Mutex<[String: UInt64]>([:])

    init(_ series: Series) { self.series = series }

    /// Wraps at 2⁶⁴, as Prometheus expects of a counter that restarts.
    public func increment(_ value: String = "", by amount: UInt64 = 1) {
        let value = series.bounded(value)
        counts.withLock { $0[value, default: 0] &+= amount }
    }

    public func count(_ value: String = "") -> UInt64 { counts.withLock { $0[value] ?? 0 } }

    func lines() -> String {
        counts.withLock { $0 }.sorted { $0.key < $1.key }.map { "\(series.sample("", $0.key)) \($0.value)\n" }.joined()
    }
}

public final class Gauge: Metric {
    let series: Series
    private let levels = Mutex<[String: Double]>([:])

    init(_ series: Series) { self.series = series }

    public func set(_ level: Double, _ value: String = "") {
        let value = series.bounded(value)
        levels.withLock { $0[value] = level }
    }

    public func add(_ difference: Double, _ value: String = "") {
        let value = series.bounded(value)
        levels.withLock { $0[value, default: 0] += difference }
    }

    public func level(_ value: String = "") -> Double { levels.withLock { $0[value] ?? 0 } }

    func lines() -> String {
        levels.withLock { $0 }.sorted { $0.key < $1.key }.map { "\(series.sample("", $0.key)) \($0.value)\n" }.joined()
    }
}

public final class Histogram: Metric {
    static let bounds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Cell {
        var buckets = [UInt64](repeating: 0, count: bounds.count)
        var count: UInt64 = 0
        var sum = 0.0
    }

    let series: Series
    private let cells = Mutex<[String: Cell]>([:])

    init(_ series: Series) { self.series = series }

    public func observe(seconds: Double, _ value: String = "") {
        let value = series.bounded(value)
        cells.withLock { cells in
            var cell = cells[value] ?? Cell()
            cell.count &+= 1
            cell.sum += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { cell.buckets[index] &+= 1 }
            cells[value] = cell
        }
    }

    public func observe(_ duration: Duration, _ value: String = "") {
        let (seconds, attoseconds) = duration.components
        observe(seconds: Double(seconds) + Double(attoseconds) / 1e18, value)
    }

    func lines() -> String {
        var text = ""
        for (value, cell) in cells.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            for (bound, count) in zip(Self.bounds, cell.buckets) {
                text += "\(series.sample("_bucket", value, "le=\"\(bound)\"")) \(count)\n"
            }
            text += "\(series.sample("_bucket", value, "le=\"+Inf\"")) \(cell.count)\n"
            text += "\(series.sample("_sum", value)) \(cell.sum)\n\(series.sample("_count", value)) \(cell.count)\n"
        }
        return text
    }
}
