import Crypto
import EdgeHSMCore
import PortalCore
import PortalProtocol
import PortalStore
import PortalWeb
import Statements
import TestSupport
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// What a factory or an EdgeHSM can do to a journal, and what the portal does about it.
@Suite struct IngestAttackTests {
    let world: World
    let box: Box
    let batch: Digest256
    let journal: SentJournal
    let bench: IngestBench

    init() throws {
        world = try World()
        (box, batch) = try Box.working(world, units: 1...4)
        journal = SentJournal(box)
        bench = try IngestBench(world)
    }

    private func code(_ chunk: JournalChunk, from factory: FactoryID? = nil) async throws -> String? {
        do { return try await bench.service.ingest(chunk, from: factory).refusal?.code } catch let refusal as Refusal {
            return refusal.code
        }
    }

    private func open() async throws -> Set<AlarmKind> { Set(try await bench.alarms().map(\.kind)) }

    @Test("an entry edited under way is not what was signed, and nothing of the chunk is stored")
    func edited() async throws {
        var changed = journal
        changed.entries[9][20] ^= 1
        #expect(try await code(changed.chunk(0..<20, checkpoint: journal.checkpoint(20))) == "portal.journal.altered")
        #expect(try await bench.log(world) == nil)
        #expect(try await open() == [.altered])
        #expect(try await code(journal.chunk(0..<20)) == nil)
        #expect(try await code(changed.chunk(5..<20, checkpoint: journal.checkpoint(20))) == "portal.journal.altered")
        let log = try #require(try await bench.log(world))
        #expect(log.size == 20 && log.halted == nil, "a factory's edit proves nothing against the EdgeHSM")
    }

    @Test("checkpoints of others, unsigned, or of other entries are refused")
    func checkpoints() async throws {
        let right = try journal.checkpoint(20)
        let forged = Envelope(payloadType: right.payloadType, payload: right.payload, signatures: [])
        #expect(try await code(journal.chunk(0..<20, checkpoint: forged)) == "portal.journal.checkpoint")
        let other = try forged.signed(by: P256.Signing.PrivateKey())
        #expect(try await code(journal.chunk(0..<20, checkpoint: other)) == "portal.journal.checkpoint")
        #expect(try await code(journal.chunk(0..<19, checkpoint: right)) == "portal.journal.altered", "no proof")
        #expect(try await code(journal.chunk(0..<21, checkpoint: right)) == "portal.journal.incomplete")
        #expect(try await code(journal.chunk(0..<20), from: FactoryID("elsewhere")) == "portal.journal.edge-unknown")
        let stranger = world.other(EdgeHSMID(validated: "edge-x"), at: world.site)
        #expect(try await code(SentJournal(stranger, journal.entries).chunk(0..<20)) == "portal.journal.edge-unknown")
        let many = JournalChunk(
            edgeHSM: world.box,
            from: 0,
            entries: Array(repeating: Octets([0x7B]), count: SyncLimits.mostItems + 1),
            checkpoint: right
        )
        #expect(try await code(many) == "portal.journal.too-large")
        #expect(try await bench.log(world) == nil)
    }

    @Test("two signed versions are a fork: refused, alarmed, kept as evidence, no packages until released")
    func forked() async throws {
        try await bench.ingest([journal.whole()])
        var other = journal
        var forge = try JournalForge(box)
        let (place, body) = try forge.last(Completed.self)
        forge.replace(at: place, body, time: World.start + 5)
        other.entries = try forge.octets()
        #expect(try await code(other.chunk(place - 2..<other.entries.count)) == "portal.journal.forked")
        // Without the entry that differs the signatures alone show it.
        #expect(try await code(other.chunk(other.entries.count..<other.entries.count)) == "portal.journal.forked")
        let log = try #require(try await bench.log(world))
        let signed = try Checkpoint.read(payload: journal.checkpoint().payload)
        #expect(log.halted == .forked && log.root == signed.root)
        #expect(try await open().contains(.forked))
        let edge = world.box
        let evidence = try await bench.database.read { try Evidence($0).list(of: edge) }
        #expect(evidence.count == 2 && evidence.allSatisfy { $0.kind == .forked && $0.heldCheckpoint != nil })
        #expect(evidence.first?.first == place - 2 && evidence.first?.entries.count == other.entries.count - place + 2)
        for _ in 0..<20 { _ = try await code(other.chunk(place..<other.entries.count)) }
        #expect(try await bench.database.read { try Evidence($0).list(of: edge) }.count == 3, "each once")
        #expect(try await bench.alarms().first { $0.kind == .forked }?.times == 22)
        for from in 0..<20 { _ = try await code(other.chunk(place - from..<other.entries.count)) }
        #expect(try await bench.database.read { try Evidence($0).list(of: edge) }.count == Evidence.mostKept)
        // The true journal goes on.
        var more = box
        try more.make(batch, Chip(9))
        let longer = SentJournal(more)
        #expect(try await code(longer.chunk(journal.entries.count..<longer.entries.count)) == nil)
        try await bench.database.write("test") { try JournalLogs($0).release(edge) }
        #expect(try await bench.log(world)?.halted == nil)
    }

