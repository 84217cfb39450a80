import PortalCore
public import PortalProtocol
import Statements
public import Vocabulary

/// Batches and what was granted with them.
public struct BatchTable {
    private let transaction: any SQLTransaction
    public init(_ transaction: any SQLTransaction) { self.transaction = transaction }

    /// Throws `portal.store.conflict` for a name, a serial range or an authorization that is there.
    public func insert(_ batch: BatchRecord) throws {
        let content = batch.authorization
        try transaction.execute(
            """
            INSERT INTO batch (id, statement, product, version, name, edge, factory, organisation, approval, quantity,
                serials_first, not_after, payload, created_by, created_at, credited, settled, revision)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 1)
            """,
            [
                .name(batch.id), .fixed(batch.statement), .name(content.product), .name(batch.version),
                .name(content.batch), .name(content.edgeHSM), .name(content.factory), .name(batch.organisation),
                .fixed(content.approval), .number(content.quantity), .number(content.serials.first),
                .time(content.notAfter), .blob(batch.payload), .name(batch.createdBy), .time(batch.createdAt),
            ]
        )
    }

    public func batch(_ id: BatchID) throws -> BatchRecord? {
        try transaction.row("SELECT * FROM batch WHERE id = ?", [.name(id)]).map(BatchRecord.init)
    }

    /// - Parameter statement: id of the authorization.
    public func batch(statement: Digest256) throws -> BatchRecord? {
        try transaction.row("SELECT * FROM batch WHERE statement = ?", [.fixed(statement)]).map(BatchRecord.init)
    }

    private static let known = KeyQuery("SELECT statement FROM batch WHERE statement")

    /// Those of these authorizations that are batches of the portal's.
    public func known(_ statements: [Digest256]) throws -> Set<Digest256> {
        Set(try Self.known.rows(statements.map { .fixed($0) }, in: transaction).map { try $0.fixed("statement") })
    }

    /// Something beside the batch's own row changed: its new revision.
    public func noteChange(_ batch: BatchRecord) throws -> Int {
        try transaction.execute("UPDATE batch SET revision = revision + 1 WHERE id = ?", [.name(batch.id)])
        return batch.revision + 1
    }

    /// By this ODM: another's names are not there for it.
    public func isNameTaken(_ name: BatchName, of product: ProductName, by odm: OrganisationID) throws -> Bool {
        try transaction.row(
            "SELECT id FROM batch WHERE product = ? AND organisation = ? AND name = ?",
            [.name(product), .name(odm), .name(name)]
        ) != nil
    }

    /// Newest first, before `before`; of one ODM, product and factory, or all.
    ///
    /// - Parameter standing: and by what time. Those that run, wait or are blocked are not told apart here: they have units
    ///   left, and their window has not passed.
    public func page(
        of organisation: OrganisationID?,
        product: ProductName? = nil,
        factory: FactoryID? = nil,
        standing: (is: BatchGroup, at: Instant)? = nil,
        before: (createdAt: Instant, id: BatchID)?,
        limit: Int
    ) throws -> [BatchRecord] {
        // The first bound is where the index is entered; the second leaves out what was listed of the same second.
        var condition: SQLText = "created_at <= ? AND (created_at < ? OR id < ?)"
        let start = before?.createdAt ?? Instant(seconds: .max)
        var arguments: [SQLValue] = [.time(start), .time(start), .text(before?.id.text ?? "")]
        if let organisation {
            condition = "\(condition) AND organisation = ?"
            arguments.append(.name(organisation))
        }
        if let product {
            condition = "\(condition) AND product = ?"
            arguments.append(.name(product))
        }
        if let factory {
            condition = "\(condition) AND factory = ?"
            arguments.append(.name(factory))
        }
        if let standing {
            let (more, values) = Self.condition(of: standing.is, at: standing.at)
            condition = "\(condition) AND \(more)"
            arguments += values
        }
        return try transaction.rows(
            "SELECT * FROM batch b WHERE \(condition) ORDER BY created_at DESC, id DESC LIMIT ?",
            arguments + [.number(limit)]
        ).map(BatchRecord.init)
    }

    /// Batches of one EdgeHSM that its journal has not closed yet, oldest first.
    public func open(at edge: EdgeHSMID) throws -> [BatchRecord] {
        try transaction.rows(
            "SELECT * FROM batch WHERE edge = ? AND settled = 0 ORDER BY created_at, id LIMIT 10000",
            [.name(edge)]
        ).map(BatchRecord.init)
    }

