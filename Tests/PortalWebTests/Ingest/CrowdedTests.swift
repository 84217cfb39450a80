import PortalCore
import PortalStore
import PortalWeb
import Statements
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// One chip, key or serial by the thousand: whoever writes that hides no duplicate behind it.
@Suite struct CrowdedTests {
    private static let rows = 4_200

    /// Rows of another journal that all have this chip, key and serial.
    private func crowd(
        _ bench: IngestBench,
        log: Int64,
        as unit: JournalUnit,
        chip: ChipUID,
        key: Digest256
    ) async throws {
        try await bench.database.write("test") { transaction in
            for number in 0..<Self.rows {
                try transaction.execute(
                    """
                    INSERT INTO journal_units (log, unit, batch, product, chip, generation, number, serial, reissue,
                        sequence, stage, flags, factory_data, slots, station, issued_at, changed_at, steps, device_key)
                    VALUES (?, ?, ?, ?, ?, 0, ?, ?, 0, ?, 'failed', 0, NULL, '', 'st-1', 0, 0, ?, NULL)
                    """,
                    [
                        .integer(log), .fixed(Digest256.of("\(number)".utf8)), .fixed(unit.unit.batch),
                        .name(unit.unit.product), .fixed(chip), .number(number),
                        .text(unit.unit.serial.text), .number(100_000 + number), .blob([]),
                    ]
                )
                try transaction.execute(
                    """
                    INSERT INTO journal_credentials (log, sequence, unit, device_key, dac_serial)
                    VALUES (?, ?, ?, ?, NULL)
                    """,
                    [.integer(log), .number(100_000 + number), .fixed(unit.unit.id), .fixed(key)]
                )
            }
        }
    }

    @Test("a duplicate is alarmed though a third journal has the same chip, key and serial by the thousand")
    func duplicates() async throws {
        let world = try World()
        let second = world.other(EdgeHSMID(validated: "edge-b"), at: FactoryID(validated: "site-2"))
        let both = [world.box, second.box].map { VersionApproval.Allotment(edgeHSM: $0, units: 100) }
        var (first, firstBatch) = try Box.working(world, allotments: both)
        var (other, otherBatch) = try Box.working(second, allotments: both)
        let twin = Chip(1)
        try first.make(firstBatch, twin)
        try other.make(otherBatch, twin)
        let bench = try IngestBench(world, second)
        try await bench.ingest([SentJournal(first).whole()])
        let unit = try #require(
            try await bench.database.read { try JournalRecords($0).units(by: .chip(twin.uid)) }.first?.unit
        )
        let issued = try #require(
            try first.disk.entries.compactMap { try JournalEntry(parsing: $0).event.body as? Issued }.first
        )
        try await crowd(bench, log: 99, as: unit, chip: twin.uid, key: issued.deviceKey)
        try await bench.ingest([SentJournal(other).whole()])
        let alarms = try await bench.alarms().filter { $0.other == world.box }
        #expect(Set(alarms.map(\.kind)) == [.duplicateChip, .duplicateKey, .duplicateSerial])
        #expect(alarms.allSatisfy { $0.edgeHSM == second.box && $0.times == 1 })
    }

    @Test("more units of a chip elsewhere than can be looked at are a duplicate, whatever became of those looked at")
    func cutOff() async throws {
        let world = try World()
        let second = world.other(EdgeHSMID(validated: "edge-b"), at: FactoryID(validated: "site-2"))
        let both = [world.box, second.box].map { VersionApproval.Allotment(edgeHSM: $0, units: 100) }
        var (first, firstBatch) = try Box.working(world, allotments: both)
        var (other, otherBatch) = try Box.working(second, allotments: both)
        try first.make(firstBatch, Chip(2))
        try other.make(otherBatch, Chip(1))
        let bench = try IngestBench(world, second)
        try await bench.ingest([SentJournal(first).whole()])
        let uid = Chip(2).uid
        let unit = try #require(
            try await bench.database.read { try JournalRecords($0).units(by: .chip(uid)) }.first?.unit
        )
        // All of them failed, in the journal that is known.
        try await crowd(bench, log: 1, as: unit, chip: Chip(1).uid, key: .zero)
        try await bench.ingest([SentJournal(other).whole()])
        let alarms = try await bench.alarms().filter { $0.other == world.box }
        #expect(alarms.contains { $0.kind == .duplicateChip })
    }

    @Test("a NUL in what an entry says of itself is kept as U+FFFD: PostgreSQL keeps no NUL in a text")
    func nul() async throws {
        let world = try World()
        let (box, _) = try Box.working(world)
        let bench = try IngestBench(world)
        var journal = SentJournal(box)
        let place = journal.entries.count
        let last = try JournalEntry(parsing: journal.entries[place - 1])
        let foreign = """
            {"body":{},"epoch":\(last.epoch),"format":"obis-journal-v1","kind":"a\\u0000b","sequence":\(place),\
            "time":"\(last.time)"}
            """
        journal.entries.append(Array(foreign.utf8))
        try await bench.ingest([journal.whole()])
        let note = Quarantine.Note(
            sequence: 1,
            kind: "a\0b",
            findings: [.init(sequence: 1, refusal: Refusal(IngestError.gap, "said \0 this"))]
        )
        let log = try #require(try await bench.log(world))
        try await bench.database.write("test") { transaction in
            try Quarantine(transaction).add([note], of: log, at: IngestBench.now)
            try Alarms(transaction).raise(
                [Alarm(.gap, world.box, "said \0 this")],
                factory: world.site,
                at: IngestBench.now
            )
        }
        let items = try await bench.quarantine()
        #expect(items.count == 2 && items[0].kind == "a\u{FFFD}b" && items[0].detail == "said \u{FFFD} this")
        let alarms = try await bench.alarms()
        #expect(alarms.contains { $0.detail == "said \u{FFFD} this" })
        let texts = items.flatMap { [$0.kind, $0.detail, $0.code] } + alarms.map(\.detail)
        #expect(!texts.contains { $0.utf8.contains(0) })
    }
}
