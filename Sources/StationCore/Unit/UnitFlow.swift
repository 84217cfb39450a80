public import LineProtocol
import Programmers
import Statements
import Vocabulary

/// Takes one chip at one site through all steps. Every step may be repeated: after a power cut of station, chip or
/// EdgeHSM a new flow with the same stores goes on where the last one stopped.
public struct UnitFlow: Sendable {
    /// Passes through one unit before it is given up for now.
    public static let mostPasses = 4

    private let site: Site
    private let batch: GetStatus.Batch
    private let shift: String

    public init(site: Site, batch: GetStatus.Batch, shift: String) {
        self.site = site
        self.batch = batch
        self.shift = shift
    }

    /// Never throws a refusal: those are in the outcome. Throws what the seam throws, and `CancellationError`.
    public func run() async throws -> UnitOutcome {
        let start = ContinuousClock.now
        var known: ChipUID?
        for passes in 1...Self.mostPasses {
            var pass = UnitPass(site: site, batch: batch, shift: shift)
            do {
                try await pass.run()
                return try await passed(pass, since: start)
            } catch let refusal as Refusal {
                let isOther = known != nil && pass.identity != nil && known != pass.identity?.uid
                known = known ?? pass.identity?.uid
                if isOther { return await settle(Refusal(StationError.chipChanged), pass, since: start) }
                if FailureKind(refusal) == .startOver && passes < Self.mostPasses { continue }
                return await settle(refusal, pass, since: start)
            }
        }
        return UnitOutcome(.notBegun)
    }

    private func passed(_ pass: UnitPass, since start: ContinuousClock.Instant) async throws -> UnitOutcome {
        var pass = pass
        let isOld = pass.passedBefore && pass.before?.phase != .completing
        if !isOld {
            let elapsed = Self.milliseconds(since: start)
            let report: ReportUnit.Request
            do {
                report = try pass.report(.passed, code: nil, milliseconds: elapsed)
                try await pass.step(.report) { try await $0.site.reports.add(report) }
            } catch let refusal as Refusal {
                // The device is finished and the EdgeHSM knows it; only the Factory Service's own log has a gap.
                var outcome = outcome(.passed, pass)
                outcome.refusal = refusal
                outcome.stopsLine = true
                return outcome
            }
        }
        return outcome(isOld ? .passedBefore : .passed, pass)
    }

    /// What a refusal means for the unit.
    private func settle(_ refusal: Refusal, _ pass: UnitPass, since start: ContinuousClock.Instant) async -> UnitOutcome
    {
        let hasBegun = pass.begun != nil
        var result = outcome(hasBegun ? .unfinished : .notBegun, pass)
        result.refusal = refusal
        result.step = pass.current
        let isFault = FailureKind.isDeviceFault(refusal)
        switch FailureKind(refusal) {
        case .stopLine: result.stopsLine = true
        case .retry: result.stopsLine = !isFault && !refusal.code.hasPrefix("programmer.")
        case .leaveOpen: break
        case .startOver, .giveUp:
            // A finished device that was opened for service is no waste: it can be opened again.
            guard hasBegun, isFault, pass.record?.isReopened != true else { break }
            do {
                try await giveUp(pass, refusal)
                result.result = .failed
            } catch {
                // It stays open; the next start of this chip comes to the same end.
                result.stopsLine = true
            }
        }
        guard hasBegun else { return result }
        let report = try? pass.report(.failed, code: refusal.code, milliseconds: Self.milliseconds(since: start))
        if let report { try? await site.reports.add(report) }
        return result
    }

    /// Tells the EdgeHSM. A unit that it does not know, or that never counted, needs no giving up.
    private func giveUp(_ pass: UnitPass, _ refusal: Refusal) async throws {
        var pass = pass
        let request = FailUnit.Request(
            authorization: batch.authorization,
            unit: try pass.known(pass.begun).unit,
            reason: String(refusal.code.prefix(120))
        )
        do {
            _ = try await site.edge.ask(FailUnit.self, request)
        } catch let refusal as Refusal where EdgeCodes.nothingToGiveUp.contains(refusal.code) {}
        try await pass.remember { record in
            record.phase = .failed
            record.code = refusal.code
        }
    }

    private func outcome(_ result: UnitOutcome.Result, _ pass: UnitPass) -> UnitOutcome {
        var outcome = UnitOutcome(result)
        outcome.chipUID = pass.identity?.uid
        outcome.unit = pass.begun?.unit ?? pass.record?.knownUnit
        outcome.serial = pass.credential?.serial ?? pass.record?.serial
        return outcome
    }

    static func milliseconds(since start: ContinuousClock.Instant) -> Int {
        let elapsed = (ContinuousClock.now - start).components
        return Int(clamping: elapsed.seconds) * 1_000 + Int(elapsed.attoseconds / 1_000_000_000_000_000)
    }
}