    private static let isUsedUp: SQLText = """
        EXISTS (SELECT 1 FROM journal_batches j JOIN journal_logs l ON l.log = j.log
            WHERE j.batch = b.statement AND l.edge = b.edge AND j.issued + j.burned >= b.quantity)
        """
    private static let isClosed: SQLText = """
        (EXISTS (SELECT 1 FROM journal_batches j JOIN journal_logs l ON l.log = j.log
            WHERE j.batch = b.statement AND l.edge = b.edge AND j.closed = 1 AND l.stage <> 'superseded')
        OR EXISTS (SELECT 1 FROM journal_voids v JOIN journal_logs l ON l.log = v.log
            WHERE v.batch = b.statement AND l.edge = b.edge AND l.stage <> 'superseded'))
        """

    private static func condition(of standing: BatchGroup, at now: Instant) -> (SQLText, [SQLValue]) {
        switch standing {
        case .running, .waiting, .blocked: ("b.settled = 0 AND b.not_after >= ? AND NOT \(isUsedUp)", [.time(now)])
        case .usedUp: ("b.settled = 0 AND \(isUsedUp) AND NOT \(isClosed)", [])
        case .over: ("b.settled = 0 AND b.not_after < ? AND NOT \(isUsedUp) AND NOT \(isClosed)", [.time(now)])
        case .ended: ("(b.settled = 1 OR \(isClosed))", [])
        }
    }

    /// Batches that have units left and whose window has not passed, newest first; of one ODM, or all.
    public func unfinished(of organisation: OrganisationID?, at now: Instant, limit: Int) throws -> [BatchRecord] {
        let (condition, arguments) = Self.open(of: organisation)
        return try transaction.rows(
            """
            SELECT b.* FROM batch b WHERE \(condition) AND b.not_after >= ? AND NOT \(Self.isUsedUp)
            ORDER BY b.created_at DESC, b.id DESC LIMIT ?
            """,
            arguments + [.time(now), .number(limit)]
        ).map(BatchRecord.init)
    }

    /// How many are not closed and begin no unit any more: their units are used up, or their window has passed.
    public func finished(of organisation: OrganisationID?, at now: Instant) throws -> (usedUp: Int, over: Int) {
        let (condition, arguments) = Self.open(of: organisation)
        func count(_ more: SQLText, _ values: [SQLValue]) throws -> Int {
            try transaction.row(
                "SELECT count(*) AS amount FROM batch b WHERE \(condition) AND \(more) AND NOT \(Self.isClosed)",
                arguments + values
            )?.number("amount") ?? 0
        }
        return (
            try count(Self.isUsedUp, []), try count("b.not_after < ? AND NOT \(Self.isUsedUp)", [.time(now)])
        )
    }

    /// As far as was settled.
    private static func open(of organisation: OrganisationID?) -> (SQLText, [SQLValue]) {
        guard let organisation else { return ("b.settled = 0", []) }
        return ("b.settled = 0 AND b.organisation = ?", [.name(organisation)])
    }

    /// Batches that an EdgeHSM holds open or may still load: loaded and not closed, or not loaded and not too late.
    public func countOpen(at edge: EdgeHSMID, now: Instant) throws -> Int {
        try transaction.row(
            """
            SELECT count(*) AS amount FROM batch b WHERE b.edge = ? AND b.settled = 0
            AND (b.not_after >= ? OR EXISTS (
                SELECT 1 FROM journal_batches j JOIN journal_logs l ON l.log = j.log
                WHERE j.batch = b.statement AND l.edge = b.edge))
            AND NOT EXISTS (
                SELECT 1 FROM journal_batches j JOIN journal_logs l ON l.log = j.log
                WHERE j.batch = b.statement AND l.edge = b.edge AND j.closed = 1 AND l.stage <> 'superseded')
            AND NOT EXISTS (
                SELECT 1 FROM journal_voids v JOIN journal_logs l ON l.log = v.log
                WHERE v.batch = b.statement AND l.edge = b.edge AND l.stage <> 'superseded')
            """,
            [.name(edge), .time(now)]
        )?.number("amount") ?? 0
    }

    /// Where and under what batches are open whose window has not passed, each once.
    public func grounds(
        at now: Instant
    ) throws -> [(edgeHSM: EdgeHSMID, product: ProductName, approval: Digest256)] {
        try transaction.rows(
            "SELECT DISTINCT edge, product, approval FROM batch WHERE settled = 0 AND not_after >= ? ORDER BY edge LIMIT 10000",
            [.time(now)]
        ).map { (try $0.name("edge"), try $0.name("product"), try $0.fixed("approval")) }
    }

