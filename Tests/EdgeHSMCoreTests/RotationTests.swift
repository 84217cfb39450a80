import Crypto
import EdgeHSMCore
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture

@Suite struct RotationTests {
    let world: World
    init() throws { world = try World() }

    private func rotation(
        _ box: Box,
        _ unit: UnitRecord,
        _ chip: Chip,
        _ nonce: Nonce,
        by old: Digest256? = nil
    ) throws -> DecideRotation {
        let request = chip.request(nonce)
        return DecideRotation(
            authorization: unit.authorization,
            unit: unit.unit,
            station: station,
            request: request,
            proof: try chip.proof(by: old ?? unit.deviceKey, for: request),
            facts: box.facts(unit.authorization, chip.uid, key: chip.key)
        )
    }

    private func sign(_ box: inout Box, _ reservation: Reservation, _ chip: Chip) throws -> Octets {
        let dac = Octets(try world.dac(for: chip.key, notBefore: World.start + -World.day))
        return try box.run(SignedRotation(reservation: reservation, dac: dac)).grant().dac
    }

    private func record(_ box: Box, _ unit: UnitRecord) throws -> UnitRecord { try #require(box.disk.units[unit.unit]) }

    @Test func rotationReplacesTheKey() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(rotations: 1))
        var chip = Chip(1)
        let unit = try box.make(id, chip)
        let begun = try box.begin(id, chip, .rotate())
        expectRefused(EdgeError.keySeenBefore) {
            try box.run(try rotation(box, unit, chip, begun.nonce)).grant()
        }
        chip.newKey()
        let writes = box.anchorWrites
        guard case .sign(let reservation) = try box.run(try rotation(box, unit, chip, begun.nonce)).grant() else {
            Issue.record("no signature")
            return
        }
        let dac = try sign(&box, reservation, chip)
        #expect(box.anchorWrites == writes + 1, "an answer under an allowance is anchored")
        let rotated = try record(box, unit)
        #expect(rotated.dac == dac && rotated.rotatedFrom == unit.deviceKey && rotated.serial == unit.serial)
        // The same CSR again: the same octets, whoever vouches for it now.
        let again = try rotation(box, unit, chip, begun.nonce)
        guard case .stored(let stored) = try box.run(again).grant() else {
            Issue.record("rotated twice")
            return
        }
        #expect(stored.dac == dac && stored.unit == unit.unit)
        expectRefused(EdgeError.allowanceExhausted) { try box.begin(id, chip, .rotate()) }
        expectRefused(EdgeError.unitCompleted) { try box.begin(id, chip) }
        #expect(try box.state.authorization(id).rotations == 1)
    }

    @Test("only the key of the live DAC vouches: no other chip's, no stranger's, none that was rotated away")
    func whoVouches() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(rotations: 2))
        var chip = Chip(1)
        let unit = try box.make(id, chip)
        let other = try box.make(id, Chip(2))
        let begun = try box.begin(id, chip, .rotate())
        chip.newKey()
        for foreign in [other.deviceKey, chip.key.keyID, .zero] {
            expectRefused(EdgeError.rotationUnproven) {
                try box.run(try rotation(box, unit, chip, begun.nonce, by: foreign)).grant()
            }
        }
        guard case .sign(let reservation) = try box.run(try rotation(box, unit, chip, begun.nonce)).grant() else {
            return
        }
        _ = try sign(&box, reservation, chip)
        let next = try box.begin(id, chip, .rotate())
        chip.newKey()
        expectRefused(EdgeError.rotationUnproven) {
            try box.run(try rotation(box, unit, chip, next.nonce, by: unit.deviceKey)).grant()
        }
        let live = try record(box, unit)
        guard case .sign = try box.run(try rotation(box, live, chip, next.nonce)).grant() else {
            Issue.record("the key of the live DAC was refused")
            return
        }
    }

    @Test("a counted rotation is finished with the allowance used up; another key is not")
    func finishing() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(rotations: 1))
        var chip = Chip(1)
        let unit = try box.make(id, chip)
        let begun = try box.begin(id, chip, .rotate())
        chip.newKey()
        guard case .sign(let reservation) = try box.run(try rotation(box, unit, chip, begun.nonce)).grant() else {
            return
        }
        let dac = try sign(&box, reservation, chip)
        // The station lost power before it had the reply: the chip still uses the old key and has the new one in wait.
        let resumed = try box.begin(id, chip, .rotate(finishing: chip.key.keyID))
        guard case .stored(let stored) = try box.run(try rotation(box, unit, chip, resumed.nonce)).grant() else {
            Issue.record("counted twice")
            return
        }
        #expect(stored.dac == dac)
        expectRefused(EdgeError.nonceStale) {
            var old = chip
            old.newKey()
            return try box.run(try rotation(box, try record(box, unit), old, begun.nonce)).grant()
        }
        var another = chip
        another.newKey()
        expectRefused(EdgeError.allowanceExhausted) {
            try box.run(try rotation(box, try record(box, unit), another, resumed.nonce)).grant()
        }
        expectRefused(EdgeError.allowanceExhausted) { try box.begin(id, chip, .rotate(finishing: another.key.keyID)) }
        // The first key was never rotated to: naming it finishes nothing.
        let fresh = try box.make(id, Chip(3))
        #expect(try record(box, fresh).rotatedFrom == nil)
        expectRefused(EdgeError.allowanceExhausted) {
            try box.begin(id, Chip(3), .rotate(finishing: fresh.deviceKey))
        }
    }

    @Test func anExposedUnitIsNotRotated() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(debugUnlocks: 1, manifest: world.manifest(openPortReadsKeys: true)))
        var chip = Chip(1)
        let unit = try box.make(id, chip)
        let begun = try box.begin(id, chip, .rotate())
        chip.newKey()
        let late = try rotation(box, unit, chip, begun.nonce)
        _ = try box.run(box.unlock(id, chip, challenge: .zero)).grant()
        expectRefused(EdgeError.unitExposed) { try box.begin(id, chip, .rotate()) }
        expectRefused(EdgeError.holdMissing) { try box.run(late).grant() }
    }

    @Test("a rotation is replayed as it was, and not where another key speaks for the unit")
    func replay() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(rotations: 1))
        var chip = Chip(1)
        let made = try box.make(id, chip)
        let unit = try record(box, made)
        let begun = try box.begin(id, chip, .rotate())
        chip.newKey()
        guard case .sign(let reservation) = try box.run(try rotation(box, unit, chip, begun.nonce)).grant() else {
            return
        }
        _ = try sign(&box, reservation, chip)
        let entry = try JournalEntry(parsing: try #require(box.disk.entries.last))
        #expect(entry.event.body is Rotated)
        #expect(try UnitProjection.updated(unit, by: entry) == record(box, unit))
        expectRefused(EdgeError.journalInconsistent) { try UnitProjection.updated(record(box, unit), by: entry) }
    }
}
