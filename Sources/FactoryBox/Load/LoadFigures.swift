/// What one measurement found.
public struct LoadFigures: Sendable {
    public let stations: Int
    public internal(set) var units = 0
    /// Seconds.
    public internal(set) var wall = 0.0
    /// CPU seconds of the EdgeHSM process, user and system.
    public internal(set) var edgeCPU = 0.0
    /// CPU seconds of the process that plays stations and chips.
    public internal(set) var driverCPU = 0.0
    /// Seconds from asking for a DAC to having it, in ascending order.
    public internal(set) var issueWaits: [Double] = []
    /// Seconds that the station waited for the EdgeHSM, for a whole unit, in ascending order.
    public internal(set) var unitWaits: [Double] = []

    public var unitsPerCPUSecond: Double { edgeCPU > 0 ? Double(units) / edgeCPU : 0 }
    public var unitsPerSecond: Double { wall > 0 ? Double(units) / wall : 0 }
    /// Seconds.
    public var cpuPerUnit: Double { units > 0 ? edgeCPU / Double(units) : 0 }

    /// The value that `share` (0 to 1) of all waits do not exceed; 0 where there are none.
    public static func percentile(_ ascending: [Double], _ share: Double) -> Double {
        guard let last = ascending.indices.last else { return 0 }
        let rank = Int((Double(ascending.count) * share).rounded(.up)) - 1
        return ascending[min(max(rank, 0), last)]
    }

    mutating func add(_ waits: [LoadStation.Waited], wall: Double, edgeCPU: Double, driverCPU: Double) {
        units += waits.count
        self.wall += wall
        self.edgeCPU += edgeCPU
        self.driverCPU += driverCPU
        issueWaits += waits.map(\.issue)
        unitWaits += waits.map(\.unit)
    }

    mutating func finish() {
        issueWaits.sort()
        unitWaits.sort()
    }
}