    @Test("what an EdgeHSM signed before its clock was set back, brought again, is no truncation")
    func beforeTheReset() async throws {
        var box = box
        box.wall = World.start + 86_400
        try box.make(batch, Chip(11))
        let ahead = SentJournal(box)
        let chunk = try ahead.chunk(2..<ahead.entries.count, checkpoint: ahead.checkpoint(at: box.wall))
        box.wall = World.start + 60
        try box.crash()
        let nonce = Nonce(validated: World.random(32))
        try box.run(OfferClockReset(requester: "operator", nonce: nonce)).grant()
        let order = OfficerOrder.Order.resetClock(edgeHSM: World.edgeHSM, nonce: nonce, time: World.start + 60)
        _ = try box.downlink(orders: [world.order(order)]).grant()
        try box.make(batch, Chip(12))
        let whole = SentJournal(box)
        try await bench.ingest([whole.chunk(0..<whole.entries.count, checkpoint: whole.checkpoint(at: box.wall))])
        #expect(try await code(chunk) == nil)
        #expect(try await bench.log(world)?.halted == nil)
        // Less than what stands after the reset, signed later, is one.
        let size = whole.entries.count - 1
        let newer = try whole.checkpoint(size, at: box.wall + 600)
        #expect(try await code(whole.chunk(2..<size, checkpoint: newer)) == "portal.journal.truncated")
    }

    @Test("altered chunks, which nobody signed, leave room for the evidence of a fork, which proves itself")
    func evidenceOfForks() async throws {
        let size = journal.entries.count
        try await bench.ingest([journal.chunk(0..<size - 1)])
        for number in 0..<20 {
            var altered = journal
            altered.entries[size - 1] = journal.entries[size - 2 - number % 10]
            let forged = try altered.chunk(size - 1..<size, checkpoint: journal.checkpoint())
            #expect(try await code(forged) == "portal.journal.altered")
        }
        try await bench.ingest([journal.chunk(size - 1..<size)])
        let edge = world.box
        let filled = try await bench.database.read { try Evidence($0).list(of: edge) }
        #expect(filled.count == Evidence.mostUnsigned && filled.allSatisfy { $0.kind == .altered }, "\(filled.count)")
        // Vouched for by a longer journal: its proof is what leads from these entries to the signature.
        var forge = try JournalForge(box)
        let (place, body) = try forge.last(Issued.self)
        forge.replace(at: place, body, time: World.start + 5)
        var other = journal
        other.entries = try forge.octets()
        let chunk = try other.part(place - 2..<place + 1, of: size)
        #expect(try await code(chunk) == "portal.journal.forked")
        let found = try await bench.database.read { try Evidence($0).list(of: edge) }
        let fork = try #require(found.last)
        #expect(found.count == Evidence.mostUnsigned + 1 && fork.kind == .forked)
        let content = try Checkpoint.read(payload: Envelope(parsing: fork.checkpoint).payload)
        #expect(content.size > place + 1 && !fork.consistency.isEmpty)
        let proof = ConsistencyProof(firstSize: place + 1, secondSize: content.size, hashes: fork.consistency)
        let leaves = (journal.entries.prefix(fork.first) + fork.entries.map(\.bytes)).map { MerkleHash.leaf($0) }
        let root = CompactRange.root(of: 0..<leaves.count) { leaves[$0] }
        try proof.verify(firstRoot: root, secondRoot: content.root)
    }

