/// Where something is worked out before its transaction: every statement throws `Needed`.
public struct NoTransaction: SQLTransaction {
    /// It can be worked out within a transaction only.
    public struct Needed: Error { public init() {} }

    public init() {}
    public func execute(_ sql: SQLText, _ arguments: [SQLValue]) throws -> Int { throw Needed() }
    public func execute(_ sql: SQLText, rows: Int, _ fill: (Int, inout SQLArguments) throws -> Void) throws {
        throw Needed()
    }
    public func rows(_ sql: SQLText, _ arguments: [SQLValue]) throws -> [SQLRow] { throw Needed() }
}
