import Crypto
import Durability
import EdgeHSMCore
import Foundation
import PortalCore
import PortalProtocol
import PortalStore
import PortalWeb
import Statements
import Synchronization
import TestSupport
import TransparencyLog
import Verify
import Vocabulary

@testable import EdgeHSMFixture

/// A portal's ingest on a database of its own, with EdgeHSMs enrolled.
final class IngestBench: Sendable {
    struct Registry: EdgeRegistry {
        let edges: [EdgeHSMID: EnrolledEdge]
        func edge(_ id: EdgeHSMID, in transaction: any SQLTransaction) -> EnrolledEdge? { edges[id] }
    }

    /// Batches that the test's portal has made.
    struct Grants: GrantRegistry {
        let made: Set<Digest256>
        func granted(_ authorizations: [Digest256], in transaction: any SQLTransaction) -> Set<Digest256> {
            made.intersection(authorizations)
        }
    }

    static let now = World.start + 3_600

    let folder: TemporaryFolder
    let database: SQLitePortalDatabase
    let service: IngestService
    let clock = Clock()

    /// The portal's time, as the test sets it.
    final class Clock: Sendable {
        private let time = Mutex(IngestBench.now)
        var now: Instant { time.withLock { $0 } }
        func wait(_ seconds: Int64) { time.withLock { $0 = $0 + seconds } }
    }

    /// - Parameter grants: nil: boxes load what no portal has made, and nobody minds.
    init(
        _ worlds: World...,
        seam: FaultSeam = .none,
        folder: TemporaryFolder? = nil,
        grants: (any GrantRegistry)? = nil
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        database = try SQLitePortalDatabase.open(path: folder.path + "/portal.sqlite", seam: seam)
        let edges = try worlds.map { world in
            EnrolledEdge(
                edgeHSM: world.box,
                factory: world.site,
                identity: world.identity.point,
                enrolment: try world.enrolment()
            )
        }
        let clock = clock
        service = IngestService(
            database: database,
            registry: Registry(edges: Dictionary(uniqueKeysWithValues: edges.map { ($0.edgeHSM, $0) })),
            rootAuthority: worlds.first?.root.point,
            grants: grants,
            now: { clock.now }
        )
    }

    func log(_ world: World) async throws -> JournalLog? {
        let edge = world.box
        return try await database.read { try JournalLogs($0).current(of: edge) }
    }

    func lookForSilence() async throws {
        let clock = clock
        try await SilenceWatch(database, now: { clock.now }).look()
    }

    func alarms() async throws -> [Alarms.Stored] { try await database.read { try Alarms($0).list(limit: 1_000) } }

    func quarantine() async throws -> [Quarantine.Item] {
        try await database.read { try Quarantine($0).list(limit: 1_000) }
    }

    @discardableResult
    func ingest(_ chunks: [JournalChunk]) async throws -> [IngestOutcome] {
        var outcomes: [IngestOutcome] = []
        for chunk in chunks { outcomes.append(try await service.ingest(chunk, from: nil)) }
        return outcomes
    }

    /// All rows of the tables that must not depend on how a journal was cut; without the judge's snapshot, whose
    /// octets have no fixed order, and checkpoints, each signed anew.
    func dump() async throws -> [String] {
        let tables: [SQLText] = [
            "SELECT log, edge, factory, stage, base, size, root, epoch, checkpoint_time, halted, silent, quarantined FROM journal_logs ORDER BY log",
            "SELECT * FROM journal_entries ORDER BY log, sequence",
            "SELECT * FROM journal_hashes ORDER BY log, height, number",
            "SELECT * FROM journal_units ORDER BY log, unit",
            "SELECT * FROM journal_credentials ORDER BY log, sequence",
            "SELECT log, batch, product, name, granted, issued, burned, returned, closed, unlocks, reprovisions, rotations FROM journal_batches ORDER BY log, batch",
            "SELECT * FROM journal_voids ORDER BY log, batch",
            "SELECT * FROM journal_rollups ORDER BY day, log, batch",
            "SELECT * FROM quarantine ORDER BY number",
            "SELECT alarm_key, kind, edge, times, sequence, detail FROM alarms ORDER BY alarm_key",
        ]
        return try await database.read { transaction in
            try tables.flatMap { try transaction.rows($0).map { "\($0)" } }
        }
    }
}

