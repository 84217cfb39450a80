import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

@testable import PortalWeb

extension BatchPortal {
    /// What ingest writes of a journal that loaded a batch and issued some of its units just now.
    func load(_ batch: Batch, issued: Int, at now: Instant, halted: AlarmKind? = nil) async throws {
        let account = Checkpoint.Account(
            authorization: batch.authorization,
            granted: batch.quantity,
            issued: issued,
            burned: 0,
            returned: 0,
            remaining: batch.quantity - issued
        )
        let checkpoint = try Checkpoint(
            edgeHSM: batch.edgeHSM,
            epoch: 1,
            size: 0,
            root: .zero,
            time: now,
            portalNonce: nil,
            roleKeysVersion: 1,
            accounts: [account],
            softwareVersion: "test"
        ).unsigned().serialized()
        try await database.write("load") { transaction in
            var log = JournalLog(log: 1, edgeHSM: batch.edgeHSM, factory: batch.factory, root: .zero, heardAt: now)
            log.checkpoint = checkpoint
            log.halted = halted
            try JournalLogs(transaction).put(log)
            try transaction.execute(
                """
                INSERT INTO journal_batches (log, batch, product, name, granted, issued, burned, returned, closed,
                    unlocks, reprovisions, rotations, terms) VALUES (1, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?)
                """,
                [
                    .fixed(batch.authorization), .name(batch.product), .name(batch.batch), .number(batch.quantity),
                    .number(issued), .blob([]),
                ]
            )
            try transaction.execute(
                """
                INSERT INTO production (slice, log, batch, edge, factory, product, issued, completed, failed, burned)
                VALUES (?, 1, ?, ?, ?, ?, ?, 0, 0, 0)
                """,
                [
                    .integer(ProductionRate.slice(of: now)), .fixed(batch.authorization), .name(batch.edgeHSM),
                    .name(batch.factory), .name(batch.product), .number(issued),
                ]
            )
        }
    }
}
