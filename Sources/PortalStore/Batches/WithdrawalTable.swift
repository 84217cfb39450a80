public import PortalCore
public import Vocabulary

/// What people took from batches, so that it goes down with the next status.
public struct WithdrawalTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// False where the same was asked before.
    public func insert(_ withdrawal: WithdrawalRecord, edge: EdgeHSMID) throws -> Bool {
        let last = try transaction.row("SELECT coalesce(max(number), 0) AS last FROM withdrawal", [])
        return try transaction.execute(
            """
            INSERT INTO withdrawal (statement, kind, number, edge, reason, asked_by, asked_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (statement, kind) DO NOTHING
            """,
            [
                .fixed(withdrawal.statement), .text(withdrawal.kind.rawValue),
                .number((last?.number("last") ?? 0) + 1), .name(edge), .text(withdrawal.reason),
                .name(withdrawal.askedBy), .time(withdrawal.askedAt),
            ]
        ) == 1
    }

    public func withdrawals(of statement: Digest256) throws -> [WithdrawalRecord] {
        try withdrawals([statement])[statement] ?? []
    }

    private static let ofBatches = KeyQuery("SELECT * FROM withdrawal WHERE statement", then: "ORDER BY number")

    /// In the order in which they were asked, by authorization; each has one of a kind at most.
    public func withdrawals(_ statements: [Digest256]) throws -> [Digest256: [WithdrawalRecord]] {
        let rows = try Self.ofBatches.rows(statements.map { .fixed($0) }, in: transaction).map(WithdrawalRecord.init)
        return Dictionary(grouping: rows, by: \.statement)
    }

    /// Everything that was taken from one EdgeHSM, in order, with what its journal says of it.
    public func plan(for edge: EdgeHSMID) throws -> [StatusPlan.Withdrawal] {
        let facts = BatchFacts(transaction)
        return try transaction.rows(
            "SELECT statement, kind FROM withdrawal WHERE edge = ? ORDER BY number",
            [.name(edge)]
        ).map { row in
            let statement = try row.fixed("statement", as: Digest256.self)
            return StatusPlan.Withdrawal(
                authorization: statement,
                isRevocation: try row.text("kind") == WithdrawalRecord.Kind.revoke.rawValue,
                isJournaled: try facts.fact(statement, edge: edge).isOver
            )
        }
    }
}