    @Test("a box that was copied, disk and token, and run on twice is a fork, however the copy's journal is sent")
    func copied() async throws {
        var (first, copy) = (box, box)
        copy.wall = copy.wall + 60
        try first.start()
        try copy.start()
        for number in 11...13 { try first.make(batch, Chip(number)) }
        try copy.make(batch, Chip(14))
        let place = journal.entries.count
        let told = SentJournal(copy)
        #expect(told.entries.count < first.disk.entries.count && told.entries[place] != first.disk.entries[place])
        try await bench.ingest([SentJournal(first).whole()])
        // It looks like a tail that was restored: only that both began the same epoch tells.
        #expect(try await code(told.chunk(place - 2..<told.entries.count)) == "portal.journal.forked")
        #expect(try await code(told.chunk(told.entries.count..<told.entries.count)) == "portal.journal.forked")
        #expect(try await bench.log(world)?.halted == .forked)
        #expect(try await open() == [.forked])
    }

    @Test("a newer checkpoint of less is a truncation; an older one again is none")
    func truncated() async throws {
        try await bench.ingest([journal.whole()])
        #expect(try await code(journal.chunk(0..<12)) == nil)
        let late = try journal.checkpoint(1, at: World.start + 7_200)
        #expect(try await code(journal.chunk(0..<1, checkpoint: late)) == nil, "its epoch is older")
        let size = journal.entries.count - 2
        let newer = try journal.checkpoint(size, at: World.start + 7_200)
        #expect(try await code(journal.chunk(0..<size, checkpoint: newer)) == "portal.journal.truncated")
        #expect(try await bench.log(world)?.halted == .truncated)
    }

