import Foundation
import GRDB
import PortalProtocol
import PortalStore
import PortalWeb
import Statements
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
            grants: StoredGrants()
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

    /// What stands before the first entry comes: EdgeHSMs and the batches that were granted.
    private func enrol(in store: SQLitePortalDatabase) async throws {
        let odm = OrganisationRecord(id: .random(), name: "Makers", kind: .odm, createdAt: now)
        let manager = PersonRecord(
            id: .random(),
            organisation: odm.id,
            kind: .odm,
            name: "Mei",
            email: "mei@makers.example",
            roles: [.odmProductionManager],
            officer: nil,
            isActive: true,
            version: 1,
            createdAt: now
        )
        let batches = try journals.flatMap { try Self.batches($0, by: manager, at: now) }
        let root = root
        try await store.write("enrol") { [journals, now] transaction in
            try PeopleTable(transaction).insert(odm)
            try PeopleTable(transaction).insert(manager)
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
            for product in Set(batches.map(\.authorization.product)) {
                _ = try ProductTable(transaction).insert(Self.product(product, root, at: now))
            }
            for batch in batches { try BatchTable(transaction).insert(batch) }
        }
    }

    /// The batches whose authorizations a journal loads.
    private static func batches(
        _ journal: JournalMill.Product,
        by manager: PersonRecord,
        at time: Instant
    ) throws -> [BatchRecord] {
        try journal.authorizations.map {
            try BatchRecord(
                id: .random(),
                version: VersionName("1.0.0"),
                organisation: manager.organisation,
                authorization: $0,
                createdBy: manager.id,
                createdAt: time
            )
        }
    }

    /// As far as the batches' table asks for one.
    private static func product(_ name: ProductName, _ key: P256Point, at time: Instant) throws -> ProductRecord {
        ProductRecord(
            product: name,
            title: try DisplayName("Lamp"),
            foundation: ProductFoundation(
                vendorID: VendorID(0xFFF1),
                productID: ProductID(0x8001),
                family: try FamilyName("virtual-v"),
                secureBootKey: key,
                paa: Octets([1]),
                debugRoot: Octets([1]),
                vendorRoots: [],
                keySlots: [],
                socClass: 7,
                debugPermissions: try SixteenOctets("03000000000000000000000000000000"),
                serialPrefix: try SerialPrefix("L")
            ),
            lifetimeTotal: try UnitTotal(1_000_000),
            rules: ProductRules(chipIdentity: .vendorCertificate),
            revision: 1,
            createdAt: time
        )
    }

    /// The portal that answers requests afterwards is set up by its people, with a product of its own.
    private func forgetGrants() throws {
        let queue = try DatabaseQueue(path: database)
        try queue.write { try $0.execute(sql: "DELETE FROM batch; DELETE FROM product; DELETE FROM person") }
        try queue.close()
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

    /// Leaves everything taken in, for a portal that is then asked.
    func fill() async throws {
        _ = try await ingest(senders: journals.count)
        try forgetGrants()
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
