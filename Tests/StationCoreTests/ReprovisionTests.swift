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

    /// A port that shut in between is no reason to scrap the device.
    @Test func aShutPortLeavesTheUnitOpen() async throws {
        let (site, _, _) = try await finished()
        await #expect(throws: PowerCut.self) {
            try await reprovision(site) { if $0 == .keys && $1 == .before { throw PowerCut() } }
        }
        site.chip.state.withLock { $0.opened = false }
        let outcome = try await site.run()
        #expect(outcome.result == .unfinished && outcome.refusal?.has(StationError.portClosed) == true)
        #expect(site.edge.state.withLock { $0.failed }.isEmpty)
        open(site)
        #expect(try await reprovision(site).result == .passed)
    }

    @Test func aChipThatWasNeverLockedIsNotReworked() async throws {
        let site = FakeSite()
        let refusal = await #expect(throws: Refusal.self) {
            try await ReworkFlow(site: site.site(), batch: site.edge.batch, shift: "s").run()
        }
        #expect(refusal?.has(StationError.notLocked) == true)
    }
}
