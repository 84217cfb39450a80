import FoundationEssentials
import GRDB
import Vocabulary

/// A transaction on one SQLite connection.
final class SQLiteTransaction: SQLTransaction {
    private var database: Database?
    private let subset: SharedSubset.Checker
    /// What the first failed statement said; after it the transaction can only be given up, as in PostgreSQL.
    private(set) var failure: (any Error)?

    init(_ database: Database, subset: SharedSubset.Checker) {
        self.database = database
        self.subset = subset
    }

    /// Nothing may run in it afterwards.
    func end() { database = nil }

    func execute(_ sql: SQLText, _ arguments: [SQLValue]) throws -> Int {
        try run(sql) { database, statement in
            try SQLiteWrite(statement).execute(arguments)
            return database.changesCount
        }
    }

    func rows(_ sql: SQLText, _ arguments: [SQLValue]) throws -> [SQLRow] {
        try run(sql) { _, statement in
            try statement.setArguments(StatementArguments(arguments.map(Self.databaseValue)))
            let columns = SQLRow.Columns(statement.columnNames)
            let cursor = try Row.fetchCursor(statement)
            var rows: [SQLRow] = []
            while let row = try cursor.next() {
                guard rows.count < SQLRow.mostRows else { throw Refusal(PortalStoreError.tooManyRows) }
                rows.append(SQLRow(columns: columns, values: try columns.names.indices.map { try Self.value(row, $0) }))
            }
            return rows
        }
    }

    private func run<Value>(
        _ sql: SQLText,
        _ body: (Database, Statement) throws -> Value
    ) throws -> Value {
        guard let database, failure == nil else { throw Refusal(PortalStoreError.ended) }
        do {
            try subset.check(sql)
            let statement = try database.cachedStatement(sql: sql.text)
            StatementTrace.note(sql)
            return try body(database, statement)
        } catch {
            let error = (error as? DatabaseError).map(Self.refusal) ?? error
            failure = error
            throw error
        }
    }

    private static func databaseValue(_ value: SQLValue) -> DatabaseValue {
        switch value {
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .blob(let bytes): Data(bytes).databaseValue
        case .null: .null
        }
    }

    private static func value(_ row: Row, _ index: Int) throws -> SQLValue {
        let value: DatabaseValue = row[index]
        switch value.storage {
        case .int64(let number): return .integer(number)
        case .string(let text): return .text(text)
        case .blob(let data): return .blob(Array(data))
        case .null: return .null
        case .double: throw Refusal(PortalStoreError.type, "a floating-point number in column \(index)")
        }
    }

    /// Never with the statement's arguments: they may be anybody's data.
    static func refusal(_ error: DatabaseError) -> Refusal {
        let message = "SQLite \(error.extendedResultCode.rawValue): \((error.message ?? "").prefix(200))"
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY:
            return Refusal(PortalStoreError.conflict, message)
        case .SQLITE_CONSTRAINT_FOREIGNKEY: return Refusal(PortalStoreError.reference, message)
        case .SQLITE_CONSTRAINT_CHECK, .SQLITE_CONSTRAINT_NOTNULL:
            return Refusal(PortalStoreError.rejected, message)
        default: return Refusal(PortalStoreError.failed, message)
        }
    }
}
