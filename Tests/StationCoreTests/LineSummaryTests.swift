import Foundation
import ServiceSupport
import StationCore
import Testing
import Vocabulary

@Suite struct LineSummaryTests {
    private func outcome(_ result: UnitOutcome.Result, _ refusal: Refusal? = nil, stops: Bool = false) -> UnitOutcome {
        var outcome = UnitOutcome(result)
        outcome.refusal = refusal
        outcome.stopsLine = stops
        return outcome
    }

    @Test func yieldCountsBegunUnitsAlone() {
        var summary = LineSummary()
        for result in [UnitOutcome.Result.passed, .passed, .failed, .notBegun, .passedBefore] {
            summary.add(outcome(result))
        }
        #expect(summary.begun == 3)
        #expect(summary.yield == "66.6 %")
        #expect(summary.exitCode == 1)
    }

    @Test func exitCodesTellPassedFailedAndStopped() {
        var summary = LineSummary()
        #expect(summary.exitCode == 0 && summary.yield == "–")
        summary.add(outcome(.passed))
        summary.add(outcome(.passedBefore))
        #expect(summary.exitCode == 0)
        summary.add(outcome(.unfinished))
        #expect(summary.exitCode == 1)
        let refusal = Refusal(StationError.firmwareMissing)
        summary.add(outcome(.notBegun, refusal, stops: true))
        #expect(summary.exitCode == 3 && summary.stop == refusal)
    }

    /// A command about one chip ends as a run ends that meets the same.
    @Test func aRefusalEndsACommandAsItEndsARun() {
        #expect(StationExit.status(Refusal(ServiceSupportError.configurationUnreadable)) == 2)
        #expect(StationExit.status(Refusal(ServiceSupportError.credentialMismatch)) == 2)
        let refusals = [
            Refusal(StationError.familyMismatch), Refusal(StationError.notLocked), Refusal(StationError.keyMissing),
            Refusal(StationError.attestationInvalid), Refusal(StationError.noSuchBatch),
            Refusal(StationError.ambiguousBatch), Refusal(StationError.progressUnwritable),
            Refusal(ServiceSupportError.connectFailed),
        ]
        for refusal in refusals {
            var summary = LineSummary()
            let kind = FailureKind(refusal)
            summary.add(outcome(.unfinished, refusal, stops: kind == .stopLine || kind == .retry))
            #expect(StationExit.status(refusal) == summary.exitCode, "\(refusal)")
        }
        #expect(StationExit.status(Refusal(StationError.familyMismatch)) == 1)
        #expect(StationExit.status(Refusal(StationError.noSuchBatch)) == 3)
    }

    @Test func aYieldOfNothingIsNullInJSON() throws {
        func object(_ summary: LineSummary) throws -> [String: Any] {
            let line = try LineRecord.summary(summary)
            return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        var summary = LineSummary()
        summary.add(outcome(.notBegun))
        #expect(try object(summary)["yield"] is NSNull)
        summary.add(outcome(.passed))
        #expect(try object(summary)["yield"] as? String == "100.0 %")
    }

    @Test func textNeverMovesTheCursorAndBarKeepsItsWidth() {
        let text = LineText(isColoured: false)
        var failed = outcome(.failed, Refusal(StationError.chipChanged, "evil\u{1B}[2Jtext\n"))
        failed.step = .begin
        let line = text.line(site: 1, place: 2, outcome: failed, milliseconds: 1_234)
        #expect(line.hasPrefix("FAIL  site 1  #2") && line.contains("station.chip.changed at begin"))
        #expect(!line.contains("\u{1B}") && line.contains("1.23 s"))
        var summary = LineSummary()
        for _ in 0..<7 { summary.add(outcome(.passed)) }
        for width in [0, 10, 40, 80, 200] {
            #expect(text.bar(summary, quantity: 10, milliseconds: 5_000, width: width).count <= max(width, 0))
        }
        #expect(text.bar(summary, quantity: 10, milliseconds: 5_000, width: 80).contains("7/10"))
        #expect(LineText(isColoured: true).closing(summary).contains("7 passed"))
    }
}
