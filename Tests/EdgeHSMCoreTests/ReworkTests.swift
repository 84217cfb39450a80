import EdgeHSMCore
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// I7 and I9: service allowances are operations of their own, each with its own end.
@Suite struct ReworkTests {
    let world: World

    init() throws { world = try World() }

    @Test func reprovisionCostsAllowanceAndNoQuota() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 1, reprovisions: 1))
        var chip = Chip(1)
        let first = try box.make(id, chip)
        box.wall = World.start + 50 * World.day
        let begun = try box.reprovision(id, chip)
        // A lost reply costs no second allowance.
        let again = try box.reprovision(id, chip)
        #expect(begun.unit == again.unit && begun.generation == 1 && !again.isIssued)
        chip.newKey()
        let second = try box.issue(id, chip)
        #expect(second.index == first.index && second.serial == first.serial && second.generation == 1)
        try box.program(second)
        _ = try box.run(box.completion(second)).grant()
        let account = try box.state.authorization(id)
        #expect(account.issued == 1 && account.remaining == 0 && account.completed == 1 && account.reissues == 1)
        #expect(box.disk.units[first.unit]?.state == .replaced)
        expectRefused(EdgeError.allowanceExhausted) { try box.reprovision(id, chip) }
        expectRefused(EdgeError.chipNotOfBatch) { try box.reprovision(id, Chip(7)) }
    }

    @Test func I9_allowanceEndsOnItsOwnDay() throws {
        var box = try Box(world)
        let id = try box.load()
        try box.make(id, Chip(1))
        box.wall = World.start + 100 * World.day + 1
        expectRefused(EdgeError.allowanceOver) { try box.reprovision(id, Chip(1)) }
        expectRefused(EdgeError.allowanceOver) { try box.run(box.unlock(id, Chip(1), challenge: .zero)).grant() }
        expectRefused(EdgeError.allowanceOver) { try box.begin(id, Chip(1), .rotate()) }
    }

    @Test func unlockCountsEachChallengeOnce() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(debugUnlocks: 1, manifest: world.manifest(openPortReadsKeys: true)))
        let unit = try box.make(id, Chip(1))
        let challenge = Digest256.of([1])
        expectRefused(EdgeError.chipNotOfBatch) { try box.run(box.unlock(id, Chip(2), challenge: challenge)).grant() }
        expectRefused(EdgeError.permissionsTooWide) {
            try box.run(box.unlock(id, Chip(1), challenge: challenge, permissions: String(repeating: "f", count: 32)))
                .grant()
        }
        let writes = box.anchorWrites
        let grant = try box.run(box.unlock(id, Chip(1), challenge: challenge)).grant()
        #expect(grant.remaining == 0 && grant.isExposed && !grant.isRepeat && box.anchorWrites == writes + 1)
        let again = try box.run(box.unlock(id, Chip(1), challenge: challenge)).grant()
        #expect(again.isRepeat && again.remaining == 0)
        // Another mask on the same challenge is another answer.
        let narrower = String(repeating: "0", count: 32)
        expectRefused(EdgeError.allowanceExhausted) {
            try box.run(box.unlock(id, Chip(1), challenge: challenge, permissions: narrower)).grant()
        }
        expectRefused(EdgeError.allowanceExhausted) {
            try box.run(box.unlock(id, Chip(1), challenge: Digest256.of([2]))).grant()
        }
        // Exposed: no completion with the old key.
        #expect(try box.state.authorization(id).completed == 0)
        _ = try box.issue(id, Chip(1).with(key: unit, box))
        expectRefused(EdgeError.unitExposed) { try box.program(unit) }
        var chip = Chip(1)
        _ = try box.reprovision(id, chip)
        chip.newKey()
        try box.make(id, chip)
        #expect(try box.state.authorization(id).completed == 1)
    }

    /// Given up under one batch and made under another, a chip opens by the second one's allowance alone.
    @Test func aChipIsUnlockedUnderTheBatchThatItBelongsTo() throws {
        var box = try Box(world)
        let approval = try BatchDraft().approval(world)
        let old = try box.load(under: approval)
        let new = try box.load(BatchDraft(batch: "batch-2"), under: approval)
        var chip = Chip(1)
        let first = try box.make(old, chip)
        try box.fail(first)
        // Free, it may still be opened by the batch that gave it up.
        _ = try box.run(box.unlock(old, chip, challenge: Digest256.of([1]))).grant()
        chip.newKey()
        try box.make(new, chip)
        let before = box.state.durable
        expectRefused(EdgeError.chipLiveElsewhere) {
            try box.run(box.unlock(old, chip, challenge: Digest256.of([2]))).grant()
        }
        // Nor is the answer of an earlier day given again.
        expectRefused(EdgeError.chipLiveElsewhere) {
            try box.run(box.unlock(old, chip, challenge: Digest256.of([1]))).grant()
        }
        #expect(box.state.durable == before)
        #expect(try JournalForge(box).codes().isEmpty)
        var forge = try JournalForge(box)
        let template = try forge.last(DebugUnlocked.self).1
        forge.append(
            DebugUnlocked(
                authorization: old,
                unit: first.unit,
                chipUID: chip.uid,
                wasCompleted: false,
                permissions: template.permissions,
                challenge: Digest256.of([2]),
                exposed: false,
                station: station
            )
        )
        #expect(try forge.codes() == [JournalError.unitOutOfOrder.rawValue])
        #expect(try box.run(box.unlock(new, chip, challenge: Digest256.of([2]))).grant().remaining == 1)
    }

    @Test func unlockWithoutExposureIsCompletedAgain() throws {
        var box = try Box(world)
        let id = try box.load()
        let chip = Chip(1)
        try box.make(id, chip)
        box.wall = World.start + 20 * World.day
        let grant = try box.run(box.unlock(id, chip, challenge: Digest256.of([1]))).grant()
        #expect(!grant.isExposed)
        try box.make(id, chip)
        #expect(try box.state.authorization(id).completed == 1)
    }
}

extension Chip {
    /// This chip with the key that a unit's DAC was issued for.
    func with(key unit: UnitRecord, _ box: Box) throws -> Chip {
        var chip = self
        chip.key = try #require(try AttestationKey.of(unit.dac.bytes))
        return chip
    }
}
