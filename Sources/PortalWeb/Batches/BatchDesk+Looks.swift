import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension BatchGroup {
    /// As the table does not tell apart.
    fileprivate func holds(_ stage: BatchStage) -> Bool {
        switch self {
        case .running: stage.isRunning
        case .waiting: stage.isWaiting
        case .blocked: stage == .blocked
        case .usedUp, .over, .ended: true
        }
    }
}

extension BatchDesk {
    /// Pages of rows that one page of a standing is looked for in.
    private static let mostRounds = 20

    /// Newest first, of one product, factory or standing, of one authorization or all; an ODM sees its own.
    func batches(_ context: MemberContext, _ query: BatchQuery) async throws -> Page<Batch> {
        let (odm, product) = (context.limitedTo, query.product)
        if let authorization = query.authorization {
            return try await batch(of: authorization, product, visibleTo: odm)
        }
        let limit = (query.limit ?? .usual).value
        let parts = [product?.text, query.factory?.text, query.standing?.rawValue].map { $0 ?? "" }
        let scope = "batches/\(context.person.organisation)/\(parts.joined(separator: "/"))"
        let now = context.facts.time
        let start = try portal.cursors.start(query.cursor, of: scope, count: 2).map { keys in
            (createdAt: try Instant(keys[0]), id: try BatchID(keys[1]))
        }
        let items = try await portal.database.read { transaction in
            var (items, before): ([Batch], (createdAt: Instant, id: BatchID)?) = ([], start)
            // What runs, waits and is blocked is told apart by more than a row says: as many rows as it takes.
            for _ in 0..<Self.mostRounds where items.count <= limit {
                let found = try Self.messages(
                    BatchTable(transaction).page(
                        of: odm,
                        product: product,
                        factory: query.factory,
                        standing: query.standing.map { ($0, now) },
                        before: before,
                        limit: limit + 1
                    ),
                    in: transaction
                )
                items += found.filter { query.standing?.holds($0.stage(at: now)) ?? true }
                guard found.count > limit, let last = found.last else { break }
                before = (last.createdAt, last.id)
            }
            return Array(items.prefix(limit + 1))
        }
        return try portal.cursors.page(items, limit: limit, of: scope) { [$0.createdAt.description, $0.id.text] }
    }

    private func batch(
        of authorization: Digest256,
        _ product: ProductName?,
        visibleTo odm: OrganisationID?
    ) async throws -> Page<Batch> {
        let found = try await portal.database.read { transaction in
            let record = try BatchTable(transaction).batch(statement: authorization)
            return try Self.messages(
                [record].compactMap { $0 }.filter {
                    (odm == nil || $0.organisation == odm) && (product == nil || $0.authorization.product == product)
                },
                in: transaction
            )
        }
        return Page(items: found, next: nil)
    }

    func batch(_ context: MemberContext, _ id: BatchID) async throws -> Answer<Batch> {
        let odm = context.limitedTo
        return try await portal.database.read { transaction in
            let batch = try Self.visible(id, to: odm, in: transaction)
            return Answer(try Self.message(batch, in: transaction), tag: EntityTag(version: batch.revision))
        }
    }

    /// The sealed file. Throws `portal.package.pending`, `portal.package.failed`.
    func package(_ context: MemberContext, _ id: BatchID) async throws -> RawAnswer<VersionRoutes.DocumentKind> {
        let odm = context.limitedTo
        let (record, bytes) = try await portal.database.read { transaction in
            let batch = try Self.visible(id, to: odm, in: transaction)
            let table = PackageTable(transaction)
            guard let record = try table.package(batch.statement), let bytes = try table.content(batch.statement) else {
                guard let task = try table.task(batch.statement), let failure = task.failure else {
                    throw Refusal(BatchError.packagePending)
                }
                throw Refusal(task.givenUpAt == nil ? BatchError.packageFailed : BatchError.packageGivenUp, failure)
            }
            return (record, bytes)
        }
        try await portal.acts.handOver(context, id.text, digest: record.digest, detail: "package")
        return try RawAnswer(bytes: bytes, tag: EntityTag(digest: record.digest), range: context.facts.range)
    }

    func reconciliation(_ context: MemberContext, _ id: BatchID) async throws -> BatchReconciliation {
        let odm = context.limitedTo
        return try await portal.database.read { transaction in
            try BatchReconciliation(Self.visible(id, to: odm, in: transaction), in: transaction)
        }
    }

    /// As many as the overview looks at.
    private static let mostOthers = 200

