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
        /// Seconds, user and system.
        var cpu = 0.0
        /// Octets of memory at the fullest moment.
        var memory = 0
        /// Octets that went to the disk.
        var written = 0
    }

    /// Only processes of this world are looked at, not those of a world within it.
    private let logs: String
    private var costs: [Int32: (program: String, cost: Cost)] = [:]

    init(of world: World) { logs = world.path("logs") + "/" }

    /// Looks until cancelled.
    func run() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    private func look() {
        for service in ServiceList.shared.all where service.isRunning && service.log.path.hasPrefix(logs) {
            let process = service.identifier
            guard let cost = Self.cost(of: process) else { continue }
            costs[process] = (service.program, cost)
        }
    }

    /// What all processes of one program cost together.
    struct Sum: Sendable {
        let processes: Int
        /// Seconds, user and system.
        let cpu: Double
        /// Octets of the fullest process at its fullest moment.
        let memory: Int
        /// Octets that went to the disk.
        let written: Int
    }

    /// By the name of the program's file.
    func sums() -> [String: Sum] {
        look()
        return Dictionary(grouping: costs.values, by: \.program).mapValues { entries in
            let costs = entries.map(\.cost)
            return Sum(
                processes: costs.count,
                cpu: costs.map(\.cpu).reduce(0, +),
                memory: costs.map(\.memory).max() ?? 0,
                written: costs.map(\.written).reduce(0, +)
            )
        }
    }

    private static func cost(of process: Int32) -> Cost? {
        guard let cpu = try? CPUClock(process: process).seconds() else { return nil }
        return Cost(
            cpu: cpu,
            memory: (number(in: "/proc/\(process)/status", after: "VmHWM:") ?? 0) * 1_024,
            written: number(in: "/proc/\(process)/io", after: "write_bytes:") ?? 0
        )
    }

    private static func number(in file: String, after name: String) -> Int? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
}
