import LineProtocol
import Programmers
import Statements
import StationCore
import Synchronization
import Testing
import Vocabulary

/// An opened device passes nowhere for finished before it is completed again, wherever the power goes.
@Suite struct ReworkTests {
    private func finished() async throws -> FakeSite {
        let site = FakeSite()
        #expect(try await site.run().result == .passed)
        return site
    }

    private func rework(
        _ site: FakeSite,
        rewrite: Bool = false,
        step: @escaping @Sendable (UnitStep, StepMoment) async throws -> Void = { _, _ in },
        seam: @escaping ServiceSeam = { _, _ in }
    ) async throws -> ReworkFlow.Result {
        try await ReworkFlow(site: site.site(seam: step), batch: site.edge.batch, shift: "s", seam: seam)
            .run(rewrite: rewrite)
    }

    private func cut(_ site: FakeSite, _ step: ServiceStep, _ moment: StepMoment) async {
        await #expect(throws: PowerCut.self) {
            try await rework(site, seam: { if $0 == step && $1 == moment { throw PowerCut() } })
        }
    }

    private func shut(_ site: FakeSite) { site.chip.state.withLock { $0.opened = false } }
    private func unlocks(_ site: FakeSite) -> Int { site.edge.state.withLock { $0.unlocks } }
    private func isCompleted(_ site: FakeSite) -> Bool {
        site.edge.state.withLock { $0.units[site.chip.uid]?.completed == true }
    }

    private func record(_ site: FakeSite) -> UnitRecord? {
        site.store.record(authorization: site.edge.batch.authorization, chipUID: site.chip.uid)
    }

    /// Shut, completed, and one unit of one key for all that happened.
    private func expectFinished(_ site: FakeSite, unlocks expected: Int) async throws {
        #expect(isCompleted(site) && unlocks(site) == expected)
        #expect(site.chip.state.withLock { $0.locked && !$0.opened })
        #expect(site.edge.state.withLock { $0.issued == 1 && $0.failed.isEmpty })
        #expect(record(site)?.phase == .passed && record(site)?.isReopened == nil)
        #expect(try await site.run().result == .passedBefore)
    }

    @Test func aDeviceIsOpenedAndCompletedAgain() async throws {
        let site = try await finished()
        let result = try await rework(site, rewrite: true)
        #expect(result.completion?.result == .passed && result.isRewritten && !result.isExposed)
        #expect(result.firmware == site.edge.batch.firmware && result.remaining == 9)
        try await expectFinished(site, unlocks: 1)
    }

    /// Cut at every seam, with the chip still powered or not: `run` finishes it without another unlock, and says that it
    /// passed before only where the EdgeHSM still has it as completed.
    @Test(
        arguments: ServiceCut.all(ServiceStep.allCases.filter { $0 != .release }),
        [(true, true), (true, false), (false, true), (false, false)]
    )
    func cutAndFinished(_ at: ServiceCut, _ variant: (shuts: Bool, byRun: Bool)) async throws {
        let site = try await finished()
        await cut(site, at.step, at.moment)
        if variant.shuts { shut(site) }
        let (before, spent) = (isCompleted(site), unlocks(site))
        #expect(before || record(site)?.phase != .passed)
        if variant.byRun {
            #expect(try await site.run().result == (before ? .passedBefore : .passed))
            try await expectFinished(site, unlocks: spent)
        } else {
            let result = try await rework(site)
            #expect(result.completion?.result == .passed)
            try await expectFinished(site, unlocks: before ? spent + 1 : 1)
        }
    }

    /// The same within the completion after the work.
    @Test(arguments: UnitStep.allCases, StepMoment.allCases)
    func cutWhileCompleting(_ step: UnitStep, _ moment: StepMoment) async throws {
        let site = try await finished()
        let isReached = Mutex(false)
        do {
            _ = try await rework(
                site,
                step: {
                    guard $0 == step && $1 == moment else { return }
                    isReached.withLock { $0 = true }
                    throw PowerCut()
                }
            )
        } catch is PowerCut {}
        let before = isCompleted(site)
        let result = try await site.run().result
        #expect(before ? [.passed, .passedBefore].contains(result) : result == .passed)
        #expect(isReached.withLock { $0 } || result == .passedBefore)
        try await expectFinished(site, unlocks: 1)
    }

    /// The port shut over half-written firmware: nothing is scrapped, and one more unlock mends it.
    @Test(arguments: [true, false])
    func halfWrittenFirmwareIsLeftOpen(_ shuts: Bool) async throws {
        let site = try await finished()
        await cut(site, .firmware, .before)
        site.chip.state.withLock { $0.regions[.firmware] = [UInt8](repeating: 0xFF, count: site.firmware.count) }
        if shuts {
            shut(site)
            let outcome = try await site.run()
            #expect(outcome.result == .unfinished && outcome.refusal?.has(StationError.reworkUnfinished) == true)
            #expect(!outcome.stopsLine)
        }
        let result = try await rework(site)
        #expect(result.completion?.result == .passed && result.isRewritten)
        try await expectFinished(site, unlocks: shuts ? 2 : 1)
    }

    /// A chip that refuses the work: the port shuts, the error stays the chip's, and the device is no longer finished.
    @Test(arguments: ["readBack", "writeFirmware", "adac"])
    func aRefusalInBetweenIsNoPass(_ command: String) async throws {
        let site = try await finished()
        site.chip.fail(command, Refusal(FakeChipError.sealStale), takesEffect: command == "adac")
        let refusal = await #expect(throws: Refusal.self) { try await rework(site, rewrite: true) }
        #expect(refusal?.has(FakeChipError.sealStale) == true)
        #expect(site.chip.state.withLock { !$0.opened })
        #expect(record(site)?.phase == .issued)
        let (before, spent) = (isCompleted(site), unlocks(site))
        #expect(try await site.run().result == (before ? .passedBefore : .passed))
        try await expectFinished(site, unlocks: spent)
    }

    @Test func aRefusedUnlockLeavesTheDeviceFinished() async throws {
        let site = try await finished()
        site.edge.state.withLock { $0.mostUnlocks = 0 }
        let refusal = await #expect(throws: Refusal.self) { try await rework(site) }
        #expect(refusal?.has(FakeEdgeError.exhausted) == true)
        #expect(try await site.run().result == .passedBefore)
        try await expectFinished(site, unlocks: 0)
    }

    /// The reply of a counted unlock is lost: the device is not finished, though no port was ever opened.
    @Test func aLostAnswerIsNoPass() async throws {
        let site = try await finished()
        site.edge.fail("unlock", Refusal(FakeEdgeError.stopped), takesEffect: true)
        await #expect(throws: Refusal.self) { try await rework(site) }
        #expect(!isCompleted(site))
        #expect(try await site.run().result == .passed)
        try await expectFinished(site, unlocks: 1)
    }

    /// Opened at the bench, it does not pass at the line that made it, whose own record says that it did.
    @Test func theLineAsksWhatAnotherBenchDid() async throws {
        let site = try await finished()
        let made = try #require(record(site))
        await cut(site, .reset, .after)
        site.store.save(made)
        #expect(try await site.run().result == .passed)
        try await expectFinished(site, unlocks: 1)
    }

    /// A bench that never made the device leaves it open like any other.
    @Test func aBenchWithoutARecordScrapsNothing() async throws {
        let site = try await finished()
        site.store.forget()
        await cut(site, .firmware, .before)
        site.chip.state.withLock { $0.regions[.firmware] = [UInt8](repeating: 0xFF, count: site.firmware.count) }
        shut(site)
        let outcome = try await site.run()
        #expect(outcome.result == .unfinished && outcome.refusal?.has(StationError.reworkUnfinished) == true)
        #expect(try await rework(site).completion?.result == .passed)
        try await expectFinished(site, unlocks: 2)
    }

    @Test func anExposedDeviceStaysOpen() async throws {
        let site = try await finished()
        site.edge.state.withLock { $0.exposes = true }
        await cut(site, .reset, .after)
        let result = try await rework(site)
        #expect(result.isExposed && result.completion == nil && unlocks(site) == 1)
        #expect(try await site.run().result == .unfinished)
        #expect(site.edge.state.withLock { $0.failed }.isEmpty)
        let again = try await ReprovisionFlow(site: site.site(), batch: site.edge.batch, shift: "s").run()
        #expect(again.result == .passed && site.edge.state.withLock { $0.reprovisions } == 1)
    }

    @Test func aChipThatWasNeverLockedIsNotReworked() async throws {
        let site = FakeSite()
        let refusal = await #expect(throws: Refusal.self) { try await rework(site) }
        #expect(refusal?.has(StationError.notLocked) == true)
    }
}
