import Testing

@testable import FactoryBox

/// How kills are counted, without killing anybody.
@Suite struct KillTallyTests {
    private func tally(_ deaths: [KillRound]) -> KillTally {
        var tally = KillTally(seed: 1)
        tally.rounds = deaths
        return tally
    }

    @Test("an EdgeHSM that dies again in its start cuts the round's work once, and is one hit")
    func aStartCutsNothing() {
        let point = KillPoint(party: .edgehsmd, plan: "dac.after:1:kill", planAtRestart: "start.commit:1:kill")
        let deaths = KillRound.deaths(1, point, hit: true, openUnits: 3, runs: 2)
        #expect(deaths.map(\.point) == ["dac.after:1:kill", "start.commit:1:kill"])
        let tally = tally(deaths)
        #expect(tally.cutWork == 1 && tally.hits == 1 && tally.kills(of: .edgehsmd) == 1 && tally.killsInStart == 1)
    }

    @Test("what was not reached is no kill, and has no second death")
    func notReached() {
        let point = KillPoint(party: .edgehsmd, plan: "dac.after:9:kill", planAtRestart: "start.commit:1:kill")
        let tally = tally(KillRound.deaths(1, point, hit: false, openUnits: 3, runs: 1))
        #expect(tally.rounds.count == 1 && tally.hits == 0 && tally.cutWork == 0 && tally.killsInStart == 0)
    }

    @Test("a kill without work in flight is a hit and no cut")
    func withoutWork() {
        let point = KillPoint(party: .factory, plan: "factory.report.before-commit:1:kill")
        let tally = tally(KillRound.deaths(1, point, hit: true, openUnits: 0, runs: 1))
        #expect(tally.hits == 1 && tally.cutWork == 0)
    }
}
