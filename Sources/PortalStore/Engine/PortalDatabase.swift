/// Where the portal keeps what it knows. SQLite in the process by default; the shape fits any SQL database with
/// serializable transactions.
public protocol PortalDatabase: Sendable {
    /// Looks things up in one consistent snapshot, beside a write that is under way.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value

    /// Looks things up between two writes, where what the newest of them left is at hand. For what a write will need;
    /// people's questions go beside.
    func readNewest<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value

    /// Changes things in one transaction, after every write before it. Returns when the change is durable; throws, and
    /// has changed nothing, when `body` throws.
    ///
    /// - Parameter name: what the fault seam calls this write: `portal.NAME.before-commit` and
    ///   `portal.NAME.after-commit`.
    @discardableResult
    func write<Value: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value

    /// Ends all connections. Nothing may be read or written afterwards.
    func close() throws
}

/// One transaction, valid inside the closure that it was given to.
///
/// A statement that fails ends the transaction: nothing of it is kept, even where the error is caught. What may be there
/// already is said with `ON CONFLICT`, never found out by an error.
public protocol SQLTransaction {
    /// Runs one statement and returns how many rows it inserted, changed or removed. Throws `portal.store.*`.
    @discardableResult
    func execute(_ sql: SQLText, _ arguments: [SQLValue]) throws -> Int

    /// Runs one statement for each of many rows. Throws `portal.store.*`.
    ///
    /// - Parameter fill: adds the arguments of a row, in the order of the statement's placeholders.
    func execute(_ sql: SQLText, rows: Int, _ fill: (Int, inout SQLArguments) throws -> Void) throws

    /// Runs one query. Throws `portal.store.*`; `portal.store.too-many-rows` beyond `SQLRow.mostRows`.
    func rows(_ sql: SQLText, _ arguments: [SQLValue]) throws -> [SQLRow]
}

extension SQLTransaction {
    @discardableResult
    public func execute(_ sql: SQLText) throws -> Int { try execute(sql, []) }

    public func rows(_ sql: SQLText) throws -> [SQLRow] { try rows(sql, []) }

    /// The first row, for a query that has one at most.
    public func row(_ sql: SQLText, _ arguments: [SQLValue]) throws -> SQLRow? { try rows(sql, arguments).first }
}