    /// When the oldest batch was granted that is open and whose window has not passed, by EdgeHSM.
    public func firstOpen(at now: Instant) throws -> [EdgeHSMID: Instant] {
        let rows = try transaction.rows(
            "SELECT edge, min(created_at) AS since FROM batch WHERE settled = 0 AND not_after >= ? GROUP BY edge LIMIT 10000",
            [.time(now)]
        ).map { (try $0.name("edge", as: EdgeHSMID.self), try $0.time("since")) }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    // MARK: - Totals

    /// Units granted and not returned, by EdgeHSM; what journals have closed since is credited first.
    public func granted(_ product: ProductName) throws -> [EdgeHSMID: Int] {
        try settle(product)
        return try standing(product)
    }

    /// The same without writing: for a look, not for a grant. With what journals say was loaded and is not known here: it
    /// is made or may be made, whoever granted it.
    public func standing(_ product: ProductName) throws -> [EdgeHSMID: Int] {
        let rows = try transaction.rows(
            """
            SELECT edge, CAST(sum(quantity - credited) AS BIGINT) AS units FROM batch WHERE product = ? GROUP BY edge
            """,
            [.name(product)]
        )
        var units = try Dictionary(
            rows.map { (try $0.name("edge") as EdgeHSMID, try $0.number("units")) },
            uniquingKeysWith: { first, _ in first }
        )
        for credit in try credits(product) { units[credit.edge, default: 0] -= credit.units }
        for batch in try JournalBatches(transaction).unknown(product) { units[batch.edge, default: 0] += batch.units }
        return units
    }

    /// The number after the last serial of the ODM's newest batch of the product; nil before its first.
    public func serialsUsed(_ product: ProductName, by odm: OrganisationID) throws -> Int? {
        try transaction.row(
            """
            SELECT serials_first + quantity AS used FROM batch WHERE product = ? AND organisation = ?
            ORDER BY created_at DESC, serials_first DESC LIMIT 1
            """,
            [.name(product), .name(odm)]
        )?.number("used")
    }

    /// Whether no batch of the product, of any ODM, has a serial among these, and none that a journal says was loaded and
    /// that this database does not know.
    public func areFree(_ numbers: Range<Int>, of product: ProductName) throws -> Bool {
        // Batches' numbers never overlap, so the last one that begins before the end says it.
        let before = try transaction.row(
            """
            SELECT serials_first + quantity AS used FROM batch WHERE product = ? AND serials_first < ?
            ORDER BY serials_first DESC LIMIT 1
            """,
            [.name(product), .number(numbers.upperBound)]
        )
        guard try (before?.number("used") ?? 0) <= numbers.lowerBound else { return false }
        return try JournalBatches(transaction).unknown(product).allSatisfy { !$0.serials.overlaps(numbers) }
    }

    /// A tail was lost: what it gave back is granted again, unless the journal that goes on says it too. What was granted
    /// on it meanwhile stays granted, and no more is until the sums fit.
    public func unsettle(_ edge: EdgeHSMID) throws {
        let rows = try transaction.rows(
            "SELECT statement FROM batch WHERE edge = ? AND settled = 1 ORDER BY statement LIMIT 100000",
            [.name(edge)]
        )
        let facts = BatchFacts(transaction)
        for row in rows {
            let statement = try row.fixed("statement", as: Digest256.self)
            guard try !facts.fact(statement, edge: edge).isOver else { continue }
            try transaction.execute(
                "UPDATE batch SET credited = 0, settled = 0, revision = revision + 1 WHERE statement = ?",
                [.fixed(statement)]
            )
        }
    }

    /// Credits what journals say of the product's open batches. Returns how many were settled.
    @discardableResult
    public func settle(_ product: ProductName) throws -> Int {
        var settled = 0
        for credit in try credits(product) {
            settled += try transaction.execute(
                "UPDATE batch SET credited = ?, settled = 1, revision = revision + 1 WHERE statement = ?",
                [.number(credit.units), .fixed(credit.statement)]
            )
        }
        return settled
    }

    /// Units that journals give back and that are not credited yet.
    private func credits(_ product: ProductName) throws -> [(statement: Digest256, edge: EdgeHSMID, units: Int)] {
        let rows = try transaction.rows(
            "SELECT statement, edge, quantity FROM batch WHERE product = ? AND settled = 0 ORDER BY statement",
            [.name(product)]
        )
        let facts = try BatchFacts(transaction).facts(
            rows.map { (try $0.fixed("statement"), try $0.name("edge")) }
        )
        return try rows.compactMap { row in
            let (statement, edge): (Digest256, EdgeHSMID) = (try row.fixed("statement"), try row.name("edge"))
            guard let fact = facts[statement] else { return nil }
            let units = UnitCredit.units(
                quantity: try row.number("quantity"),
                accounts: fact.accounts,
                isVoid: fact.isVoid
            )
            guard !fact.isLost, let units else { return nil }
            return (statement, edge, units)
        }
    }
}
