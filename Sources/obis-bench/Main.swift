import ArgumentParser
import CommandSupport
import FactoryBox
import Foundation
import Vocabulary

/// What an EdgeHSM and a portal can do on this machine, beside what their parts cost in the same run.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "obis-bench",
        abstract:
            "Measures durable issuing beside the signatures and syncs that it is made of, and the portal beside SQLite.",
        version: Program.version(of: "obis-bench")
    )

    enum Section: String, ExpressibleByArgument, CaseIterable {
        case line
        case portal
        /// Of the portal's, ingest beside the bare load alone.
        case ingest
    }

    /// `--json` names a file here.
    static func main() async {
        await Program.main(Bench.self, show: { Program.complain(Program.words($0)) })
    }

    @Option(help: "Where factory and portal are put; made anew.") var directory = ".bench"
    @Option(help: "Rounds; each measures everything, and the medians are told.") var rounds = 3
    @Option(help: "Seconds of one measurement under load.") var seconds = 4.0
    @Option(help: "Numbers of stations, with commas between.") var stations = "1,16,64"
    @Option(help: "Units in the batch.") var units = 1_000_000
    @Option(help: "Journal entries of the portal that is asked; ingest is measured with three times as many.")
    var records = 100_000
    @Option(help: "One part of the measurement: line, portal or ingest.") var only: Section?
    @Option(help: "A file for the figures as JSON.") var json: String?

    func validate() throws {
        guard (1...100).contains(rounds), (0.1...600).contains(seconds), levels.allSatisfy({ (1...64).contains($0) })
        else { throw ValidationError("rounds 1 to 100, seconds 0.1 to 600, stations 1 to 64 each") }
        guard !levels.isEmpty, (1_000...10_000_000).contains(units) else {
            throw ValidationError("stations: at least one number; units: 1,000 to 10,000,000")
        }
        guard (1_000...1_000_000).contains(records) else { throw ValidationError("records 1,000 to 1,000,000") }
    }

    /// 0, which is refused, for what is no number.
    private var levels: [Int] { stations.split(separator: ",").map { Int($0) ?? 0 } }

    func run() async throws {
        let narrator = Narrator()
        var report = Report(machine: .current())
        // First the portal: the tokens of its ceremony must be there when SoftHSM2 is loaded.
        if only == nil || only == .portal { report.portal = try await measurePortal(narrator) { try await $0.run() } }
        if only == .ingest {
            let ingest = try await measurePortal(narrator) { try await $0.ingest() }
            print("\n" + (report.head + ingest.lines).joined(separator: "\n"))
            return
        }
        var line: LineReport?
        if only != .portal {
            line = try await measureLine(narrator)
            report.line = line?.figures
        }
        let parts = [report.head, line?.lines ?? [], report.portal?.lines ?? []].filter { !$0.isEmpty }
        print("\n" + parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n"))
        if let json { try report.json().write(to: URL(fileURLWithPath: json), options: .atomic) }
    }

    private func measurePortal<Found>(
        _ narrator: Narrator,
        _ measure: (PortalSection) async throws -> Found
    ) async throws -> Found {
        _ = try World.make(at: directory)
        let section = PortalSection(
            folder: URL(fileURLWithPath: directory).standardizedFileURL.path + "/portal",
            rounds: rounds + 2,
            records: records,
            narrator: narrator
        )
        try FileManager.default.createDirectory(atPath: section.folder, withIntermediateDirectories: true)
        let found = try await measure(section)
        try World.remove(at: directory)
        return found
    }

    private func measureLine(_ narrator: Narrator) async throws -> LineReport {
        narrator.chapter("A factory for the measurement")
        let factory = try await LoadFactory.build(at: directory, units: units, narrator: narrator)
        do {
            let report = try await measure(factory, narrator)
            await factory.stop()
            try World.remove(at: directory)
            return report
        } catch {
            await factory.stop()
            throw error
        }
    }

    private func measure(_ factory: LoadFactory, _ narrator: Narrator) async throws -> LineReport {
        let parts = try await Parts.prepare(in: factory)
        var report = LineReport(rounds: rounds, seconds: seconds)
        narrator.chapter("Warm-up")
        _ = try await parts.measure(scale: 0.2)
        for level in levels { _ = try await factory.measure(.issue, stations: level, seconds: seconds / 2) }
        for round in 1...rounds {
            narrator.chapter("Round \(round) of \(rounds)")
            let costs = try await parts.measure()
            var loads: [Load] = []
            for level in levels {
                for work in LoadWork.allCases {
                    let figures = try await factory.measure(work, stations: level, seconds: seconds)
                    loads.append(Load(work: work, figures: figures, parts: costs))
                    narrator.note("\(work), \(level) stations: \(Int(figures.unitsPerCPUSecond)) per CPU second")
                }
            }
            report.add(Round(parts: costs, loads: loads))
        }
        await parts.end()
        return report
    }
}
