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
        /// Octets through its link to the portal, both ways; nil where it has none.
        let traffic: Int?
    }

    let parts: [Part]
    /// Devices of this run.
    let made: Int

    private static var perSecond: Double { devices / seconds }

    var rows: [(String, String)] { parts.map { ($0.name, words($0)) } }

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
            "memory \(part.cost.memory / 1_048_576) MiB",
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
        if let traffic = part.traffic {
            words.append(
                String(
                    format: "traffic %.1f KiB a device, %.0f kbit/s at peak",
                    each(traffic) / 1_024,
                    each(traffic) * 8 / 1_000 * Self.perSecond * Self.peak
                )
            )
        }
        return words.joined(separator: "; ")
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
        let folders: [(program: String, name: String, folders: [String]?)] = [
            ("edgehsmd", "EdgeHSM", factories.map(\.edge.dataDirectory)),
            ("obis-factory", "Factory Service", hosts.map(\.state)),
            ("obis-station", "station", hosts.flatMap(\.stations).flatMap { [$0.folder + "/state", $0.labels] }),
            ("obis-portal", "portal", nil),
        ]
        return MonthPaper(
            parts: folders.compactMap { program, name, folders in
                sums[program].map { sum in
                    MonthPaper.Part(name: name, cost: sum, disk: folders.map(MonthPaper.size), traffic: nil)
                }
            },
            made: scale.total
        )
    }
}
