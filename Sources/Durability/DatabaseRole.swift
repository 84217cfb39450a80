public import GRDB

/// What a database is for, written into its header so that no program takes another's file for its own.
public struct DatabaseRole: Sendable, Hashable {
    /// SQLite's application id (`PRAGMA application_id`), never 0.
    public let applicationID: Int32

    /// - Parameter mark: four ASCII characters that are the application id, such as `OEJR`.
    public init(mark: StaticString) {
        let bytes = mark.withUTF8Buffer { Array($0.prefix(4)) }
        applicationID = bytes.reduce(0) { ($0 << 8) | Int32($1 & 0x7f) }
    }
}

/// One step of a schema. Steps are numbered from 1 by their place in the list, run once each in a transaction of
/// their own together with the new `user_version`, and never change once they are released.
public struct Migration: Sendable {
    let apply: @Sendable (Database) throws -> Void

    public init(_ apply: @escaping @Sendable (Database) throws -> Void) { self.apply = apply }

    /// A step in SQL alone.
    public init(sql: String) { self.init { try $0.execute(sql: sql) } }
}
