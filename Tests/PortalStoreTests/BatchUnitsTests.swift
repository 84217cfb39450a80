import Statements
import TestSupport
import Testing
import Verify
import Vocabulary

@testable import PortalStore

/// Units of one batch, of one stage or all: in order, each once, and no question looks at a whole batch.
@Suite("Units of a batch")
struct BatchUnitsTests {
    private static let batch = Digest256.of([1])
    private let serials: (first: DeviceSerial, last: DeviceSerial)

    init() throws { serials = (try DeviceSerial("L0000"), try DeviceSerial("L9999")) }

    private struct Made: Hashable {
        let log: Int64
        let sequence: Int
        let serial: String
        let stage: JudgedUnit.Stage
        let isOther: Bool
    }

    private func fill(_ made: [Made], _ database: SQLitePortalDatabase) async throws {
        try await database.write("test") { transaction in
            for (number, unit) in made.enumerated() {
                try transaction.execute(
                    """
                    INSERT INTO journal_units (log, unit, batch, product, chip, generation, number, serial, reissue,
                        sequence, stage, flags, factory_data, slots, station, issued_at, changed_at, steps, device_key)
                    VALUES (?, ?, ?, 'lamp', ?, 0, ?, ?, 0, ?, ?, 0, NULL, '', 'st-1', 0, 0, ?, NULL)
                    """,
                    [
                        .integer(unit.log), .fixed(Digest256.of("\(number)".utf8)),
                        .fixed(unit.isOther ? .zero : Self.batch), .blob(Array(Digest256.zero.bytes.prefix(16))),
                        .number(number), .text(unit.serial), .number(unit.sequence), .text(unit.stage.rawValue),
                        .blob([]),
                    ]
                )
            }
        }
    }

    /// All pages, and how many there were.
    private func all(
        _ stage: JudgedUnit.Stage?,
        limit: Int,
        looking most: Int,
        _ database: SQLitePortalDatabase
    ) async throws -> (units: [Int], pages: Int) {
        var (found, pages, place): ([Int], Int, BatchUnits.Place?) = ([], 0, nil)
        while true {
            let (after, serials) = (place, serials)
            let page = try await database.read {
                try BatchUnits($0)
                    .find(Self.batch, serials: serials, stage: stage, after: after, limit: limit, looking: most)
            }
            #expect(page.units.count <= limit)
            found += page.units.map(\.unit.position)
            pages += 1
            guard let next = page.next else { return (found, pages) }
            place = next
        }
    }

    @Test("pages of any size hold every unit of the batch and stage once, by serial, journal and position")
    func pages() async throws {
        var generator = SeededGenerator(seed: Seed.take("units of a batch"))
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("portal.sqlite"))
        let made = (0..<600).map { number in
            Made(
                log: Int64.random(in: 1...2, using: &generator),
                sequence: number,
                serial: "L0\(Int.random(in: 100...300, using: &generator))",
                stage: [.done, .done, .done, .failed].randomElement(using: &generator) ?? .done,
                isOther: Bool.random(using: &generator)
            )
        }
        try await fill(made, database)
        for _ in 0..<40 {
            let stages: [JudgedUnit.Stage?] = [nil, .done, .failed, .replaced]
            let stage = stages.randomElement(using: &generator) ?? nil
            let limit = Int.random(in: 1...70, using: &generator)
            let most = [5, 40, 2_000].randomElement(using: &generator) ?? 5
            let wanted = made.filter { !$0.isOther && (stage == nil || $0.stage == stage) }
                .sorted { ($0.serial, $0.log, $0.sequence) < ($1.serial, $1.log, $1.sequence) }
            let found = try await all(stage, limit: limit, looking: most, database)
            #expect(found.units == wanted.map(\.sequence), "\(String(describing: stage)) \(limit) \(most)")
        }
        try database.close()
        withExtendedLifetime(folder) {}
    }

    @Test("the one failed unit behind thousands is found in steps, none of which looks at them all")
    func rare() async throws {
        let folder = try TemporaryFolder()
        let database = try SQLitePortalDatabase.open(path: folder.path("portal.sqlite"))
        let total = BatchUnits.mostLooked * 2 + 500
        let made = (0..<total).map { number in
            let digits = String(number)
            return Made(
                log: 1,
                sequence: number,
                serial: "L" + String(repeating: "0", count: 4 - digits.count) + digits,
                stage: number == total - 1 ? .failed : .done,
                isOther: false
            )
        }
        try await fill(made, database)
        let first = try await database.read { [serials] in
            try BatchUnits($0).find(Self.batch, serials: serials, stage: .failed, after: nil, limit: 50)
        }
        #expect(first.units.isEmpty && first.next != nil)
        let whole = try await all(.failed, limit: 50, looking: BatchUnits.mostLooked, database)
        #expect(whole.units == [total - 1] && whole.pages == 3)
        try database.close()
        withExtendedLifetime(folder) {}
    }
}
