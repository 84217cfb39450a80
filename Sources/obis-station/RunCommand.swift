import ArgumentParser
import Glibc
import LineProtocol
import StationCore
import StationService
import Synchronization
import Vocabulary

extension ObisStation {
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run",
            abstract: "Makes devices: visits a number of chips with parallel sites.",
            discussion: "Started again after any power cut, it goes on with open units and passes over finished ones."
        )

        @OptionGroup var options: StationOptions

        @Option(help: "Batch by name, or by its authorization's id where two have one name.")
        var workOrder: String

        @Option(help: "Parallel sites, 1 to \(LineRunner.mostSites).")
        var sites = 1

        @Option(help: "Chips to visit.")
        var quantity: Int

        @Option(help: "Place of the first chip, from 1.")
        var first = 1

        @Flag(help: "One JSON object a unit and a closing one (summary or refused), nothing else, on standard output.")
        var json = false

        func validate() throws {
            guard (1...LineRunner.mostSites).contains(sites) else {
                throw ValidationError("--sites must be 1 to \(LineRunner.mostSites).")
            }
            guard (1...LineRunner.mostUnits).contains(quantity) else {
                throw ValidationError("--quantity must be 1 to \(LineRunner.mostUnits).")
            }
            guard (1...LineRunner.mostUnits).contains(first) else {
                throw ValidationError("--first must be 1 to \(LineRunner.mostUnits).")
            }
        }

        func run() async throws {
            let configuration = try options.load()
            for place in [first, first + quantity - 1] where configuration.chipAddress(place) == nil {
                throw ValidationError("The configuration has no chip address for place \(place).")
            }
            // Before anything is begun that could not be finished.
            for site in 1...sites { _ = try configuration.scanner(site) }
            let station = try Station(configuration, sites: sites) {
                Output.error(Status.refused($0))
            }
            let summary: LineSummary
            do {
                summary = try await work(station, configuration)
            } catch {
                await station.close()
                throw error
            }
            await station.close()
            throw ExitCode(summary.exitCode)
        }

        private func work(_ station: Station, _ configuration: StationConfiguration) async throws -> LineSummary {
            let batch = try await station.batch(workOrder)
            let shift = try await station.signIn(options.operatorName)
            let display = LineDisplay(quantity: quantity, first: first, json: json)
            let first = first
            let runner = LineRunner(
                batch: batch,
                shift: shift,
                sites: sites,
                quantity: quantity,
                makeSite: { site, place in
                    guard let address = configuration.chipAddress(first + place - 1) else {
                        throw Refusal(StationError.internalFault, "no address for place \(place)")
                    }
                    return try station.site(site, chip: address, batch: batch)
                },
                events: { display.show($0) }
            )
            let ticker = Task { await display.tick() }
            defer { ticker.cancel() }
            let summary = try await runner.run()
            ticker.cancel()
            await ticker.value
            try display.close(summary)
            return summary
        }
    }
}

/// Shows a run: a live bar on a terminal, a line a unit anywhere, JSON if asked for.
final class LineDisplay: Sendable {
    private let quantity: Int
    private let first: Int
    private let json: Bool
    private let text = LineText(isColoured: Output.isColoured)
    private let start = ContinuousClock.now
    private let summary = Mutex(LineSummary())
    private var hasBar: Bool { Output.isTerminal && !json }

    /// - Parameter first: place in the configuration of the run's first chip; places are shown as the fixtures have them.
    init(quantity: Int, first: Int, json: Bool) {
        self.quantity = quantity
        self.first = first
        self.json = json
    }

    func show(_ event: LineEvent) {
        guard case .finished(let site, let position, let outcome, let milliseconds) = event else { return }
        let place = first + position - 1
        summary.withLock { $0.add(outcome) }
        if json {
            let line = try? LineRecord.unit(site: site, place: place, outcome: outcome, milliseconds: milliseconds)
            if let line { Output.line(line) }
            return
        }
        let line = text.line(site: site, place: place, outcome: outcome, milliseconds: milliseconds)
        Output.line((hasBar ? "\r\u{1B}[K" : "") + line)
    }

    /// Redraws the bar ten times a second until cancelled.
    func tick() async {
        guard hasBar else { return }
        while !Task.isCancelled {
            let now = (ContinuousClock.now - start).components
            let elapsed = Int(now.seconds) * 1_000 + Int(now.attoseconds / 1_000_000_000_000_000)
            let state = summary.withLock { $0 }
            let bar = text.bar(state, quantity: quantity, milliseconds: elapsed, width: Output.width - 1)
            Output.raw("\r\u{1B}[K" + bar)
            try? await Task.sleep(for: .milliseconds(100))
        }
        Output.raw("\r\u{1B}[K")
    }

    func close(_ summary: LineSummary) throws {
        Output.line(json ? try LineRecord.summary(summary) : text.closing(summary))
    }
}
