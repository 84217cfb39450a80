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
        /// Octets of its files; nil where it keeps none.
        let disk: CostLine?
        let traffic: Traffic?
    }

    /// Octets through the links of all factories that have one, with TCP's payload, TLS and HTTP.
    struct Traffic: Sendable {
        let up: CostLine
        let down: CostLine
    }

    let parts: [Part]
    /// Devices between the two moments that everything is measured at.
    let made: Int
    /// Devices a second while lines worked.
    let rate: Double

    private static var perSecond: Double { devices / seconds }

    var rows: [(String, String)] { parts.map { ($0.name, Self.words($0)) } + [("load", load)] }

    /// What the two figures of each amount are.
    var notes: [String] {
        [
            "fixed: what was there before the first device, and the start of processes that came later; it does not grow",
            "a device: what came from then until the portal agreed with every factory, by \(made) devices; so what "
                + "programs do by the clock counts as the devices' too",
            "databases by their pages, without write-ahead logs; in a debug build with SoftHSM2",
        ]
    }

    /// What memory under load was measured at: as long as that is more than the month's peak, the peak needs no more.
    private var load: String {
        String(
            format: "%.1f devices/s here, %.1f at the month's peak: memory that load takes is %@",
            rate,
            Self.perSecond * Self.peak,
            rate >= Self.perSecond * Self.peak ? "within what was measured" : "more than was measured"
        )
    }

    static func words(_ part: Part) -> String {
        [cpu(part.cost.cpu), memory(part.cost), part.disk.map(disk), part.traffic.map(traffic)]
            .compactMap { $0 }.joined(separator: "; ")
    }

    private static func cpu(_ line: CostLine) -> String {
        let fixed = String(format: "CPU %.1f s fixed", line.fixed)
        guard let each = line.each else { return fixed }
        return fixed
            + String(
                format: " + %.1f ms a device: %.1f h a month, %.2f cores at peak",
                each * 1_000,
                (line.total(devices) ?? 0) / 3_600,
                each * perSecond * peak
            )
    }

    /// The fullest process at its fullest moment is what load takes, with queues and caches as full as they were; what a
    /// month's history adds is at most what late devices added here, times the month's, as if no cache had filled by it.
    private static func memory(_ cost: CostMeter.Sum) -> String {
        let fullest = String(
            format: "memory %d MiB fixed, %d at the fullest",
            cost.before / 1_048_576,
            cost.memory / 1_048_576
        )
        guard let growth = cost.growth else { return fullest }
        guard growth > 0 else { return fullest + ", and no growth late in the run" }
        return fullest
            + String(
                format: " + %.2f KiB a device late in the run: at most %.0f MiB more after the month",
                growth / 1_024,
                growth * devices / 1_048_576
            )
    }

    private static func disk(_ line: CostLine) -> String {
        let fixed = String(format: "disk %.1f MiB fixed", line.fixed / 1_048_576)
        guard let each = line.each else { return fixed }
        return fixed
            + String(
                format: " + %.2f KiB a device: %.1f GiB after the month",
                each / 1_024,
                (line.total(devices) ?? 0) / 1_073_741_824
            )
    }

    private static func traffic(_ traffic: Traffic) -> String {
        func words(_ line: CostLine, _ direction: String) -> String {
            let fixed = String(format: "%.2f MiB %@ fixed", line.fixed / 1_048_576, direction)
            guard let each = line.each else { return fixed }
            return fixed
                + String(
                    format: " + %.2f KiB a device: %.2f Mbit/s at peak",
                    each / 1_024,
                    each * 8 / 1_000_000 * perSecond * peak
                )
        }
        return "traffic " + words(traffic.up, "up") + ", " + words(traffic.down, "down")
    }
}

/// Files and traffic of all factories and the portal at one moment.
struct Footprint: Sendable {
    /// Octets by the name of the program that keeps them.
    let disk: [String: Int]
    let traffic: LinkCutter.Octets
    /// Devices made at factories that have a link.
    let linked: Int
}

extension Company {
    /// The parts of the system, by their programs' names.
    private static let parts = [
        ("edgehsmd", "EdgeHSM"), ("obis-factory", "Factory Service"), ("obis-station", "station"),
        ("obis-portal", "portal"),
    ]

    func footprint() async -> Footprint {
        let hosts = factories.map(\.host)
        let stations = hosts.flatMap(\.stations).flatMap { [$0.folder + "/state", $0.printed] }
        let octets = (portal?.links.values.map(\.octets) ?? []).reduce(into: LinkCutter.Octets()) { sum, octets in
            sum.up += octets.up
            sum.down += octets.down
        }
        return Footprint(
            disk: [
                "edgehsmd": await DiskSize.ofFolders(factories.map(\.edge.dataDirectory)),
                "obis-factory": await DiskSize.ofFolders(hosts.map(\.state)),
                "obis-station": await DiskSize.ofFolders(stations),
                "obis-portal": await DiskSize.ofFiles(portal.map { [$0.database] } ?? []),
            ],
            traffic: octets,
            linked: factories.filter(\.profile.hasLink).map(\.finished).reduce(0, +)
        )
    }

    /// What came between the two moments.
    ///
    /// - Parameter made: devices between them.
    nonisolated func monthPaper(_ meter: CostMeter, from: Footprint, to: Footprint, made: Int) async -> MonthPaper {
        let sums = await meter.sums()
        func traffic(_ octets: (LinkCutter.Octets) -> Int) -> CostLine {
            CostLine(
                from: Double(octets(from.traffic)),
                to: Double(octets(to.traffic)),
                devices: to.linked - from.linked
            )
        }
        let parts = Self.parts.compactMap { program, name in
            sums[program].map { sum in
                MonthPaper.Part(
                    name: name,
                    cost: sum,
                    disk: CostLine(
                        from: Double(from.disk[program] ?? 0),
                        to: Double(to.disk[program] ?? 0),
                        devices: made
                    ),
                    traffic: program == "obis-portal" ? .init(up: traffic(\.up), down: traffic(\.down)) : nil
                )
            }
        }
        return MonthPaper(parts: parts, made: made, rate: await meter.rate)
    }
}
