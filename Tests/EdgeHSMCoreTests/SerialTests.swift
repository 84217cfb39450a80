import EdgeHSMCore
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// No serial twice on one EdgeHSM, whoever signed the batches. That the verifier sees it where a box lacks the rule is for
/// `JournalCodeTests`.
@Suite struct SerialTests {
    private func draft(_ name: String, _ prefix: String, quantity: Int = 4) -> BatchDraft {
        BatchDraft(quantity: quantity, batch: name, prefix: prefix)
    }

    @Test func serialsOfAnotherBatchAreRefused() throws {
        let world = try World()
        let approval = try BatchDraft(allotment: 40).approval(world)
        var box = try Box(world)
        let first = try box.load(draft("one", "A"), under: approval)
        expectRefused(EdgeError.serialsTaken) { try box.load(draft("two", "A"), under: approval) }
        _ = try box.load(draft("three", "B"), under: approval)
        expectRefused(EdgeError.serialsTaken) { try box.load(draft("four", "A", quantity: 1), under: approval) }
        // One digit longer is another text.
        _ = try box.load(draft("five", "A0"), under: approval)
        try box.make(first, Chip(1))
        let audit = JournalAudit(try box.export(), trust: .init(identity: world.identity.point))
        #expect(audit.findings.isEmpty, "\(audit.findings)")
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
