import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension PortalServices {
    struct EvidencePath: Codable, Sendable {
        let edge: EdgeHSMID
        let number: AlarmNumber
    }

    /// What contradicted an EdgeHSM's journal, oldest first.
    func evidence(
        _ context: OEMReaderContext,
        _ call: Call<EdgePath, PageQuery, NoBody>
    ) async throws -> Answer<Page<EvidenceView>> {
        let (edge, limit) = (call.path.edge, (call.query.limit ?? .usual).value)
        let scope = "evidence \(edge)"
        let after = try cursors.start(call.query.cursor, of: scope, count: 1)?.first.flatMap { Int64($0) } ?? 0
        let found = try await database.read { transaction in
            guard try GovernanceTable(transaction).edge(edge) != nil else { throw Refusal(PortalError.unknownObject) }
            return try Evidence(transaction).list(of: edge, after: after, limit: limit + 1)
        }
        return Answer(try cursors.page(found.map { EvidenceView($0) }, limit: limit, of: scope) { ["\($0.number)"] })
    }

    /// The file for those who judge it elsewhere.
    func evidenceFile(
        _ context: OEMReaderContext,
        _ call: ObjectCall<EvidencePath>
    ) async throws -> RawAnswer<VersionRoutes.DocumentKind> {
        let path = call.path
        let found = try await database.read { try Evidence($0).item(Int64(path.number.value), of: path.edge) }
        guard let found else { throw Refusal(PortalError.unknownObject) }
        let bytes = try StatementCoding.encode(EvidenceFile(found))
        return try RawAnswer(bytes: bytes, tag: EntityTag(digest: Digest256.of(bytes)), range: context.facts.range)
    }
}

extension EvidenceView {
    init(_ item: Evidence.Item) {
        self.init(
            number: AlarmNumber(validated: Int(item.number)),
            edgeHSM: item.edgeHSM,
            kind: item.kind.rawValue,
            notedAt: item.notedAt,
            heldSize: item.heldSize,
            first: item.first,
            entries: item.entries.count
        )
    }
}

extension EvidenceFile {
    init(_ item: Evidence.Item) throws {
        try self.init(
            edgeHSM: item.edgeHSM,
            kind: item.kind.rawValue,
            notedAt: item.notedAt,
            heldSize: item.heldSize,
            heldCheckpoint: item.heldCheckpoint.map { try Envelope(parsing: $0) },
            checkpoint: Envelope(parsing: item.checkpoint),
            first: item.first,
            entries: item.entries,
            consistency: item.consistency
        )
    }
}
