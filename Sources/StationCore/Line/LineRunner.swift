public import LineProtocol
import Synchronization
import Vocabulary

/// What happens on a line, for displays and logs.
public enum LineEvent: Sendable {
    /// `place` from 1: the position of the chip in the run.
    case started(site: Int, place: Int)
    case step(site: Int, step: UnitStep)
    case finished(site: Int, place: Int, outcome: UnitOutcome, milliseconds: Int)
}

/// Runs a batch over parallel sites: each takes the next chip as soon as it is free, until the quantity is visited, the
/// line is stopped, or the task is cancelled. Units in work are brought to an end in any case.
public struct LineRunner: Sendable {
    /// Parallel sites of one station: an EdgeHSM serves 16 connections of a peer.
    public static let mostSites = 16
    public static let mostUnits = 1_000_000

    private let batch: GetStatus.Batch
    private let shift: String
    private let sites: Int
    private let quantity: Int
    private let makeSite: @Sendable (_ site: Int, _ place: Int) async throws -> Site
    private let events: @Sendable (LineEvent) -> Void

    /// - Parameter makeSite: the environment of a site with the chip at a place; both from 1.
    public init(
        batch: GetStatus.Batch,
        shift: String,
        sites: Int,
        quantity: Int,
        makeSite: @escaping @Sendable (_ site: Int, _ place: Int) async throws -> Site,
        events: @escaping @Sendable (LineEvent) -> Void
    ) {
        self.batch = batch
        self.shift = shift
        self.sites = min(max(sites, 1), Self.mostSites)
        self.quantity = min(max(quantity, 0), Self.mostUnits)
        self.makeSite = makeSite
        self.events = events
    }

    /// Throws only what a site's seam throws.
    public func run() async throws -> LineSummary {
        let queue = LineQueue(quantity: quantity)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for site in 1...sites {
                group.addTask {
                    while !Task.isCancelled, let place = queue.next() {
                        let outcome = try await visit(site, place)
                        queue.finish(outcome)
                    }
                }
            }
            try await group.waitForAll()
        }
        var summary = queue.summary
        summary.milliseconds = UnitFlow.milliseconds(since: start)
        return summary
    }

    private func visit(_ number: Int, _ place: Int) async throws -> UnitOutcome {
        events(.started(site: number, place: place))
        let start = ContinuousClock.now
        var outcome: UnitOutcome
        do {
            var site = try await makeSite(number, place)
            let inner = site.observer
            site.observer = { [events] step in
                inner(step)
                events(.step(site: number, step: step))
            }
            outcome = try await UnitFlow(site: site, batch: batch, shift: shift).run()
        } catch let refusal as Refusal {
            outcome = UnitOutcome(.notBegun)
            outcome.refusal = refusal
        }
        let elapsed = UnitFlow.milliseconds(since: start)
        events(.finished(site: number, place: place, outcome: outcome, milliseconds: elapsed))
        return outcome
    }
}

/// Which chip comes next, and what came of those before. All sites share it.
private final class LineQueue: Sendable {
    private let quantity: Int
    private let state = Mutex((taken: 0, summary: LineSummary()))

    init(quantity: Int) { self.quantity = quantity }

    var summary: LineSummary { state.withLock { $0.summary } }

    func next() -> Int? {
        state.withLock { state in
            guard state.summary.stop == nil, state.taken < quantity else { return nil }
            state.taken += 1
            return state.taken
        }
    }

    func finish(_ outcome: UnitOutcome) { state.withLock { $0.summary.add(outcome) } }
}
