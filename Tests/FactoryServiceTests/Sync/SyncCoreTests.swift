import FactoryCore
import LineProtocol
import Statements
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

@Suite struct SyncCoreTests {
    @Test func pausesGrowAreBoundedAndDiffer() {
        var generator = SeededGenerator(seed: Seed.take("SyncCoreTests.pauses"))
        var backoff = Backoff()
        var longest = Duration.zero
        for _ in 0..<40 {
            backoff.fail(isAnswered: true)
            let pause = backoff.pause(usual: .seconds(5), using: &generator)
            longest = max(longest, pause)
            #expect(pause <= .seconds(12))
        }
        #expect(longest > .seconds(6))
        // Nobody answers: a returned link is noticed within five seconds, however long it was gone and however rarely
        // the portal is asked while all is well.
        for usual in [Duration.milliseconds(100), .seconds(5), .seconds(600)] {
            for _ in 0..<40 {
                backoff.fail(isAnswered: false)
                #expect(backoff.pause(usual: usual, using: &generator) <= .seconds(5))
            }
        }
        let pauses = Set((0..<20).map { _ in backoff.pause(usual: .seconds(5), using: &generator) })
        #expect(pauses.count == 20, "no two sites at one moment")
        backoff.succeed()
        #expect(backoff.pause(usual: .seconds(5), using: &generator) <= .seconds(6))
        var quick = Backoff()
        quick.fail(isAnswered: false)
        #expect(quick.pause(usual: .milliseconds(100), using: &generator) <= .milliseconds(600))
    }

    @Test func chunksShrinkOnASlowLineAndGrowOnAFastOne() {
        var pace = UploadPace()
        for _ in 0..<20 { pace.fail() }
        #expect(pace.items == UploadPace.smallest)
        for _ in 0..<20 { pace.note(.milliseconds(100), full: true, most: 1_000) }
        #expect(pace.items == 1_000)
        pace.note(.milliseconds(100), full: false, most: 1_000)
        pace.note(.seconds(9), full: true, most: 1_000)
        #expect(pace.items == 500)
    }

    private func status(_ seconds: Int64, issued: Int, remaining: Int, notAfter: Int64) -> GetStatus.Reply {
        let batch = Sample.batch(1, remaining: remaining, issued: issued, notAfter: notAfter)
        let base = Sample.status([batch])
        return GetStatus.Reply(
            edgeHSM: base.edgeHSM,
            factory: base.factory,
            softwareVersion: "test",
            time: Instant(seconds: seconds),
            epoch: 1,
            journalSize: 0,
            roleKeysVersion: 1,
            roleKeysExpireAt: base.roleKeysExpireAt,
            clockResetNonce: nil,
            stopped: nil,
            batches: [batch]
        )
    }

    @Test func aForecastIsWhatEndsFirst() throws {
        var rate = LineRate()
        rate.note(status(1_000, issued: 0, remaining: 100, notAfter: 100_000))
        #expect(rate.forecasts(status(1_000, issued: 0, remaining: 100, notAfter: 100_000)).first?.unitsPerHour == nil)
        let now = status(1_360, issued: 20, remaining: 80, notAfter: 100_000)
        rate.note(now)
        let quota = try #require(rate.forecasts(now).first)
        #expect(quota.unitsPerHour == 200 && quota.reason == .quota && quota.stopsIn == 1_440)
        let closing = status(1_360, issued: 20, remaining: 80, notAfter: 1_960)
        #expect(rate.forecasts(closing).first?.stopsIn == 600 && rate.forecasts(closing).first?.reason == .window)
        let used = status(1_370, issued: 100, remaining: 0, notAfter: 100_000)
        #expect(rate.forecasts(used).isEmpty, "a batch that is used up stops no line")
        // A line that stood still long ago has no rate.
        let later = status(9_000, issued: 20, remaining: 80, notAfter: 100_000)
        rate.note(later)
        #expect(rate.forecasts(later).first?.unitsPerHour == nil)
    }

    /// Officers sign RoleKeys for 30 days: nobody is told on the first of them.
    @Test func roleKeysAlarmTwoWeeksBefore() {
        func codes(_ days: Int64) -> [String] {
            var situation = FactorySituation()
            let base = Sample.status([])
            situation.status = GetStatus.Reply(
                edgeHSM: base.edgeHSM,
                factory: base.factory,
                softwareVersion: base.softwareVersion,
                time: base.time,
                epoch: 1,
                journalSize: 0,
                roleKeysVersion: 1,
                roleKeysExpireAt: base.time + days * 86_400,
                clockResetNonce: nil,
                stopped: nil,
                batches: []
            )
            return situation.alarms().map(\.code)
        }
        #expect(codes(29).isEmpty && codes(15).isEmpty)
        #expect(codes(13) == ["factory.alarm.role-keys"] && codes(0) == ["factory.alarm.role-keys"])
    }

    @Test func alarmsOfTheLink() {
        func report(_ refusal: Refusal?, contact: Int64?, ends: Int64 = 10_000_000) -> PortalReport {
            PortalReport(
                address: "a:1",
                lastContact: contact.map { Instant(seconds: $0) },
                refusal: refusal,
                entries: 0,
                labels: 0,
                events: 0,
                octetsUp: 0,
                octetsDown: 0,
                certificateEnds: Instant(seconds: ends),
                refusedFiles: []
            )
        }
        var situation = FactorySituation()
        situation.now = Instant(seconds: 10_000)
        let down = Refusal(FactoryError.portalUnreachable)
        situation.portal = report(down, contact: 9_900)
        #expect(situation.alarms().isEmpty, "a short cut is everyday")
        situation.portal = report(down, contact: 9_000)
        #expect(situation.alarms().map(\.code) == ["factory.alarm.portal"])
        situation.portal = report(Refusal(FactoryError.portalRefused, "401"), contact: 9_990)
        #expect(situation.alarms().map(\.severity) == [.critical])
        situation.portal = report(nil, contact: 9_990, ends: 20_000)
        #expect(situation.alarms().map(\.code) == ["factory.alarm.certificate"])
    }
}
