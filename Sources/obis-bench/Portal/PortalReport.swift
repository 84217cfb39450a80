/// What the measurement of the portal found. Times are in seconds.
struct PortalReport: Codable, Sendable {
    struct Ingest: Codable, Sendable {
        let edges: Int
        let devices: Int
        let entries: Int
        let entriesOfAChunk: Int
        let rounds: [IngestMeasure.Round]

        var ingest: Cost { Self.middle(rounds.map(\.ingest)) }
        var alone: Cost { Self.middle(rounds.map(\.alone)) }
        var bare: Cost { Self.middle(rounds.map(\.bare)) }
        /// Rate of ingest ÷ rate of the bare load just before it, the median of all rounds.
        var ratio: Double { median(rounds.map(\.ratio)) }
        var aloneRatio: Double { median(rounds.map(\.aloneRatio)) }
        /// Octets of memory that stay of an entry.
        var growth: Double { median(rounds.map(\.growth)) }

        private static func middle(_ costs: [Cost]) -> Cost {
            Cost(cpu: median(costs.map(\.cpu)), wall: median(costs.map(\.wall)))
        }

        var lines: [String] {
            func row(_ name: String, _ cost: Cost, _ ratio: String) -> String {
                let count = Double(entries)
                return Table.row(
                    name,
                    [
                        Table.number(count / cost.wall, 0), Table.number(Double(devices) / cost.wall, 0),
                        Table.number(cost.cpu / count * 1e6, 1), Table.number(cost.cpu / Double(devices) * 1e6, 0),
                        ratio,
                    ]
                )
            }
            return [
                "\(entries) entries of \(devices) devices from \(edges) EdgeHSMs, "
                    + "\(entriesOfAChunk) a transaction; medians of \(rounds.count) rounds",
                Table.row("journals", ["entries a s", "devices a s", "CPU µs an entry", "CPU µs a device", "ratio"]),
                row("ingest, \(edges) EdgeHSMs at once", self.ingest, Table.number(ratio, 2)),
                row("ingest, one EdgeHSM at a time", alone, Table.number(aloneRatio, 2)),
                row("bare load of the same rows", bare, ""),
                "memory: \(Table.number(growth, 1)) octets an entry in the second half of an ingest",
            ]
        }
    }

    let ingest: Ingest
    let rollUps: RollUpMeasure.Result
    let pages: PageMeasure.Result
    let requests: [RequestMeasure.Kind: RequestMeasure.Waits]
    /// Records in the portal that the requests were made to.
    let records: Int

    var lines: [String] { ingest.lines + [""] + rollUpTable + [""] + pages.lines + [""] + requestTable }

    private var rollUpTable: [String] {
        func row(_ name: String, _ reads: RollUpMeasure.Reads, _ ratio: String) -> String {
            Table.row(
                name,
                [
                    "\(reads.records)", "\(reads.rollUpRows)", Table.number(reads.all * 1e3, 2),
                    Table.number((reads.seconds.values.max() ?? 0) * 1e3, 2), ratio,
                ]
            )
        }
        let titles = ["records", "roll-up rows", "5 sums ms", "longest ms", "ratio"]
        return [
            Table.row("roll-ups of one month", titles), row("a month", rollUps.small, ""),
            row("the month with more devices", rollUps.large, Table.number(rollUps.ratio, 2)),
            row("the same after ten more months", rollUps.long, Table.number(rollUps.longRatio, 2)),
        ]
    }

    private var requestTable: [String] {
        let rows = RequestMeasure.Kind.allCases.compactMap { kind in
            requests[kind].map { Table.row(kind.rawValue, ["\($0.count)", Table.waits($0.p50, $0.p99)]) }
        }
        return [Table.row("requests, \(records) records", ["count", "p50 / p99 ms"])] + rows
    }
}
