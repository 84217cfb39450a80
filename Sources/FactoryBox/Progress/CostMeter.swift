import Foundation
import Synchronization

/// All long-running processes that were started here, for those who measure them.
final class ServiceList: Sendable {
    static let shared = ServiceList()

    private let services = Mutex<[Service]>([])

    func add(_ service: Service) { services.withLock { $0.append(service) } }

    var all: [Service] { services.withLock { $0 } }
}

/// What each kind of process costs, as the kernel counts it: looked at twice a second while processes run.
actor CostMeter {
    /// Of one process, at the last look.
    private struct Cost {
        /// Octets of memory at the fullest moment, and now.
        var memory = 0
        var present = 0
        /// Octets that went to the disk.
        var written = 0
    }

    /// What a process held in memory when this many devices were made.
    private struct Moment {
        let made: Int
        let memory: Int
    }

    /// Only processes of this world are looked at, not those of a world within it.
    private let logs: String
    private var costs: [Int32: (program: String, cost: Cost)] = [:]
    private var cpu = CPUAccount()
    /// Devices of the lines when the first moment was.
    private var base = 0
    private var lines: [LineProgress] = []
    /// Of each process, whenever more devices were made.
    private var moments: [Int32: [Moment]] = [:]
    /// When the first device was made, and the newest.
    private var begun: ContinuousClock.Instant?
    private var ended: (made: Int, at: ContinuousClock.Instant)?

    init(of world: World) { logs = world.path("logs") + "/" }

    /// Looks until cancelled.
    func run() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// From now on memory is held against what these lines make.
    func follow(_ lines: [LineProgress]) { self.lines = lines }

    /// From here on what is spent is the devices': the lines are about to begin.
    func begin() {
        look()
        base = made
        cpu.begin()
    }

    /// What is spent from here on counts for nothing; returns the devices made since `begin`.
    func end() -> Int {
        look()
        cpu.end(made: made - base)
        return made - base
    }

    private var made: Int { lines.reduce(0) { $0 + $1.passed } }

    /// Devices a second between the first and the newest.
    var rate: Double {
        guard let begun, let ended else { return 0 }
        let seconds = (ended.at - begun) / .seconds(1)
        return seconds > 0 ? Double(ended.made) / seconds : 0
    }

    private func look() {
        let made = made
        if made > 0, begun == nil { begun = .now }
        if made > ended?.made ?? 0 { ended = (made, .now) }
        for service in ServiceList.shared.all where service.isRunning && service.log.path.hasPrefix(logs) {
            let process = service.identifier
            guard let cost = Self.cost(of: process), let spent = try? CPUClock(process: process).seconds()
            else { continue }
            cpu.note(process, of: service.program, spent)
            costs[process] = (service.program, cost)
            if moments[process]?.last?.made != made {
                moments[process, default: []].append(Moment(made: made, memory: cost.present))
            }
        }
    }

    /// Octets that a process grew by with each device, of all lines together, in the second half of them: what the first
    /// ones filled, caches and pools, is left out as far as it was full by then. Nil where too few were made.
    private func growth(of process: Int32) -> Double? {
        guard let moments = moments[process], let last = moments.last, last.made >= 40,
            let middle = moments.first(where: { $0.made * 2 >= last.made }), middle.made < last.made
        else { return nil }
        return Double(last.memory - middle.memory) / Double(last.made - middle.made)
    }

    /// What all processes of one program cost together.
    struct Sum: Sendable {
        let processes: Int
        /// Seconds, user and system, before the lines began and for each device.
        let cpu: CostLine
        /// Octets of the fullest process at its fullest moment.
        let memory: Int
        /// Octets of the fullest process before the first device.
        let before: Int
        /// Octets that the process that grew most grew by with each device of the run, late in it; nil: not known.
        let growth: Double?
        /// Octets that went to the disk.
        let written: Int
    }

    /// By the name of the program's file.
    func sums() -> [String: Sum] {
        look()
        let lines = cpu.lines
        var sums: [String: Sum] = [:]
        for (program, entries) in Dictionary(grouping: costs, by: \.value.program) {
            let costs = entries.map(\.value.cost)
            sums[program] = Sum(
                processes: costs.count,
                cpu: lines[program] ?? CostLine(from: 0, to: 0, devices: 0),
                memory: costs.map(\.memory).max() ?? 0,
                before: entries.compactMap { moments[$0.key]?.last { $0.made == 0 }?.memory }.max() ?? 0,
                growth: entries.compactMap { growth(of: $0.key) }.max(),
                written: costs.map(\.written).reduce(0, +)
            )
        }
        return sums
    }

    private static func cost(of process: Int32) -> Cost? {
        guard let fullest = number(in: "/proc/\(process)/status", after: "VmHWM:") else { return nil }
        return Cost(
            memory: fullest * 1_024,
            present: (number(in: "/proc/\(process)/status", after: "VmRSS:") ?? 0) * 1_024,
            written: number(in: "/proc/\(process)/io", after: "write_bytes:") ?? 0
        )
    }

    private static func number(in file: String, after name: String) -> Int? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
}
