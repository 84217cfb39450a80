import Durability
import EdgeHSMCore
import PortalCore
import PortalStore
import PortalWeb
import Statements
import TestSupport
import Testing
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// Crashes of the portal, restored disks of an EdgeHSM, and what people read of it all.
@Suite struct IngestRecoveryTests {
    let world: World
    let journal: SentJournal
    let box: Box
    let batch: Digest256

    init() throws {
        world = try World()
        (box, batch) = try Box.working(world, units: 1...8)
        journal = SentJournal(box)
    }

    @Test("ended before or after any commit, the next start goes on and counts nothing twice")
    func ended() async throws {
        let sizes = [10, 1, 7, 12, 100]
        let whole = try IngestBench(world)
        try await whole.ingest(journal.chunks(sizes))
        let expected = try await whole.dump()
        for count in 1...5 {
            for (point, action) in [("before", "error"), ("after", "error")] {
                let folder = try TemporaryFolder()
                let seam = try FaultSeam(plan: "portal.ingest.\(point)-commit:\(count):\(action)")
                let faulty = try IngestBench(world, seam: seam, folder: folder)
                await #expect(throws: Refusal.self) { try await faulty.ingest(self.journal.chunks(sizes)) }
                try faulty.database.close()
                let next = try IngestBench(world, folder: folder)
                let stored = try await next.log(world)?.size ?? 0
                #expect(stored == sizes.prefix(point == "before" ? count - 1 : count).reduce(0, +).clamped(journal))
                try await next.ingest(journal.chunks(sizes))
                #expect(try await next.dump() == expected, "\(point) commit \(count)")
                try next.database.close()
            }
        }
    }

    @Test("the same process goes on after a failed commit, too")
    func failedCommit() async throws {
        let seam = try FaultSeam(plan: "portal.ingest.before-commit:2:error")
        let bench = try IngestBench(world, seam: seam)
        let chunks = try journal.chunks([10, 10, 100])
        try await bench.ingest([chunks[0]])
        await #expect(throws: Refusal.self) { try await bench.ingest([chunks[1]]) }
        #expect(try await bench.log(world)?.size == 10)
        try await bench.ingest(Array(chunks[1...]))
        let whole = try IngestBench(world)
        try await whole.ingest(chunks)
        let (rows, expected) = (try await bench.dump(), try await whole.dump())
        #expect(rows == expected)
    }