    @Test("poison is stored, shown and blocks nothing")
    func poison() async throws {
        var poisoned = journal
        poisoned.entries.insert([0xFF, 0x00, 0x7B], at: 18)
        poisoned.entries.append(Array(#"{"sequence":1}"#.utf8))
        let outcome = try await bench.service.ingest(poisoned.whole(), from: nil)
        #expect(outcome.refusal == nil && outcome.storedSize == poisoned.entries.count && outcome.quarantined > 0)
        let items = try await bench.quarantine()
        #expect(items.contains { $0.sequence == 18 && $0.kind == "malformed" && $0.code == "journal.entry.malformed" })
        #expect(items.contains { $0.code == "journal.sequence.gap" })
        #expect(try await open().isSuperset(of: [.malformed, .gap]))
        var more = box
        try more.make(batch, Chip(5))
        poisoned.entries += more.disk.entries.suffix(5)
        let next = try await bench.service.ingest(
            poisoned.chunk(outcome.storedSize..<poisoned.entries.count),
            from: nil
        )
        #expect(next.refusal == nil && next.added == 5)
        let chip = Chip(5).uid
        let units = try await bench.database.read { try JournalRecords($0).units(by: .chip(chip)) }
        #expect(units.count == 1 && units.first?.unit.unit.stage == .done)
    }

    @Test("entries after notAfter and false accounts are alarmed by their kind")
    func outsideWindow() async throws {
        var forge = try JournalForge(box)
        let (place, body) = try forge.last(Issued.self)
        forge.replace(at: place, body, time: World.start + 11 * World.day)
        let late = SentJournal(world, try forge.octets())
        let account = try #require(box.state.accounts.first)
        let wrong = Checkpoint.Account(
            authorization: account.authorization,
            granted: account.granted,
            issued: account.issued - 1,
            burned: 0,
            returned: 0,
            remaining: account.remaining + 1
        )
        let checkpoint = try late.checkpoint(accounts: [wrong])
        #expect(try await code(late.chunk(0..<late.entries.count, checkpoint: checkpoint)) == nil)
        #expect(try await open().isSuperset(of: [.outsideWindow, .accounts]))
        let (edge, batch) = (world.box, batch)
        let found = try await bench.database.read {
            try JournalRecords($0).reconciliation(of: batch, at: edge, granted: account.granted)
        }
        #expect(found.issued == account.issued && found.unaccounted == -1)
    }

    @Test("an authorization that the portal never granted is alarmed when it is loaded and when it is used")
    func notGranted() async throws {
        var box = box
        let stolen = try box.load(BatchDraft(quantity: 3, batch: "stolen"))
        let loaded = SentJournal(box)
        let bench = try IngestBench(world, grants: IngestBench.Grants(made: [batch]))
        try await bench.ingest([journal.whole()])
        #expect(try await bench.alarms().isEmpty, "the portal's own batch")
        try await bench.ingest([loaded.chunk(journal.entries.count..<loaded.entries.count)])
        let alarm = try #require(try await bench.alarms().first)
        #expect(alarm.kind == .notGranted && alarm.kind.severity == .critical && alarm.times == 1)
        #expect(alarm.detail.contains(stolen.hex) && alarm.edgeHSM == world.box)
        let place = try #require(alarm.sequence)
        let entry = try JournalEntry(parsing: loaded.entries[place])
        #expect((entry.event.body as? AuthorizationLoaded)?.authorization.statementID == stolen)
        _ = try await bench.database.write("test") {
            try Alarms($0).acknowledge(alarm.number, by: "person", at: IngestBench.now)
        }
        // Units of the portal's own batch leave it as it is; one of the stolen one opens it again.
        try box.make(batch, Chip(7))
        let own = SentJournal(box)
        try await bench.ingest([own.chunk(loaded.entries.count..<own.entries.count)])
        #expect(try await bench.alarms().first?.acknowledgedAt != nil)
        try box.make(stolen, Chip(8))
        let used = SentJournal(box)
        try await bench.ingest([used.chunk(own.entries.count..<used.entries.count)])
        let again = try await bench.alarms()
        #expect(again.count == 1 && again.first?.times == 2 && again.first?.acknowledgedAt == nil)
        #expect(try await bench.quarantine().isEmpty)
    }

    @Test("one chip, key or serial in two EdgeHSMs is alarmed")
    func duplicates() async throws {
        let second = world.other(EdgeHSMID(validated: "edge-b"), at: FactoryID(validated: "site-2"))
        let both = [world.box, second.box].map { VersionApproval.Allotment(edgeHSM: $0, units: 100) }
        // The same chips with the same keys at both, and serials of one range.
        var (first, firstBatch) = try Box.working(world, allotments: both)
        var (other, otherBatch) = try Box.working(second, allotments: both)
        let (twin, given) = (Chip(1), Chip(2))
        try first.make(firstBatch, twin)
        try other.make(otherBatch, twin)
        try first.fail(first.issue(firstBatch, given))
        var moved = given
        moved.newKey()
        try other.make(otherBatch, moved)
        let bench = try IngestBench(world, second)
        try await bench.ingest([SentJournal(first).whole()])
        #expect(try await bench.alarms().isEmpty)
        try await bench.ingest([SentJournal(other).whole()])
        let alarms = try await bench.alarms()
        #expect(Set(alarms.map(\.kind)) == [.duplicateChip, .duplicateKey, .duplicateSerial])
        #expect(alarms.allSatisfy { $0.edgeHSM == second.box && $0.other == world.box })
        #expect(alarms.first { $0.kind == .duplicateChip }?.times == 1, "a chip that was given up may move on")
        let items = try await bench.quarantine()
        #expect(Set(items.map(\.code)).contains("portal.journal.duplicate-key"))
        let chip = twin.uid
        let units = try await bench.database.read { try JournalRecords($0).units(by: .chip(chip)) }
        #expect(Set(units.map(\.edgeHSM)) == [world.box, second.box])
    }

    @Test("an acknowledged alarm that comes again is open again")
    func acknowledged() async throws {
        let gap = try journal.chunk(5..<9)
        _ = try await code(gap)
        let number = try #require(try await bench.alarms().first?.number)
        let done = try await bench.database.write("test") {
            try Alarms($0).acknowledge(number, by: "person", at: IngestBench.now)
        }
        #expect(done)
        #expect(try await bench.alarms().first?.acknowledgedBy == "person")
        _ = try await code(gap)
        let again = try #require(try await bench.alarms().first)
        #expect(again.acknowledgedAt == nil && again.times == 2 && again.number == number)
    }
}