/// A journal to be sent in parts, with checkpoints wherever it is cut.
struct SentJournal {
    let world: World
    var entries: [[UInt8]]

    init(_ world: World, _ entries: [[UInt8]]) {
        self.world = world
        self.entries = entries
    }

    init(_ box: Box) { self.init(box.world, box.disk.entries) }

    /// What an honest box signs at `size`, for entries as they are here.
    func checkpoint(
        _ size: Int? = nil,
        at time: Instant? = nil,
        accounts: [Checkpoint.Account]? = nil
    ) throws -> Envelope {
        var judge = JournalJudge()
        var ledger = InMemoryUnitLedger()
        var newest = Instant.epoch
        for bytes in entries.prefix(size ?? entries.count) {
            newest = max(newest, judge.judge(bytes, into: &ledger).entry?.time ?? .epoch)
        }
        return try Checkpoint(
            edgeHSM: world.box,
            epoch: judge.epoch,
            size: judge.size,
            root: judge.root,
            time: time ?? newest,
            portalNonce: judge.newestStatus?.nonce,
            roleKeysVersion: judge.roleKeysVersion ?? 1,
            accounts: accounts ?? judge.accounts,
            softwareVersion: "test"
        ).unsigned().signed(by: world.identity)
    }

    /// Whether checkpoints can state the counts after each entry: none can say that more was made than granted.
    func canBeStated() -> Bool {
        var judge = JournalJudge()
        var ledger = InMemoryUnitLedger()
        return entries.allSatisfy { bytes in
            _ = judge.judge(bytes, into: &ledger)
            return judge.accounts.allSatisfy { (0...$0.granted).contains($0.remaining) }
        }
    }

    func chunk(_ range: Range<Int>, checkpoint: Envelope? = nil) throws -> JournalChunk {
        JournalChunk(
            edgeHSM: world.box,
            from: range.lowerBound,
            entries: entries[range].map { Octets($0) },
            checkpoint: try checkpoint ?? self.checkpoint(range.upperBound)
        )
    }

    /// Entries under a checkpoint of more, with the proof that it only adds to them.
    func part(_ range: Range<Int>, of size: Int, at time: Instant? = nil) throws -> JournalChunk {
        let tree = MerkleTree(leaves: entries.map { MerkleHash.leaf($0) })
        return JournalChunk(
            edgeHSM: world.box,
            from: range.lowerBound,
            entries: entries[range].map { Octets($0) },
            checkpoint: try checkpoint(size, at: time),
            consistency: try tree.consistency(from: range.upperBound, to: size).hashes
        )
    }

    func chunks(_ sizes: [Int]) throws -> [JournalChunk] {
        var start = 0
        return try sizes.compactMap { size in
            let end = min(start + size, entries.count)
            guard end > start else { return nil }
            defer { start = end }
            return try chunk(start..<end)
        }
    }

    func whole() throws -> JournalChunk { try chunk(0..<entries.count) }

    func audit() throws -> JournalAudit {
        JournalAudit(
            JournalExport(checkpoint: try checkpoint(), entries: entries.map { Octets($0) }),
            trust: .init(identity: world.identity.point)
        )
    }
}

extension Box {
    /// A box whose enrolment is that of its world, with one batch.
    static func working(
        _ world: World,
        quantity: Int = 20,
        units: ClosedRange<Int>? = nil,
        prefix: String = "A",
        allotments: [VersionApproval.Allotment]? = nil,
        firstSerial: Int = 1
    ) throws -> (Box, Digest256) {
        var box = try Box(world, enrolment: world.enrolment().statementID)
        var draft = BatchDraft(quantity: quantity)
        draft.prefix = prefix
        (draft.firstSerial, draft.batch) = (firstSerial, "batch-\(firstSerial)")
        draft.allotments = allotments
        let batch = try box.load(draft)
        if let units { for number in units { try box.make(batch, Chip(number)) } }
        return (box, batch)
    }
}
