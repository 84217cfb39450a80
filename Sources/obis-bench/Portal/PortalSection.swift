import FactoryBox
import Foundation

/// The portal, measured from journals to answers, in a folder of its own.
struct PortalSection {
    private static let edges = 5
    /// Batches of one EdgeHSM.
    private static let batches = 2
    /// Entries of one device.
    private static let steps = 5

    let folder: String
    let rounds: Int
    /// Entries of the portal that is asked, and of a second one ten times as large.
    let records: Int
    let narrator: Narrator

    /// Entries that ingest is measured with: of fewer, what is done once for each EdgeHSM is a part of the time.
    private var taken: Int { 3 * records }

    /// Ingest beside the bare load, and nothing else.
    func ingest() async throws -> PortalReport.Ingest {
        let measure = try await journals(of: taken)
        narrator.chapter("Ingest")
        let found = try await measure.rounds(rounds) { round in
            let rate = Int(Double(measure.entries) / round.ingest.wall)
            let (ratio, alone) = (Table.number(round.ratio, 2), Table.number(round.aloneRatio, 2))
            narrator.note(
                "\(rate) entries a second, \(ratio) of the bare load; \(alone) with one EdgeHSM at a time; "
                    + "load \(Table.number(Machine.load, 1))"
            )
        }
        return PortalReport.Ingest(
            edges: Self.edges,
            devices: measure.devices,
            entries: measure.entries,
            entriesOfAChunk: IngestMeasure.chunk,
            rounds: found
        )
    }

    private func journals(of entries: Int) async throws -> IngestMeasure {
        narrator.chapter("Journals for the portal")
        let (journals, root) = try await JournalMill.make(
            edges: Self.edges,
            devices: entries / Self.edges / Self.steps,
            batches: Self.batches,
            chunk: IngestMeasure.chunk
        )
        let measure = IngestMeasure(journals: journals, root: root, folder: folder, now: PortalStage.now)
        narrator.note("\(measure.entries) entries of \(measure.devices) devices, signed and judged")
        return measure
    }

    func run() async throws -> PortalReport {
        let ingest = try await ingest()
        let small = try await journals(of: records)
        try await small.fill()
        narrator.chapter("Roll-ups")
        let large = folder + "/large.sqlite"
        try IngestMeasure.remove(large)
        try FileManager.default.copyItem(atPath: small.database, toPath: large)
        try RollUpMeasure.multiply(large, by: 10)
        let rollUps = try await RollUpMeasure.run(small: small.database, large: large, turns: 40)
        narrator.note("\(rollUps.large.records) records: \(Table.number(rollUps.ratio, 2)) of the time")
        narrator.chapter("Pages, batches and look-ups")
        let (pages, requests) = try await ask(small: small.database, large: large, small.journals)
        return PortalReport(
            ingest: ingest,
            rollUps: rollUps,
            pages: pages,
            requests: requests,
            records: rollUps.large.records
        )
    }

    private typealias Waits = [RequestMeasure.Kind: RequestMeasure.Waits]

    /// Two portals at the same time, one on each file.
    private func ask(
        small: String,
        large: String,
        _ journals: [JournalMill.Product]
    ) async throws -> (PageMeasure.Result, Waits) {
        var (pages, requests): (PageMeasure.Result?, Waits) = (nil, [:])
        try await PortalStage.run(database: small, folder: folder + "/small", allotment: 10_000) { small in
            try await PortalStage.run(database: large, folder: folder + "/large", allotment: 10_000) { large in
                let sides = [
                    try await PageMeasure.side(small, journals: journals, tag: "page"),
                    try await PageMeasure.side(large, journals: journals, tag: "page"),
                ]
                pages = try await PageMeasure(sides: sides).measure(turns: 100)
                narrator.note("\(pages?.pages.count ?? 0) pages, each \(100) times of either portal")
                requests = try await RequestMeasure(stage: large, journals: journals)
                    .measure(batches: 200, lookUps: 500)
            }
        }
        guard let pages else { throw Fault.answerWrong }
        return (pages, requests)
    }
}