    /// What the overview tells of its newest batches, of this one, whatever others there are.
    func progress(_ context: MemberContext, _ id: BatchID) async throws -> BatchProgress {
        let (odm, now) = (context.limitedTo, context.facts.time)
        return try await portal.database.read { transaction in
            let record = try Self.visible(id, to: odm, in: transaction)
            let slices = ProductionRate.firstSlice(at: now)...Int64(Int32.max)
            let recent = try Production(transaction).bySlice(.init(slices, batch: record.statement))
            let issued = recent.reduce(into: [Int64: Int]()) { $0[$1.slice, default: 0] += $1.counts.issued }
            let batch = try Self.message(record, in: transaction)
            let others = try BatchTable(transaction).unfinished(
                of: record.organisation,
                at: now,
                limit: Self.mostOthers
            )
            .filter { $0.authorization.edgeHSM == batch.edgeHSM && $0.authorization.product == batch.product }
            return try BatchProgress(
                batch,
                BatchReconciliation(record, in: transaction),
                IssueRate(batch, issued, at: now),
                isFollowed: batch.isFollowed(in: Self.messages(others, in: transaction), at: now),
                at: now
            )
        }
    }

    // MARK: - Records and messages

    /// The batch, or what one that does not exist gets.
    static func visible(
        _ id: BatchID,
        to odm: OrganisationID?,
        in transaction: any SQLTransaction
    ) throws -> BatchRecord {
        guard let batch = try BatchTable(transaction).batch(id), odm == nil || batch.organisation == odm else {
            throw Refusal(PortalError.unknownObject)
        }
        return batch
    }

    static func message(_ batch: BatchRecord, in transaction: any SQLTransaction) throws -> Batch {
        guard let message = try messages([batch], in: transaction).first else {
            throw Refusal(PortalError.unknownObject)
        }
        return message
    }

    /// In the same order; what stands beside the batches is asked for once for all of them.
    static func messages(_ batches: [BatchRecord], in transaction: any SQLTransaction) throws -> [Batch] {
        let statements = batches.map(\.statement)
        let facts = try BatchFacts(transaction).facts(
            batches.map { ($0.statement, $0.authorization.edgeHSM) }
        )
        let packages = try PackageTable(transaction).packages(statements)
        let tasks = try PackageTable(transaction).tasks(statements.filter { packages[$0] == nil })
        let withdrawals = try WithdrawalTable(transaction).withdrawals(statements)
        let logs = JournalLogs(transaction)
        let halted = try Set(batches.map(\.authorization.edgeHSM)).reduce(into: [EdgeHSMID: String]()) { found, edge in
            found[edge] = try logs.current(of: edge)?.halted?.rawValue
        }
        return try batches.compactMap { batch in
            try facts[batch.statement].map { fact in
                try message(
                    batch,
                    fact,
                    halted: halted[batch.authorization.edgeHSM],
                    package: packages[batch.statement],
                    task: tasks[batch.statement],
                    withdrawals: withdrawals[batch.statement] ?? [],
                    deliveredAt: HandOverTable(transaction).time(
                        SyncRoutes.packageOperation,
                        batch.statement.hex,
                        to: batch.authorization.factory.text
                    )
                )
            }
        }
    }

    private static func message(
        _ batch: BatchRecord,
        _ fact: BatchFacts.Fact,
        halted: String?,
        package: PackageRecord?,
        task: PackageTask?,
        withdrawals: [WithdrawalRecord],
        deliveredAt: Instant?
    ) throws -> Batch {
        let state: BatchState =
            if fact.isOver { .ended } else if !withdrawals.isEmpty { .ending } else if !fact.accounts.isEmpty {
                .loaded
            } else if package != nil { .packaged } else { .granted }
        return try Batch(
            id: batch.id,
            version: batch.version,
            organisation: batch.organisation,
            authorization: batch.statement,
            content: batch.authorization,
            state: state,
            // A tail that was lost has used what it says, too.
            begun: fact.accounts.map { $0.issued + $0.burned }.max(),
            edgeHalted: halted,
            package: package.map {
                BatchPackage(digest: $0.digest, size: $0.size, madeAt: $0.madeAt, deliveredAt: deliveredAt)
            },
            failure: task.flatMap { task in
                task.failure.map {
                    PackageFailure(
                        code: $0,
                        attempts: task.attempts,
                        nextAt: task.givenUpAt == nil ? task.nextAt : nil,
                        givenUpAt: task.givenUpAt
                    )
                }
            },
            withdrawals: withdrawals.map {
                BatchWithdrawal(
                    kind: $0.kind == .revoke ? .revoke : .close,
                    person: $0.askedBy,
                    at: $0.askedAt,
                    reason: try Remark($0.reason)
                )
            },
            createdBy: batch.createdBy,
            createdAt: batch.createdAt
        )
    }
}

extension BatchReconciliation {
    init(_ batch: BatchRecord, in transaction: any SQLTransaction) throws {
        self.init(
            try JournalRecords(transaction).reconciliation(
                of: batch.statement,
                at: batch.authorization.edgeHSM,
                granted: batch.authorization.quantity
            )
        )
    }

    init(_ found: Reconciliation) {
        self.init(
            granted: found.granted,
            issued: found.issued,
            burned: found.burned,
            returned: found.returned,
            remaining: found.remaining,
            unaccounted: found.unaccounted,
            isLoaded: found.isLoaded,
            isClosed: found.isClosed
        )
    }
}
