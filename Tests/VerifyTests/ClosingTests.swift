import EdgeHSMCore
import Foundation
import Statements
import TestSupport
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// A batch's closing certificate, and what is none.
@Suite struct ClosingTests {
    let world: World
    let box: Box
    let closed: Int
    let issued: Int

    init() throws {
        world = try World()
        var box = try Box(world)
        let batch = try box.load()
        try box.make(batch, Chip(1))
        box.wall = World.start + 12 * World.day
        _ = try box.run(CloseCommand(requester: "service", authorization: batch)).grant()
        self.box = box
        let forge = try JournalForge(box)
        (closed, issued) = (try forge.last(Closed.self).0, try forge.last(Issued.self).0)
    }

    private var trust: JournalAudit.Trust { .init(identity: world.identity.point) }

    private func file(_ index: Int, checkpoint: Envelope? = nil) throws -> InclusionFile {
        InclusionFile(
            checkpoint: try checkpoint ?? box.export().checkpoint,
            entry: Octets(box.disk.entries[index]),
            index: index,
            hashes: try box.disk.tree.inclusion(of: index, size: box.disk.entries.count).hashes
        )
    }

    @Test func aClosedBatchIsProven() throws {
        let verdict = ClosingAudit.verdict(try file(closed), trust: trust)
        #expect(verdict.accepted, "\(verdict)")
        #expect(
            verdict.fields["issued"] == "1" && verdict.fields["granted"] == "10" && verdict.fields["returned"] == "9"
        )
        #expect(ClosingAudit.verdict(try file(closed), trust: .init()).code == "journal.identity.unproven")
        #expect(ClosingAudit.verdict(try file(issued), trust: trust).code == "journal.closing.absent")
    }

    @Test func aCheckpointThatHasItOpenContradictsIt() throws {
        let honest = try Checkpoint.read(payload: box.export().checkpoint.payload)
        let entry = try #require(try JournalEntry(parsing: box.disk.entries[closed]).event.body as? Closed)
        let lying = try Checkpoint(
            edgeHSM: honest.edgeHSM,
            epoch: honest.epoch,
            size: honest.size,
            root: honest.root,
            time: honest.time,
            portalNonce: nil,
            roleKeysVersion: 1,
            accounts: [
                .init(authorization: entry.authorization, granted: 10, issued: 1, burned: 0, returned: 0, remaining: 9)
            ],
            softwareVersion: "test"
        ).unsigned().signed(by: world.identity)
        let verdict = ClosingAudit.verdict(try file(closed, checkpoint: lying), trust: trust)
        #expect(verdict.code == "journal.account.mismatch", "\(verdict)")
    }
}
