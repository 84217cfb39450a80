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
    func audit(
        _ context: OEMReaderContext,
        _ call: ListCall
    ) async throws -> Answer<Page<AuditItem>> {
        let limit = (call.query.limit ?? .usual).value
        let scope = "audit"
        let last = try cursors.start(call.query.cursor, of: scope, count: 1)?.first.flatMap { Int($0) } ?? -1
        let found = try await database.read { try PortalLogTable($0).entries(from: last + 1, limit: limit + 1) }
        let items = found.map { AuditItem(position: $0.position, entry: Octets($0.bytes)) }
        return Answer(try cursors.page(items, limit: limit, of: scope) { ["\($0.position)"] })
    }

    /// Newest first, as people look for what has just happened.
    func newestAudit(_ context: OEMReaderContext, _ call: ListCall) async throws -> Answer<Page<AuditItem>> {
        let limit = (call.query.limit ?? .usual).value
        let scope = "newest audit"
        let before = try cursors.start(call.query.cursor, of: scope, count: 1)?.first.flatMap { Int($0) }
        let found = try await database.read { transaction in
            let log = PortalLogTable(transaction)
            let end = min(before ?? .max, try log.size())
            let first = max(0, end - limit - 1)
            return first < end ? try log.entries(from: first, limit: end - first) : []
        }
        let items = found.reversed().map { AuditItem(position: $0.position, entry: Octets($0.bytes)) }
        return Answer(try cursors.page(Array(items), limit: limit, of: scope) { ["\($0.position)"] })
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
