import LineProtocol
import Programmers
import Silicon
import Statements
import StationCore
import Synchronization
import Testing
import Vocabulary

@Suite struct ReprovisionTests {
    /// A finished device whose port was opened, as by an answer of the EdgeHSM.
    private func finished() async throws -> (site: FakeSite, unit: Digest256?, key: [UInt8]?) {
        let site = FakeSite()
        let outcome = try await site.run()
        #expect(outcome.result == .passed)
        open(site)
        return (site, outcome.unit, site.edge.state.withLock { $0.units[site.chip.uid]?.key })
    }

    private func open(_ site: FakeSite) { site.chip.state.withLock { $0.opened = true } }

    private func reprovision(
        _ site: FakeSite,
        seam: @escaping @Sendable (UnitStep, StepMoment) async throws -> Void = { _, _ in }
    ) async throws -> UnitOutcome {
        try await ReprovisionFlow(site: site.site(seam: seam), batch: site.edge.batch, shift: "s").run()
    }

    @Test func aDeviceIsMadeAgainWithOtherKeys() async throws {
        let (site, unit, key) = try await finished()
        let outcome = try await reprovision(site)
        #expect(outcome.result == .passed && outcome.unit != unit)
        let record = site.edge.state.withLock { $0.units[site.chip.uid] }
        #expect(record?.generation == 1 && record?.completed == true && record?.key != key)
        #expect(site.chip.state.withLock { $0.wipes } == 1)
        #expect(site.chip.state.withLock { $0.locked && !$0.opened }, "the port is shut again")
    }

    /// Cut anywhere and started again with the port open, it takes the allowance once and makes one new unit.
    @Test(arguments: UnitStep.allCases.filter { $0 != .report }, StepMoment.allCases)
    func cutAndStartedAgain(_ step: UnitStep, _ moment: StepMoment) async throws {
        let (site, _, _) = try await finished()
        await #expect(throws: PowerCut.self) {
            try await reprovision(site) { if $0 == step && $1 == moment { throw PowerCut() } }
        }
        let isDone = site.edge.state.withLock { $0.units[site.chip.uid]?.completed == true }
        if isDone {
            #expect(try await site.run().result == .passedBefore)
        } else {
            open(site)
            #expect(try await reprovision(site).result == .passed)
        }
        let record = site.edge.state.withLock { $0.units[site.chip.uid] }
        #expect(record?.generation == 1 && record?.completed == true)
        #expect(site.edge.state.withLock { $0.issued } == 2)
        #expect(site.edge.state.withLock { $0.failed }.isEmpty)
    }

    /// Cut around the unlock and the end of the old unit: never passed, one generation, unlocked again only if the port
    /// shut in between.
    @Test(arguments: ServiceCut.all([.note, .unlock, .release]), [true, false])
    func cutBeforeTheNewUnit(_ cut: ServiceCut, _ shuts: Bool) async throws {
        let (step, moment) = (cut.step, cut.moment)
        let site = FakeSite()
        _ = try await site.run()
        await #expect(throws: PowerCut.self) {
            try await ReprovisionFlow(site: site.site(), batch: site.edge.batch, shift: "s") {
                if $0 == step && $1 == moment { throw PowerCut() }
            }
            .run()
        }
        if shuts { site.chip.state.withLock { $0.opened = false } }
        let record = site.store.record(authorization: site.edge.batch.authorization, chipUID: site.chip.uid)
        let isUntouched = step == .note && moment == .before
        #expect((record?.phase == .passed) == isUntouched)
        #expect(try await reprovision(site).result == .passed)
        let (unit, unlocks, reprovisions) = site.edge.state.withLock {
            ($0.units[site.chip.uid], $0.unlocks, $0.reprovisions)
        }
        #expect(unit?.generation == 1 && unit?.completed == true && reprovisions == 1)
        let wasOpened = step > .unlock || (step == .unlock && moment == .after)
        #expect(unlocks == (wasOpened && shuts ? 2 : 1))
        #expect(site.edge.state.withLock { $0.failed }.isEmpty)
        #expect(try await site.run().result == .passedBefore)
    }

    /// A port that shut in between is no reason to scrap the device.
    @Test(arguments: [UnitStep.keys, .factoryData, .firmware, .credentials, .features])
    func aShutPortLeavesTheUnitOpen(_ step: UnitStep) async throws {
        let (site, _, _) = try await finished()
        await #expect(throws: PowerCut.self) {
            try await reprovision(site) { if $0 == step && $1 == .before { throw PowerCut() } }
        }
        site.chip.state.withLock { $0.opened = false }
        if step < .features {
            let outcome = try await site.run()
            #expect(outcome.result == .unfinished && outcome.refusal?.has(StationError.portClosed) == true)
        }
        #expect(site.edge.state.withLock { $0.failed }.isEmpty)
        open(site)
        #expect(try await reprovision(site).result == .passed)
    }
}

/// Where the power goes in a service flow.
struct ServiceCut: Sendable, CustomTestStringConvertible {
    let step: ServiceStep
    let moment: StepMoment

    var testDescription: String { "\(moment) \(step)" }

    static func all(_ steps: [ServiceStep]) -> [ServiceCut] {
        steps.flatMap { step in StepMoment.allCases.map { ServiceCut(step: step, moment: $0) } }
    }
}
