import EdgeHSMCore
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture

/// I1, I2, I4: units, their counting and their one live DAC.
@Suite struct UnitTests {
    let world: World

    init() throws { world = try World() }

    @Test func I1_notOneUnitBeyondTheQuantity() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 3))
        for number in 1...3 { try box.make(id, Chip(number)) }
        expectRefused(EdgeError.quotaExhausted) { try box.issue(id, Chip(4)) }
        let account = try box.state.authorization(id)
        #expect(
            account.account == .init(authorization: id, granted: 3, issued: 3, burned: 0, returned: 0, remaining: 0)
        )
        #expect(account.completed == 3)
        let other = try box.load(BatchDraft(quantity: 1, batch: "b2"), under: BatchDraft(quantity: 3).approval(world))
        try box.make(other, Chip(4))
    }

    @Test func I1_twoRacingForTheLastUnit() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 1))
        let (one, two) = (Chip(1), Chip(2))
        let (first, second) = (try box.begin(id, one), try box.begin(id, two, at: otherStation))
        guard case .sign(let reservation) = try box.settle(box.decision(id, first.unit, one, first.nonce)) else {
            Issue.record("no reservation")
            return
        }
        expectRefused(EdgeError.quotaExhausted) {
            try box.settle(box.decision(id, second.unit, two, second.nonce, at: otherStation))
        }
        // A signature that was not made gives the unit back.
        try box.run(AbandonIssue(reservation: reservation)).grant()
        guard case .sign(let last) = try box.settle(box.decision(id, second.unit, two, second.nonce)) else { return }
        expectRefused(EdgeError.reservationUnknown) { try box.sign(reservation, one.key) }
        #expect(try box.sign(last, two.key).index == 0)
    }

    @Test func I2_windowOpensAndEndsForNewUnits() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(notBefore: World.start + 100, notAfter: World.start + 200))
        expectRefused(EdgeError.windowNotOpen) { try box.issue(id, Chip(1)) }
        box.wall = World.start + 200
        let unit = try box.issue(id, Chip(1))
        let begun = try box.begin(id, Chip(2))
        box.wall = World.start + 201
        expectRefused(EdgeError.windowOver) { try box.issue(id, Chip(3)) }
        expectRefused(EdgeError.windowOver) { try box.settle(box.decision(id, begun.unit, Chip(2), begun.nonce)) }
        // A counted unit finishes within the grace.
        try box.program(unit)
        box.wall = World.start + 200 + 3_601
        expectRefused(EdgeError.graceOver) { try box.run(box.completion(unit)).grant() }
        box.wall = World.start + 200 + 3_600
        _ = try box.run(box.completion(unit)).grant()
    }

    @Test func I2_signatureThatComesAfterTheWindowIsDropped() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(notAfter: World.start + 50))
        let chip = Chip(1)
        let begun = try box.begin(id, chip)
        guard case .sign(let reservation) = try box.settle(box.decision(id, begun.unit, chip, begun.nonce)) else {
            Issue.record("no reservation")
            return
        }
        box.wall = World.start + 51
        expectRefused(EdgeError.windowOver) { try box.sign(reservation, chip.key) }
        #expect(try box.state.authorization(id).consumed == 0)
    }

    @Test func I4_retryGetsTheSameOctets() throws {
        var box = try Box(world)
        let id = try box.load()
        let chip = Chip(1)
        let begun = try box.begin(id, chip)
        let command = box.decision(id, begun.unit, chip, begun.nonce)
        guard case .sign(let reservation) = try box.settle(command) else { return }
        // The twin waits while the first is being signed.
        #expect(try box.run(command).decision == .wait(.twin))
        let unit = try box.sign(reservation, chip.key)
        let size = box.disk.entries.count
        guard case .stored(let again) = try box.run(box.decision(id, begun.unit, chip, begun.nonce)).grant() else {
            Issue.record("issued twice")
            return
        }
        #expect(again.dac == unit.dac && box.disk.entries.count == size)
        try box.crash()
        guard case .stored(let later) = try box.run(box.decision(id, begun.unit, chip, begun.nonce)).grant() else {
            Issue.record("issued twice")
            return
        }
        #expect(later.dac == unit.dac)
    }

    @Test func I4_requestsThatMustNotBeCertified() throws {
        var box = try Box(world)
        let id = try box.load()
        let chip = Chip(1)
        let stale = try box.begin(id, chip)
        let fresh = try box.begin(id, chip)
        expectRefused(EdgeError.nonceStale) { try box.settle(box.decision(id, stale.unit, chip, stale.nonce)) }
        let foreign = DecideIssue(
            authorization: id,
            unit: fresh.unit,
            station: station,
            request: chip.request(fresh.nonce, uid: Chip(9).uid),
            facts: box.facts(id, chip.uid, key: chip.key)
        )
        expectRefused(EdgeError.chipMismatch) { try box.settle(foreign) }
        let unheld = DecideIssue(
            authorization: id,
            unit: .zero,
            station: station,
            request: chip.request(fresh.nonce),
            facts: box.facts(id, chip.uid, key: chip.key)
        )
        expectRefused(EdgeError.holdMissing) { try box.settle(unheld) }
        try box.issue(id, chip)
        // The key of one chip in another.
        var copy = Chip(2)
        copy.key = chip.key
        expectRefused(EdgeError.keySeenBefore) { try box.issue(id, copy) }
        // Another key for the same chip, before and after the DAC.
        var swapped = chip
        swapped.newKey()
        expectRefused(EdgeError.unitOtherKey) { try box.issue(id, swapped) }
        // A chip with a live DAC in another batch.
        let second = try box.load(BatchDraft(batch: "b2"), under: BatchDraft().approval(world))
        expectRefused(EdgeError.chipLiveElsewhere) { try box.issue(second, swapped) }
    }

    @Test func I4_racingKeysAndChips() throws {
        var box = try Box(world)
        let id = try box.load()
        var (one, two) = (Chip(1), Chip(2))
        two.key = one.key
        let (first, second) = (try box.begin(id, one), try box.begin(id, two))
        _ = try box.settle(box.decision(id, first.unit, one, first.nonce))
        expectRefused(EdgeError.keySeenBefore) { try box.settle(box.decision(id, second.unit, two, second.nonce)) }
        one.newKey()
        expectRefused(EdgeError.unitOtherKey) { try box.settle(box.decision(id, first.unit, one, first.nonce)) }
    }

    @Test func failRaisesTheGenerationAndStaysCounted() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 2))
        var chip = Chip(1)
        let first = try box.issue(id, chip)
        try box.fail(first)
        try box.fail(first)
        expectRefused(EdgeError.keySeenBefore) { try box.issue(id, chip) }
        chip.newKey()
        let second = try box.issue(id, chip)
        #expect(second.generation == 1 && second.index == 1 && second.unit != first.unit)
        #expect(second.serial.text == "A000002")
        #expect(try box.state.authorization(id).remaining == 0)
    }

    @Test func secretsOnlyAfterAFreshRequestInThisEpoch() throws {
        var box = try Box(world)
        let id = try box.load()
        let chip = Chip(1)
        let unit = try box.issue(id, chip)
        try box.crash()
        expectRefused(EdgeError.unitNotAttested) { try box.program(unit) }
        // The old CSR brings the DAC again, not the secrets.
        let begun = try box.begin(id, chip)
        #expect(begun.isIssued && begun.unit == unit.unit)
        var replay = chip.request(begun.nonce)
        replay = PresentedRequest(
            chipUID: chip.uid,
            nonce: Nonce(validated: World.random(32)),
            deviceKey: chip.key,
            agreementKey: chip.agreement,
            digest: unit.request,
            isVendorProven: false
        )
        let old = DecideIssue(
            authorization: id,
            unit: unit.unit,
            station: station,
            request: replay,
            facts: box.facts(id, chip.uid, key: chip.key)
        )
        guard case .stored = try box.run(old).grant() else { return }
        expectRefused(EdgeError.unitNotAttested) { try box.program(unit) }
        box.uptime += EdgeHSMState.holdIsOwn
        _ = try box.issue(id, chip, at: otherStation)
        expectRefused(EdgeError.unitNotAttested) { try box.program(unit, at: station) }
        try box.program(unit, at: otherStation)
        _ = try box.run(box.completion(unit, at: otherStation)).grant()
    }

    @Test func completionChecksWhatWasReadBack() throws {
        var box = try Box(world)
        let id = try box.load()
        let unit = try box.issue(id, Chip(1))
        expectRefused(EdgeError.notPermitted) { try box.run(box.completion(unit)).grant() }
        try box.program(unit)
        expectRefused(EdgeError.firmwareMismatch) { try box.run(box.completion(unit, firmware: .zero)).grant() }
        expectRefused(EdgeError.debugPortOpen) { try box.run(box.completion(unit, locked: false)).grant() }
        let done = try box.run(box.completion(unit)).grant()
        #expect(done.sequence == box.disk.entries.count - 1)
        box.wall = World.start + 60
        #expect(try box.run(box.completion(unit)).grant() == done)
        expectRefused(EdgeError.unitCompleted) { try box.begin(id, Chip(1)) }
    }

    @Test func holdsAreBoundedAndExpire() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 100))
        for number in 0..<EdgeHSMState.mostHoldsOfStation { _ = try box.begin(id, Chip(number)) }
        expectRefused(EdgeError.tooManyHolds) { try box.begin(id, Chip(1_000)) }
        _ = try box.begin(id, Chip(1_000), at: otherStation)
        box.uptime += EdgeHSMState.holdLifetime
        let begun = try box.begin(id, Chip(1_001))
        box.uptime += EdgeHSMState.holdLifetime
        expectRefused(EdgeError.holdMissing) {
            try box.settle(box.decision(id, begun.unit, Chip(1_001), begun.nonce))
        }
        #expect(try box.state.authorization(id).consumed == 0)
    }

    @Test func anEntryTooLargeIsARefusalBeforeItIsApplied() throws {
        var box = try Box(world)
        let before = box.state
        let outcome = try box.run(
            RecordEnrolment(
                requester: "operator",
                name: StationName("st-9"),
                role: "station",
                certificate: Octets([UInt8](repeating: 1, count: 150 * 1024))
            )
        )
        expectRefused("edge.journal.entry-too-large") { try outcome.grant() }
        #expect(outcome.entries.isEmpty && box.state.durable == before.durable)
        try box.make(box.load(), Chip(1))
    }

    @Test func chipIdentityAndFleetKeys() throws {
        var box = try Box(world)
        let proven = try box.load(
            BatchDraft(
                rules: .init(chipIdentity: .vendorCertificate),
                manifest: world.manifest(identity: .vendorCertificate, kind: .fleet)
            )
        )
        expectRefused(EdgeError.chipNotProven) { try box.issue(proven, Chip(1)) }
        var other = try Box(world)
        let exception = VersionApproval.FleetKeyException(slot: World.slot, mostUnits: 1)
        let fleet = try other.load(
            BatchDraft(exceptions: [exception], manifest: world.manifest(identity: .applet, kind: .fleet))
        )
        let (one, two) = (try other.issue(fleet, Chip(1)), try other.issue(fleet, Chip(2)))
        let writes = other.anchorWrites
        try other.program(one)
        #expect(other.anchorWrites == writes + 1, "I8: a unit under the exception is anchored before it is told")
        let covered = try #require(other.state.anchor?.size)
        let sealed = try #require(
            try other.disk.entries.map { try JournalEntry(parsing: $0) }
                .last { $0.event.body is KeySealed }
        )
        #expect(covered > sealed.sequence)
        try other.program(one)
        expectRefused(EdgeError.fleetKeyExhausted) { try other.program(two) }
    }
}
