/// An amount at two moments of a run, parted into what stands without any device and what each device adds.
struct CostLine: Sendable, Equatable {
    /// At the first moment, before any of the devices: start-up, preparation, empty files.
    let fixed: Double
    /// What came between the moments, divided by the devices made between them; nil where none was made.
    let each: Double?

    /// - Parameters:
    ///   - first, last: the amount at either moment.
    ///   - devices: made between the two.
    init(from first: Double, to last: Double, devices: Int) {
        fixed = first
        each = devices > 0 ? (last - first) / Double(devices) : nil
    }

    /// So many devices, and the fixed part once.
    func total(_ devices: Double) -> Double? { each.map { fixed + $0 * devices } }
}

/// Seconds of CPU of each process at two moments, by the name of its program.
///
/// A process that starts between the two has its start-up in the fixed part: what it had spent when it was first seen.
struct CPUAccount: Sendable {
    private struct Process {
        let program: String
        /// At the first moment, or when first seen.
        var base: Double
        var seconds: Double
    }

    private var processes: [Int32: Process] = [:]
    private var isBegun = false
    private var isEnded = false
    private var made = 0

    /// What a process has spent by now, told as often as it is looked at; nothing counts after the end.
    mutating func note(_ process: Int32, of program: String, _ seconds: Double) {
        guard !isEnded else { return }
        processes[process, default: Process(program: program, base: seconds, seconds: seconds)].seconds = seconds
        if !isBegun { processes[process]?.base = seconds }
    }

    /// The first moment, before any device.
    mutating func begin() { isBegun = true }

    /// The last moment.
    ///
    /// - Parameter made: devices since the first.
    mutating func end(made: Int) {
        isEnded = true
        self.made = made
    }

    /// All processes of a program together.
    var lines: [String: CostLine] {
        Dictionary(grouping: processes.values, by: \.program).mapValues { processes in
            CostLine(
                from: processes.reduce(0) { $0 + $1.base },
                to: processes.reduce(0) { $0 + $1.seconds },
                devices: made
            )
        }
    }
}
