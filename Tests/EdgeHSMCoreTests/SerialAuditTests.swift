import EdgeHSMCore
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// The verifier sees a serial on two units, whichever batch they are of.
@Suite struct SerialAuditTests {
    /// The journal of a box that made one unit of each of two batches, whose serials begin so.
    private func codes(_ prefixes: String...) throws -> [String] {
        let world = try World()
        var box = try Box(world)
        for (number, prefix) in prefixes.enumerated() {
            let draft = BatchDraft(batch: "batch-\(number)", prefix: prefix)
            try box.make(try box.load(draft, under: BatchDraft(allotment: 40).approval(world)), Chip(number + 1))
        }
        return JournalAudit(try box.export(), trust: .init(identity: world.identity.point)).findings.map(\.refusal.code)
    }

    @Test func twoBatchesWithTheSameSerialAreFound() throws {
        #expect(try codes("A", "A") == ["journal.serial.twice"])
        #expect(try codes("A", "B", "A") == ["journal.serial.twice"])
        #expect(try codes("A", "B").isEmpty)
        #expect(try codes("A", "A0").isEmpty, "one digit longer")
    }

    @Test func aReprovisionedUnitKeepsItsSerial() throws {
        let world = try World()
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 2, reprovisions: 2))
        var chip = Chip(1)
        let first = try box.make(id, chip)
        for _ in 0..<2 {
            _ = try box.reprovision(id, chip)
            chip.newKey()
            #expect(try box.make(id, chip).serial == first.serial)
        }
        try box.make(id, Chip(2))
        let audit = JournalAudit(try box.export(), trust: .init(identity: world.identity.point))
        #expect(audit.findings.isEmpty, "\(audit.findings)")
    }
}
