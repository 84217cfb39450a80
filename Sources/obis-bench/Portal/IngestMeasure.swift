import Foundation
import PortalProtocol
import PortalStore
import PortalWeb
import Synchronization
import Vocabulary

/// Journals of several EdgeHSMs taken in at the same time, each chunk after the receipt of the one before, as their
/// Factory Services send them; and beside it the bare load of the rows that came of it.
struct IngestMeasure {
    /// Entries of a chunk: what a Factory Service sends at most.
    static let chunk = 1_000

    struct Round: Sendable, Codable {
        /// Seconds of CPU and wall for all entries, all EdgeHSMs sending at the same time.
        let ingest: Cost
        /// The same with one EdgeHSM sending at a time: nothing goes on beside the chunk that it waits for.
        let alone: Cost
        let bare: Cost
        /// Octets that the process grew by with each entry of the second half of `ingest`.
        let growth: Double
        var ratio: Double { bare.wall / ingest.wall }
        var aloneRatio: Double { bare.wall / alone.wall }
    }

    let journals: [JournalMill.Product]
    let root: P256Point
    let folder: String
    let now: Instant

    var entries: Int { journals.reduce(0) { $0 + $1.entries } }
    var devices: Int { journals.reduce(0) { $0 + $1.devices } }
    /// Where the last ingest left its database.
    var database: String { folder + "/ingest.sqlite" }

    /// Takes everything in, into a new file, and throws when anything is refused or found wrong.
    ///
    /// - Parameter senders: EdgeHSMs whose journals come at the same time.
    func ingest(senders: Int) async throws -> (cost: Cost, growth: Double) {
        try Self.remove(database)
        let store = try SQLitePortalDatabase.open(path: database)
        try await enrol(in: store)
        let service = IngestService(
            database: store,
            registry: StoredEdges(),
            rootAuthority: root,
            grants: nil
        ) { [now] in now }
        let memory = HalfwayMemory(of: entries)
        let cost = try await timedWait {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, journal) in journals.enumerated() {
                    if number >= senders { try await group.next() }
                    group.addTask {
                        try await Self.send(journal, to: service) { memory.note($0) }
                    }
                }
                try await group.waitForAll()
            }
        }
        let (wrong, alarms) = try await store.read {
            (try Quarantine($0).list(limit: 1).count, try Alarms($0).list(limit: 1).count)
        }
        guard wrong + alarms == 0 else { throw Fault.refused }
        let grown = processMemory() - memory.half
        try store.close()
        return (cost, Double(grown) / Double(max(entries / 2, 1)))
    }

    private func enrol(in store: SQLitePortalDatabase) async throws {
        let odm = OrganisationRecord(id: .random(), name: "Makers", kind: .odm, createdAt: now)
        try await store.write("enrol") { [journals, now] transaction in
            try PeopleTable(transaction).insert(odm)
            for edge in journals.map(\.edge) {
                let factory = FactoryRecord(
                    id: edge.factory,
                    organisation: odm.id,
                    name: edge.factory.text,
                    country: "CN",
                    timeZone: "Asia/Shanghai",
                    createdAt: now
                )
                _ = try FactoryTable(transaction).insert(factory)
                try GovernanceTable(transaction).insertEdge(edge.edgeHSM, edge.factory, edge.enrolment, at: now)
            }
        }
    }

    private static func send(
        _ journal: JournalMill.Product,
        to service: IngestService,
        _ taken: (Int) -> Void
    ) async throws {
        for chunk in journal.chunks {
            let outcome = try await service.ingest(chunk, from: journal.edge.factory)
            guard outcome.refusal == nil, outcome.storedSize == chunk.end, outcome.added == chunk.entries.count else {
                throw outcome.refusal ?? Refusal(IngestError.incomplete, "\(outcome.storedSize)")
            }
            taken(outcome.added)
        }
    }

    /// One after the other, so that a busy moment of the machine meets both.
    func rounds(_ count: Int, note: (Round) -> Void) async throws -> [Round] {
        _ = try await ingest(senders: journals.count)
        let bare = try BareLoad(rowsOf: database, chunk: Self.chunk)
        var rounds: [Round] = []
        for _ in 0..<count {
            let path = folder + "/bare.sqlite"
            try Self.remove(path)
            let loaded = try bare.run(at: path)
            let alone = try await ingest(senders: 1)
            let together = try await ingest(senders: journals.count)
            let round = Round(ingest: together.cost, alone: alone.cost, bare: loaded, growth: together.growth)
            note(round)
            rounds.append(round)
            try Self.remove(path)
        }
        return rounds
    }

    static func remove(_ path: String) throws {
        for suffix in ["", "-wal", "-shm", ".lock"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}

/// What the process had in memory when half of the entries were taken in.
private final class HalfwayMemory: Sendable {
    private let all: Int
    private let state = Mutex((entries: 0, half: 0))

    init(of all: Int) { self.all = all }

    var half: Int { state.withLock { $0.half } }

    func note(_ taken: Int) {
        state.withLock { state in
            state.entries += taken
            if state.half == 0, state.entries * 2 >= all { state.half = processMemory() }
        }
    }
}
