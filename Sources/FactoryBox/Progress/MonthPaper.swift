import Foundation

/// A month of a million devices, on paper: what each part needs, from what it cost here for each device.
struct MonthPaper: Sendable {
    static let devices = 1_000_000.0
    static let seconds = 30.0 * 86_400
    /// How much faster than the month's mean the worst hour is.
    static let peak = 10.0

    /// One part of the system in this run.
    struct Part: Sendable {
        let name: String
        let cost: CostMeter.Sum
        /// Octets that its files have grown to; nil where it keeps none.
        let disk: Int?
        let traffic: Traffic?
    }

    /// Octets through the links of all factories that have one, with TCP's payload, TLS and HTTP.
    struct Traffic: Sendable {
        let octets: LinkCutter.Octets
        /// Devices of these factories.
        let made: Int
    }

    let parts: [Part]
    /// Devices of this run.
    let made: Int
    /// Devices a second while lines worked.
    let rate: Double

    private static var perSecond: Double { devices / seconds }

    var rows: [(String, String)] { parts.map { ($0.name, words($0)) } + [("load", load)] }

    /// What memory under load was measured at: as long as that is more than the month's peak, the peak needs no more.
    private var load: String {
        String(
            format: "%.1f devices/s here, %.1f at the month's peak: memory that load takes is %@",
            rate,
            Self.perSecond * Self.peak,
            rate >= Self.perSecond * Self.peak ? "within what was measured" : "more than was measured"
        )
    }

    /// The fullest process at its fullest moment is what load takes, with queues and caches as full as they were; what a
    /// month's history adds is at most what late devices added here, times the month's, as if no cache had filled by it.
    private static func memory(_ cost: CostMeter.Sum) -> String {
        let fullest = String(
            format: "memory %d MiB at the fullest, %d before the first device",
            cost.memory / 1_048_576,
            cost.before / 1_048_576
        )
        guard let growth = cost.growth else { return fullest }
        guard growth > 0 else { return fullest + ", and no growth late in the run" }
        return fullest
            + String(
                format: ", %.2f KiB a device late in the run: at most %.0f MiB more after the month",
                growth / 1_024,
                growth * devices / 1_048_576
            )
    }

    private func words(_ part: Part) -> String {
        func each(_ figure: Int) -> Double { Double(figure) / Double(max(made, 1)) }
        let cpu = part.cost.cpu / Double(max(made, 1))
        var words = [
            String(
                format: "CPU %.0f ms a device, %.1f h a month, %.2f cores at peak",
                cpu * 1_000,
                cpu * Self.devices / 3_600,
                cpu * Self.perSecond * Self.peak
            ),
            Self.memory(part.cost),
        ]
        if let disk = part.disk {
            words.append(
                String(
                    format: "disk %.1f KiB a device, %.1f GiB a month",
                    each(disk) / 1_024,
                    each(disk) * Self.devices / 1_073_741_824
                )
            )
        }
        if let traffic = part.traffic { words.append(Self.words(traffic)) }
        return words.joined(separator: "; ")
    }

    private static func words(_ traffic: Traffic) -> String {
        let (up, down) = (
            Double(traffic.octets.up) / Double(max(traffic.made, 1)),
            Double(traffic.octets.down) / Double(max(traffic.made, 1))
        )
        return String(
            format: "traffic %.1f KiB up and %.1f KiB down a device, %.1f and %.1f Mbit/s at peak",
            up / 1_024,
            down / 1_024,
            up * 8 / 1_000_000 * perSecond * peak,
            down * 8 / 1_000_000 * perSecond * peak
        )
    }

    /// Octets of these files; none of a file that is not there.
    static func size(ofFiles files: [String]) -> Int {
        files.reduce(0) { sum, file in
            let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
            return sum + (size ?? 0)
        }
    }

    /// Octets of all files under these folders.
    static func size(of folders: [String]) -> Int {
        folders.reduce(0) { sum, folder in
            let files = FileManager.default.enumerator(
                at: URL(fileURLWithPath: folder),
                includingPropertiesForKeys: [.fileSizeKey, .isRegularFileKey]
            )
            return (files?.allObjects ?? []).compactMap { $0 as? URL }.reduce(sum) { sum, file in
                sum + ((try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0)
            }
        }
    }
}

extension Company {
    /// The parts of all factories together, as they stand now.
    func monthPaper(_ meter: CostMeter) async -> MonthPaper {
        let sums = await meter.sums()
        let hosts = factories.map(\.host)
        let stations = hosts.flatMap(\.stations).flatMap { [$0.folder + "/state", $0.printed] }
        let database = portal.map { [$0.database, $0.database + "-wal"] } ?? []
        let sizes: [(program: String, name: String, disk: Int)] = [
            ("edgehsmd", "EdgeHSM", MonthPaper.size(of: factories.map(\.edge.dataDirectory))),
            ("obis-factory", "Factory Service", MonthPaper.size(of: hosts.map(\.state))),
            ("obis-station", "station", MonthPaper.size(of: stations)),
            ("obis-portal", "portal", MonthPaper.size(ofFiles: database)),
        ]
        let parts = sizes.compactMap { program, name, disk in
            sums[program].map { sum in
                MonthPaper.Part(name: name, cost: sum, disk: disk, traffic: program == "obis-portal" ? traffic : nil)
            }
        }
        return MonthPaper(parts: parts, made: scale.total, rate: await meter.rate)
    }

    private var traffic: MonthPaper.Traffic {
        let octets = (portal?.links.values.map(\.octets) ?? []).reduce(into: LinkCutter.Octets()) { sum, octets in
            sum.up += octets.up
            sum.down += octets.down
        }
        let made = factories.filter(\.profile.hasLink).map(\.finished).reduce(0, +)
        return MonthPaper.Traffic(octets: octets, made: made)
    }
}
