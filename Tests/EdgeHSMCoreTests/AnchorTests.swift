import EdgeHSMCore
import Statements
import Testing
import TransparencyLog
import Vocabulary

@testable import EdgeHSMFixture

/// I8: restored or cloned state never increases what may be issued; and the leases that make it so.
@Suite struct AnchorTests {
    let world: World

    init() throws { world = try World() }

    @Test func I8_restoredDiskIsRefused() throws {
        var box = try Box(world)
        let id = try box.load()
        let old = box.disk
        try box.make(id, Chip(1))
        _ = try box.run(box.unlock(id, Chip(1), challenge: .zero)).grant()
        let present = box.disk
        box.disk = old
        expectRefused(EdgeError.anchorRollback) { try box.start() }
        // The same length with another content.
        box.disk = present
        var forged = present.entries
        forged.swapAt(2, 3)
        box.disk = Box.Disk()
        box.disk.entries = forged
        for entry in forged { box.disk.tree.append(MerkleHash.leaf(entry)) }
        #expect(throws: Refusal.self) { try box.start() }
        box.disk = present
        try box.start()
    }

    @Test func I8_lostTailIsBurned() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 40))
        try box.issue(id, Chip(1))
        let anchor = try #require(try AnchorRecord.newest(of: box.token))
        var disk = Box.Disk()
        for bytes in box.disk.entries.prefix(anchor.size) { try disk.commit(JournalEntry(parsing: bytes)) }
        try box.issue(id, Chip(2))
        // The disk goes back to what the anchor covers, which no check can tell from a crash.
        if try AnchorRecord.newest(of: box.token) == anchor { box.disk = disk }
        let ceiling = try #require(anchor.ceiling(of: id))
        try box.start()
        let account = try box.state.authorization(id)
        #expect(account.consumed == ceiling && ceiling >= 2)
        #expect(account.granted == account.issued + account.burned + account.returned + account.remaining)
        // Burned units burn their serials too.
        #expect(try box.issue(id, Chip(3)).index == account.consumed)
    }

    @Test func I8_tokenThatWentBack() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 40))
        let old = box.token
        for number in 1...20 { try box.issue(id, Chip(number)) }
        box.token = old
        expectRefused(EdgeError.anchorTokenRolledBack) { try box.start() }
        box.token = []
        expectRefused(EdgeError.anchorMissing) { try box.start() }
        box.token = [[1, 2, 3]]
        expectRefused(EdgeError.anchorMalformed) { try box.start() }
    }

    @Test func I8_cleanRecordDoesNotCoverLaterWork() throws {
        var box = try Box(world)
        let id = try box.load()
        try box.stopCleanly()
        let clean = box.token
        try box.start()
        try box.issue(id, Chip(1))
        box.token = clean
        expectRefused(EdgeError.anchorTokenRolledBack) { try box.start() }
    }

    @Test func crashBetweenRestartAndAnchorBurnsOnce() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 40))
        try box.issue(id, Chip(1))
        let token = box.token
        try box.start()
        let burned = try box.state.authorization(id).burned
        #expect(burned > 0)
        box.token = token
        try box.start()
        #expect(try box.state.authorization(id).burned == burned)
        let epochs = try box.disk.entries.map { try JournalEntry(parsing: $0).epoch }
        #expect(epochs == epochs.sorted() && Set(epochs).count == 4)
    }

    @Test func cleanStopBurnsNothing() throws {
        var box = try Box(world)
        let id = try box.load()
        try box.issue(id, Chip(1))
        try box.stopCleanly()
        expectRefused(EdgeError.notStarted) { try box.issue(id, Chip(2)) }
        try box.start()
        #expect(try box.state.authorization(id).burned == 0)
    }

    @Test func leasesGrowAfterAnUncleanStart() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 100))
        #expect(box.state.anchor?.ceiling(of: id) ?? 0 == 0, "no lease at load")
        _ = try box.begin(id, Chip(1))
        #expect(box.state.anchor?.ceiling(of: id) == EdgeHSMState.leaseUnits)
        try box.crash()
        #expect(try box.state.authorization(id).burned == EdgeHSMState.leaseUnits)
        var ceilings: [Int] = []
        for number in 1...40 {
            let unit = try box.issue(id, Chip(number))
            let ceiling = try #require(box.state.anchor?.ceiling(of: id))
            #expect(unit.index < ceiling)
            ceilings.append(ceiling - unit.index)
        }
        #expect(ceilings[0] <= 3, "\(ceilings)")
        #expect((ceilings.max() ?? 0) > 8 && (ceilings.max() ?? 0) <= 41)
    }

    @Test func leaseExhaustedWaits() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 100))
        let chip = Chip(1)
        let facts = box.facts(id, chip.uid)
        let begin = Begin(
            authorization: id,
            chipUID: chip.uid,
            station: station,
            nonce: Nonce(validated: World.random(32)),
            facts: facts
        )
        // The anchor does not move: the token is gone.
        let begun = box.state.handle(begin, at: box.reading)
        #expect(begun.anchor == .background)
        let outcome = box.state.handle(
            box.decision(id, try begun.grant().unit, chip, begin.nonce),
            at: box.reading
        )
        #expect(outcome.decision == .wait(.lease) && outcome.entries.isEmpty)
        #expect(box.state.pendingAnchor == .background)
        let refusal = WaitReason.lease.refusal
        #expect(refusal.has(EdgeError.leaseExhausted) && refusal.code == "edge.lease.exhausted" && refusal.isRetryable)
        // Once the anchor has moved, the same request is decided.
        try box.moveAnchor()
        let again = box.state.handle(box.decision(id, try begun.grant().unit, chip, begin.nonce), at: box.reading)
        guard case .granted(.sign) = again.decision else {
            Issue.record("\(again.decision)")
            return
        }
    }

    @Test func newestRecordAmongHalfMadeOnes() throws {
        var box = try Box(world)
        let newest = try #require(try AnchorRecord.newest(of: box.token))
        let bytes = try newest.serialized()
        #expect(try AnchorRecord.newest(of: box.token + [Array(bytes.dropLast(4)), []]) == newest)
        let twin = AnchorRecord(
            writeNumber: newest.writeNumber,
            epoch: newest.epoch,
            clean: true,
            size: newest.size,
            root: newest.root,
            clockFloor: newest.clockFloor,
            roleKeysVersion: 1,
            roleKeysDigest: newest.roleKeysDigest,
            ceilings: []
        )
        let two = try box.token + [twin.serialized()]
        expectRefused(EdgeError.anchorMalformed) { try AnchorRecord.newest(of: two) }
        expectRefused(EdgeError.anchorMalformed) { try AnchorRecord(parsing: bytes + [0x20]) }
        #expect(AnchorRecord.newestTwo(of: box.token + [[1]]).count == 2)
        try box.moveAnchor()
        #expect(try AnchorRecord.newest(of: box.token)?.writeNumber == newest.writeNumber + 1)
    }

    @Test func accountsBalanceOverClosing() throws {
        var box = try Box(world)
        let id = try box.load(BatchDraft(quantity: 40))
        try box.issue(id, Chip(1))
        expectRefused(EdgeError.closeTooEarly) { try box.run(CloseCommand(requester: "s", authorization: id)).grant() }
        try box.crash()
        box.wall = World.start + 10 * World.day + 1
        let closed = try box.run(CloseCommand(requester: "service", authorization: id)).grant()
        #expect(closed.account.issued == 1 && closed.account.burned == 15 && closed.account.returned == 24)
        #expect(closed.account.remaining == 0 && box.state.accounts.isEmpty)
        #expect(box.state.durable.products[World.product]?.granted == 16)
        try box.crash()
        #expect(try box.state.authorization(id).account == closed.account)
        expectRefused(EdgeError.authorizationClosed) { try box.issue(id, Chip(2)) }
    }
}
