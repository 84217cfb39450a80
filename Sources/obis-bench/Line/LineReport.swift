import FactoryBox

/// One measurement under load.
struct Load: Sendable, Codable {
    let work: String
    let stations: Int
    let units: Int
    let unitsPerCPUSecond: Double
    let unitsPerSecond: Double
    /// CPU seconds of the EdgeHSM for one unit.
    let cpu: Double
    /// CPU seconds of the stations and chips for one unit.
    let driverCPU: Double
    /// Seconds from asking for a DAC to having it.
    let issueP50: Double
    let issueP99: Double
    /// Seconds that a station waited for the EdgeHSM for one unit.
    let unitP50: Double
    let unitP99: Double
    /// CPU of CSR verify, token signature and a share of a sync, of the CPU for one unit; of `issue` alone.
    let ratio: Double?

    init(work: LoadWork, figures: LoadFigures, parts: [Part: Cost]) {
        self.work = work.rawValue
        stations = figures.stations
        units = figures.units
        unitsPerCPUSecond = figures.unitsPerCPUSecond
        unitsPerSecond = figures.unitsPerSecond
        cpu = figures.cpuPerUnit
        driverCPU = figures.units > 0 ? figures.driverCPU / Double(figures.units) : 0
        issueP50 = LoadFigures.percentile(figures.issueWaits, 0.5)
        issueP99 = LoadFigures.percentile(figures.issueWaits, 0.99)
        unitP50 = LoadFigures.percentile(figures.unitWaits, 0.5)
        unitP99 = LoadFigures.percentile(figures.unitWaits, 0.99)
        ratio = work == .issue && cpu > 0 ? Self.floor(parts, stations: figures.stations) / cpu : nil
    }

    /// What issuing costs at least: one proof of possession, one signature of the token, and a share of one sync. With n
    /// stations at most n units share a sync, so the share is the smallest possible one.
    private static func floor(_ parts: [Part: Cost], stations: Int) -> Double {
        func cpu(_ part: Part) -> Double { parts[part]?.cpu ?? 0 }
        return cpu(.requestVerify) + cpu(.tokenSign) + cpu(.sync) / Double(stations)
    }

    private init(medianOf loads: [Load], first: Load) {
        func middle(_ path: KeyPath<Load, Double>) -> Double { median(loads.map { $0[keyPath: path] }) }
        work = first.work
        stations = first.stations
        units = loads.reduce(0) { $0 + $1.units }
        unitsPerCPUSecond = middle(\.unitsPerCPUSecond)
        unitsPerSecond = middle(\.unitsPerSecond)
        cpu = middle(\.cpu)
        driverCPU = middle(\.driverCPU)
        issueP50 = middle(\.issueP50)
        issueP99 = middle(\.issueP99)
        unitP50 = middle(\.unitP50)
        unitP99 = middle(\.unitP99)
        ratio = first.ratio == nil ? nil : median(loads.compactMap(\.ratio))
    }

    static func middle(of loads: [Load]) -> Load? { loads.first.map { Load(medianOf: loads, first: $0) } }
}

struct Round: Sendable, Codable {
    let parts: [Part: Cost]
    /// In the same order in every round.
    let loads: [Load]
}

/// What the measurement of the line found.
struct LineReport: Sendable {
    let seconds: Double
    private(set) var all: [Round] = []
    private let rounds: Int

    init(rounds: Int, seconds: Double) {
        self.rounds = rounds
        self.seconds = seconds
    }

    mutating func add(_ round: Round) { all.append(round) }

    private var parts: [(Part, Cost)] {
        Part.allCases.map { part in
            let costs = all.compactMap { $0.parts[part] }
            return (part, Cost(cpu: median(costs.map(\.cpu)), wall: median(costs.map(\.wall))))
        }
    }

    private var loads: [Load] {
        (all.first?.loads.indices ?? 0..<0).compactMap { index in
            Load.middle(of: all.compactMap { $0.loads.indices.contains(index) ? $0.loads[index] : nil })
        }
    }

    /// Times are in seconds.
    struct Figures: Codable, Sendable {
        let secondsOfOneMeasurement: Double
        let medianParts: [Part: Cost]
        let medianLoads: [Load]
        let rounds: [Round]
    }

    var figures: Figures {
        Figures(
            secondsOfOneMeasurement: seconds,
            medianParts: Dictionary(uniqueKeysWithValues: parts),
            medianLoads: loads,
            rounds: all
        )
    }

    // MARK: For people

    var lines: [String] {
        ["medians of \(rounds) rounds, \(Table.number(seconds, 1)) s each measurement", ""] + partsTable + [""]
            + loadsTable
    }

    private var partsTable: [String] {
        let rows = parts.map { part, cost in
            Table.row(
                part.rawValue,
                [Table.number(cost.cpu * 1e6, 1), Table.number(cost.wall * 1e6, 1), Table.number(1 / cost.cpu, 0)]
            )
        }
        return [Table.row("one after the other", ["CPU µs", "wall µs", "per CPU s"])] + rows
    }

    private var loadsTable: [String] {
        let rows = loads.map { load in
            Table.row(
                "\(load.work), \(load.stations) stations",
                [
                    Table.number(load.cpu * 1e6, 0), Table.number(load.unitsPerCPUSecond, 0),
                    Table.number(load.unitsPerSecond, 0), Table.waits(load.issueP50, load.issueP99),
                    Table.waits(load.unitP50, load.unitP99), Table.number(load.driverCPU * 1e6, 0),
                    load.ratio.map { Table.number($0, 2) } ?? "",
                ]
            )
        }
        let titles = [
            "CPU µs a unit", "per CPU s", "per s", "DAC p50 / p99 ms", "unit p50 / p99 ms", "driver CPU µs", "ratio",
        ]
        return [Table.row("edgehsmd under load", titles)] + rows
    }
}
