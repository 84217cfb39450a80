import Governance
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import TransparencyLog
import Vocabulary

extension PortalServices {
    struct LogPosition: BoundedNumber {
        static let bounds = 0...(1 << 40)
        let value: Int
        init(validated value: Int) { self.value = value }
    }
    struct AuditPath: Codable, Sendable { let position: LogPosition }
    struct ProofQuery: Codable, Sendable {
        /// Of the log, at a checkpoint that the caller holds.
        let size: LogPosition
    }
    struct ConsistencyQuery: Codable, Sendable {
        let first: LogPosition
        let second: LogPosition
    }
    /// Oldest first.
    func audit(
        _ context: OEMReaderContext,
        _ call: Call<Nothing, AuditQuery, NoBody>
    ) async throws -> Answer<Page<AuditItem>> { try await acts(call.query, newestFirst: false) }

    /// Newest first, as people look for what has just happened.
    func newestAudit(
        _ context: OEMReaderContext,
        _ call: Call<Nothing, AuditQuery, NoBody>
    ) async throws -> Answer<Page<AuditItem>> { try await acts(call.query, newestFirst: true) }

    private func acts(_ query: AuditQuery, newestFirst: Bool) async throws -> Answer<Page<AuditItem>> {
        let limit = (query.limit ?? .usual).value
        let words = [
            query.actor?.text, query.action?.text, query.object?.text, query.outcome?.rawValue,
            query.from?.description, query.to?.description,
        ].map { word in word.map { "\($0.utf8.count):\($0)" } ?? "" }
        let scope = "audit \(newestFirst) \(words.joined(separator: " "))"
        let start = try cursors.start(query.cursor, of: scope, count: 1)?.first.flatMap { Int($0) }
        let (items, next) = try await database.read { transaction in
            let found = try PortalLogSearch(transaction).find(
                PortalLogSearch.Filter(query),
                from: start,
                newestFirst: newestFirst,
                limit: limit
            )
            let log = PortalLogTable(transaction)
            let items = try found.positions.compactMap { position in
                try log.entry(position).map { try AuditItem(position: position, entry: $0) }
            }
            return (items, found.next)
        }
        return Answer(Page(items: items, next: try next.map { try cursors.cursor(["\($0)"], of: scope) }))
    }

    /// Signed now, over all entries so far.
    func auditCheckpoint(_ context: OEMReaderContext, _ call: PlainCall) async throws -> Answer<AuditCheckpoint> {
        let (size, root) = try await database.read { transaction in
            let log = PortalLogTable(transaction)
            let size = try log.size()
            return (size, try log.tree.root(at: size))
        }
        let statement = PortalCheckpoint(size: size, root: root, time: context.facts.time)
        let envelope = try await statement.unsigned().signed(by: portalKey())
        return Answer(AuditCheckpoint(size: size, root: root, checkpoint: envelope))
    }

    func auditInclusion(
        _ context: OEMReaderContext,
        _ call: Call<AuditPath, ProofQuery, NoBody>
    ) async throws -> Answer<AuditProof> {
        let (position, size) = (call.path.position.value, call.query.size.value)
        return try await database.read { transaction in
            let log = PortalLogTable(transaction)
            guard size <= (try log.size()), position < size else { throw Refusal(PortalError.unknownObject) }
            let proof = try log.tree.inclusion(of: position, size: size)
            return Answer(AuditProof(root: try log.tree.root(at: size), hashes: proof.hashes))
        }
    }

    func auditConsistency(
        _ context: OEMReaderContext,
        _ call: Call<Nothing, ConsistencyQuery, NoBody>
    ) async throws -> Answer<AuditProof> {
        let (first, second) = (call.query.first.value, call.query.second.value)
        return try await database.read { transaction in
            let log = PortalLogTable(transaction)
            guard second <= (try log.size()), first <= second else { throw Refusal(PortalError.unknownObject) }
            let proof = try log.tree.consistency(from: first, to: second)
            return Answer(AuditProof(root: try log.tree.root(at: second), hashes: proof.hashes))
        }
    }
}

extension PortalLogSearch.Filter {
    init(_ query: AuditQuery) {
        self.init()
        (actor, action, object) = (query.actor?.text, query.action?.text, query.object?.text)
        isDone = query.outcome.map { $0 == .done }
        (from, to) = (query.from, query.to)
    }
}

extension AuditItem {
    init(position: Int, entry octets: [UInt8]) throws {
        let entry = try StatementCoding.decode(PortalLogEntry.self, from: octets)
        self.init(
            position: position,
            entry: Octets(octets),
            act: AuditAct(
                time: entry.time,
                actorKind: entry.actorKind.rawValue,
                actor: entry.actor,
                organisation: entry.organisation,
                action: entry.action,
                object: entry.object,
                requestID: entry.requestID,
                outcome: entry.outcome,
                detail: entry.detail
            )
        )
    }
}
