public import PortalCore
public import Vocabulary

/// What ingested journals say of an authorization. Only its own EdgeHSM's word counts, and a tombstone in a tail that it
/// lost does not: after its restart it knows nothing of it.
public struct BatchFacts {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    public struct Fact: Sendable, Hashable {
        /// In each of the EdgeHSM's logs that has it; empty: it was not loaded.
        public let accounts: [UnitCredit.Account]
        /// It was never loaded and never can be.
        public let isVoid: Bool
        /// Loaded, but only in a tail that the EdgeHSM lost: it may be loaded again.
        public let isLost: Bool
        /// Closed in every log that has it, or void.
        public var isOver: Bool { accounts.isEmpty ? isVoid : !isLost && accounts.allSatisfy(\.isClosed) }
    }

    private static let accounts = KeyQuery(
        """
        SELECT b.batch, b.issued, b.burned, b.returned, b.closed, l.edge, l.stage FROM journal_batches b
        JOIN journal_logs l ON l.log = b.log WHERE b.batch
        """,
        then: "ORDER BY b.log LIMIT 4096"
    )
    private static let voids = KeyQuery(
        """
        SELECT v.batch, l.edge FROM journal_voids v JOIN journal_logs l ON l.log = v.log
        WHERE l.stage <> 'superseded' AND v.batch
        """
    )

    public func fact(_ statement: Digest256, edge: EdgeHSMID) throws -> Fact {
        try facts([(statement, edge)])[statement] ?? Fact(accounts: [], isVoid: false, isLost: false)
    }

    /// The same of many at once, each by its own EdgeHSM's word.
    ///
    /// - Parameter batches: ids of authorizations, and the EdgeHSM that each is for.
    public func facts(_ batches: [(statement: Digest256, edge: EdgeHSMID)]) throws -> [Digest256: Fact] {
        let edges = Dictionary(batches.map { ($0.statement, $0.edge) }, uniquingKeysWith: { first, _ in first })
        func own(_ rows: [SQLRow]) throws -> [Digest256: [SQLRow]] {
            let pairs = try rows.map { row in (try row.fixed("batch", as: Digest256.self), row) }
            return Dictionary(
                grouping: try pairs.filter { try $0.1.name("edge", as: EdgeHSMID.self) == edges[$0.0] },
                by: \.0
            ).mapValues { $0.map(\.1) }
        }
        let accounts = try own(Self.accounts.rows(batches.map { .fixed($0.statement) }, in: transaction))
        let lost = try accounts.filter { try $0.value.allSatisfy(Self.isOfLostTail) }
        let asked = edges.keys.filter { accounts[$0] == nil || lost[$0] != nil }.sorted()
        let void = try own(Self.voids.rows(asked.map { .fixed($0) }, in: transaction))
        return try edges.reduce(into: [:]) { found, batch in
            let own = try (accounts[batch.key] ?? []).map(Self.account)
            // Loaded in a lost tail alone, nothing made of it there, and a tombstone since: it was never loaded.
            let isVoid = void[batch.key] != nil && own.allSatisfy { $0.issued == 0 && $0.burned == 0 }
            found[batch.key] = Fact(
                accounts: isVoid ? [] : own,
                isVoid: isVoid,
                isLost: !isVoid && lost[batch.key] != nil
            )
        }
    }

    private static func isOfLostTail(_ row: SQLRow) throws -> Bool {
        try row.text("stage") == JournalLog.Stage.superseded.rawValue
    }

    private static func account(_ row: SQLRow) throws -> UnitCredit.Account {
        UnitCredit.Account(
            issued: try row.number("issued"),
            burned: try row.number("burned"),
            returned: try row.number("returned"),
            isClosed: try row.flag("closed")
        )
    }
}
