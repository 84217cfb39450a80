import Foundation
import Glibc

struct Machine: Sendable, Codable {
    let processor: String
    let cores: Int
    let kernel: String
    /// Of the minute before the measurement.
    let loadAverage: Double
    let measuredAt: String

    /// Load average of the last minute.
    static var load: Double {
        var average = [0.0]
        getloadavg(&average, 1)
        return average[0]
    }

    static func current() -> Machine {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        return Machine(
            processor: model?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown",
            cores: ProcessInfo.processInfo.activeProcessorCount,
            kernel: (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8))?
                .trimmingCharacters(in: .newlines) ?? "unknown",
            loadAverage: load,
            measuredAt: ISO8601DateFormatter().string(from: Date())
        )
    }
}

/// Everything that one run found. Times are in seconds.
struct Report: Codable, Sendable {
    let machine: Machine
    var line: LineReport.Figures?
    var portal: PortalReport?

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    var head: [String] {
        [
            "\(machine.processor), \(machine.cores) cores, Linux \(machine.kernel), load before the run "
                + Table.number(machine.loadAverage, 1), machine.measuredAt,
        ]
    }
}

/// Rows of figures below each other.
enum Table {
    static func row(_ name: String, _ cells: [String]) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let first = name + String(repeating: " ", count: max(0, 32 - name.count))
        return first + cells.map { padded($0, 19) }.joined()
    }

    static func number(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? String(format: "%.\(digits)f", value) : "–"
    }

    /// Two waits in milliseconds.
    static func waits(_ p50: Double, _ p99: Double) -> String {
        "\(number(p50 * 1e3, 2)) / \(number(p99 * 1e3, 2))"
    }
}