    @Test("a restored tail becomes a branch: judged again, lost units shown, no packages")
    func restoredTail() async throws {
        var (live, batch) = try Box.working(world, quantity: 90, units: 1...8)
        let (kept, token) = (live.disk, live.token)
        let twin = Chip(22)
        for chip in [Chip(21), twin, Chip(23)] { try live.make(batch, chip) }
        let lost = SentJournal(live)
        live.disk = kept
        live.token = token
        try live.start()
        try live.make(batch, twin)
        try live.make(batch, Chip(31))
        let branch = SentJournal(live)
        let bench = try IngestBench(world)
        try await bench.ingest(lost.chunks([30, 100]))
        // From the stored size on it looks altered; from an earlier entry on it explains itself.
        let place = kept.entries.count
        let outcome = try #require(try await bench.ingest([branch.chunk(place - 3..<branch.entries.count)]).first)
        #expect(outcome.refusal?.code == "portal.journal.restoring" && outcome.refusal?.isRetryable == true)
        let log = try #require(try await bench.log(world))
        #expect(log.size == place && log.base == place && log.parent != nil && log.halted == .restored)
        #expect(log.root == (try kept.tree.root(at: place)))
        let next = try #require(try await bench.ingest([branch.chunk(place..<branch.entries.count)]).first)
        #expect(next.refusal == nil && next.storedSize == branch.entries.count)
        let alarms = try await bench.alarms()
        #expect(Set(alarms.map(\.kind)) == [.restored, .duplicateChip, .duplicateKey])
        #expect(alarms.allSatisfy { $0.edgeHSM == world.box })
        let units = try await bench.database.read { transaction in
            try [1, 21, 22, 31].map { try JournalRecords(transaction).units(by: .chip(Chip($0).uid)) }
        }
        #expect(units.map(\.count) == [1, 1, 2, 1])
        #expect(units[0].allSatisfy(\.isCurrent) && units[3].allSatisfy(\.isCurrent))
        #expect(units[1].allSatisfy { !$0.isCurrent }, "its DAC is out in the world")
        #expect(Set(units[2].map(\.isCurrent)) == [true, false])
        let edge = world.box
        let logs = try await bench.database.read { try JournalLogs($0).all(of: edge) }
        #expect(logs.map(\.stage) == [.superseded, .current] && logs.first?.size == lost.entries.count)
        // The branch is as good as if it had come alone.
        let audit = try branch.audit()
        #expect(audit.isAccepted)
        let state = try await bench.database.read { try JournalLogs($0).judge(of: logs[1].log) }
        let judge = try JournalJudge(resuming: #require(state), trust: .init())
        #expect(judge.accounts == audit.accounts && judge.fields["issued"] == audit.fields["issued"])
    }

    @Test("units are found by serial, chip, DAC serial and key, with a proof that holds offline")
    func records() async throws {
        let bench = try IngestBench(world)
        try await bench.ingest(journal.chunks([17, 200]))
        let enrolment = try world.enrolment()
        let genesis = try #require(try JournalEntry(parsing: journal.entries[0]).event.body as? Genesis)
        let edge = world.box
        for number in 1...8 {
            let chip = Chip(number).uid
            let record = try #require(
                try await bench.database.read { try JournalRecords($0).units(by: .chip(chip)) }.first
            )
            let unit = record.unit
            #expect(unit.unit.stage == .done && unit.station == station && record.batch?.id == batch)
            #expect(unit.steps.count == 5 && unit.steps.first == unit.unit.position)
            let (dac, key) = try await bench.database.read { transaction in
                let entry = try #require(try JournalRecords(transaction).entries(of: unit).first)
                let issued = try #require(try JournalEntry(parsing: entry.entry).event.body as? Issued)
                #expect(issued.chipUID == chip)
                return (issued.dac.bytes, issued.deviceKey)
            }
            let dacSerial = try AttestationKey.serial(of: dac)
            let serial = unit.unit.serial
            let same = try await bench.database.read { transaction in
                let records = JournalRecords(transaction)
                return try [
                    records.units(by: .serial(serial)), records.units(by: .dac(dacSerial)),
                    records.units(by: .deviceKey(key)),
                ]
            }
            #expect(same.allSatisfy { $0 == [record] })
            let file = try #require(
                try await bench.database.read {
                    try JournalRecords($0).proof(
                        of: unit.unit.position,
                        log: unit.log,
                        enrolment: enrolment,
                        roleKeys: [genesis.roleKeys]
                    )
                }
            )
            let verdict = InclusionAudit.verdict(
                try InclusionFile(parsing: file.serialized()),
                trust: .init(root: world.root.point)
            )
            #expect(verdict.accepted && verdict.fields["chipUID"] == chip.hex, "\(verdict)")
        }
        let (batch, granted) = (batch, 20)
        let found = try await bench.database.read {
            try JournalRecords($0).reconciliation(of: batch, at: edge, granted: granted)
        }
        #expect(found.issued == 8 && found.remaining == 12 && found.unaccounted == 0)
    }

    @Test("roll-ups are summed by each dimension and filtered by the others")
    func rollUps() async throws {
        let bench = try IngestBench(world)
        try await bench.ingest(journal.chunks([40, 3, 200]))
        let day = Int(World.start.seconds / 86_400)
        let (edge, site) = (world.box, world.site)
        try await bench.database.read { transaction in
            let table = RollUps(transaction)
            var filter = RollUps.Filter(days: day...day)
            for dimension in RollUps.Dimension.allCases {
                filter.products = dimension == .product ? nil : [World.product]
                let rows = try table.sums(by: dimension, filter).filter { $0.counts.issued > 0 }
                #expect(rows.count == 1 && rows.first?.counts.issued == 8 && rows.first?.counts.completed == 8)
            }
            #expect(try table.sums(by: .edge, filter).first?.edgeHSM == edge)
            #expect(try table.sums(by: .factory, filter).first?.factory == site)
            filter.factories = []
            #expect(try table.sums(by: .day, filter).isEmpty, "of no factory")
            filter = RollUps.Filter(days: day + 1...day + 9)
            #expect(try table.sums(by: .day, filter).isEmpty)
        }
    }
}

extension Int {
    /// No more than the journal has.
    fileprivate func clamped(_ journal: SentJournal) -> Int { Swift.min(self, journal.entries.count) }
}
