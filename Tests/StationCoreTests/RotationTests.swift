import Crypto
import LineProtocol
import Programmers
import Silicon
import Statements
import StationCore
import Synchronization
import Testing
import Vocabulary

@Suite struct RotationTests {
    private func finished() async throws -> FakeSite {
        let site = FakeSite()
        #expect(try await site.run().result == .passed)
        return site
    }

    private func rotate(
        _ site: FakeSite,
        seam: @escaping @Sendable (RotationStep, StepMoment) async throws -> Void = { _, _ in }
    ) async throws -> RotationFlow.Result {
        try await RotationFlow(site: site.site(), batch: site.edge.batch, shift: "s", seam: seam).run()
    }

    private func key(_ site: FakeSite) throws -> P256Point { try #require(site.chip.status().signingKey) }

    @Test func aDeviceGetsAnotherCredentialWithItsPortShut() async throws {
        let site = try await finished()
        let old = try key(site)
        let result = try await rotate(site)
        let new = try key(site)
        #expect(new != old && result.deviceKey == new.keyID && !result.isFinished)
        #expect(site.edge.state.withLock { $0.units[site.chip.uid]?.key } == new.bytes)
        #expect(site.chip.state.withLock { $0.locked && !$0.opened && $0.wipes == 0 && $0.next == nil })
        #expect(site.store.reports.withLock { $0.last?.result } == .rotated)
        #expect(site.store.reports.withLock { $0.last?.serial } == result.serial)
        // What comes next is a rotation of its own, for which there is no allowance; the device stays as it is.
        let refusal = await #expect(throws: Refusal.self) { try await rotate(site) }
        #expect(refusal?.code == "edge.allowance.exhausted")
        #expect(try key(site) == new && site.chip.status().nextKey == nil)
        #expect(try await site.run().result == .passedBefore)
    }

    /// Cut anywhere and started again: one rotation is counted, and the device's key is the EdgeHSM's.
    @Test(arguments: RotationStep.allCases, StepMoment.allCases)
    func cutAndStartedAgain(_ step: RotationStep, _ moment: StepMoment) async throws {
        let site = try await finished()
        await #expect(throws: PowerCut.self) {
            try await rotate(site) { if $0 == step && $1 == moment { throw PowerCut() } }
        }
        site.edge.restart()
        let isReported = step == .report && moment == .after
        if !isReported { _ = try await rotate(site) }
        let unit = try #require(site.edge.state.withLock { $0.units[site.chip.uid] })
        #expect(try key(site).bytes == unit.key && unit.isRotated)
        #expect(site.edge.state.withLock { $0.rotated } == 1)
        #expect(site.edge.state.withLock { $0.failed }.isEmpty)
        #expect(try site.chip.status().nextKey == nil)
        #expect(site.store.record(authorization: .zero, chipUID: site.chip.uid)?.rotatingTo == nil)
    }

    @Test(
        "lost answers of chip and EdgeHSM are asked for again",
        arguments: [
            "prepareRotation", "stageRotation", "switchCredential", "rotate",
        ]
    )
    func lostAnswers(_ name: String) async throws {
        let site = try await finished()
        if name == "rotate" {
            site.edge.fail(name, Refusal(FakeEdgeError.lost), takesEffect: true)
        } else {
            site.chip.fail(name, Refusal(ProgrammerError.disconnected), takesEffect: true)
        }
        _ = try await rotate(site)
        #expect(site.edge.state.withLock { $0.rotated } == 1)
        #expect(site.edge.state.withLock { $0.units[site.chip.uid]?.key } == (try key(site).bytes))
    }

    @Test func anotherBenchFinishesWhatOneBegan() async throws {
        let site = try await finished()
        await #expect(throws: PowerCut.self) {
            try await rotate(site) { if $0 == .stage && $1 == .before { throw PowerCut() } }
        }
        #expect(site.edge.state.withLock { $0.rotated } == 1)
        var other = site.site()
        let store = MemoryStore()
        other.progress = store
        other.reports = store
        let result = try await RotationFlow(site: other, batch: site.edge.batch, shift: "t").run()
        #expect(try key(site).keyID == result.deviceKey)
        #expect(site.edge.state.withLock { $0.rotated } == 1)
    }

    @Test func aKeyThatDoesNotProveItselfIsNotSwitchedTo() async throws {
        let site = try await finished()
        let old = try key(site)
        site.chip.state.withLock { $0.falseNext = P256.Signing.PrivateKey() }
        let refusal = await #expect(throws: Refusal.self) { try await rotate(site) }
        #expect(refusal?.has(StationError.rotationUnproven) == true)
        #expect(try key(site) == old)
        site.chip.state.withLock { $0.falseNext = nil }
        _ = try await rotate(site)
        #expect(site.edge.state.withLock { $0.rotated } == 1)
    }

    @Test func aDACForTheOldKeyIsNotTaken() async throws {
        let site = try await finished()
        site.edge.state.withLock { $0.wrongKeyDAC = true }
        let refusal = await #expect(throws: Refusal.self) { try await rotate(site) }
        #expect(refusal?.has(StationError.credentialMismatch) == true)
        #expect(site.chip.state.withLock { $0.staged } == nil)
    }

    @Test func onlyAFinishedDeviceWithItsPortShut() async throws {
        let blank = FakeSite()
        let never = await #expect(throws: Refusal.self) { try await rotate(blank) }
        #expect(never?.has(StationError.rotationUnready) == true)
        let site = try await finished()
        site.chip.state.withLock { $0.opened = true }
        let open = await #expect(throws: Refusal.self) { try await rotate(site) }
        #expect(open?.has(StationError.rotationUnready) == true)
    }

    /// Completed again in between, it would show a key that its unit has no more.
    @Test func aBegunRotationIsFinishedBeforeRework() async throws {
        let site = try await finished()
        await #expect(throws: PowerCut.self) {
            try await rotate(site) { if $0 == .rotate && $1 == .after { throw PowerCut() } }
        }
        let refusal = await #expect(throws: Refusal.self) {
            try await ReworkFlow(site: site.site(), batch: site.edge.batch, shift: "s").run()
        }
        #expect(refusal?.has(StationError.rotationPending) == true)
    }
}
