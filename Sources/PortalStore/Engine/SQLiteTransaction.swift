import GRDB
import Vocabulary

/// A transaction on one SQLite connection.
final class SQLiteTransaction: SQLTransaction {
    private var database: Database?
    private let subset: SharedSubset.Checker
    private let work: StatementWork
    /// What the first failed statement said; after it the transaction can only be given up, as in PostgreSQL.
    private(set) var failure: (any Error)?
    private var arguments = SQLArguments()

    init(_ database: Database, subset: SharedSubset.Checker, work: StatementWork) {
        self.database = database
        self.subset = subset
        self.work = work
    }

    /// Nothing may run in it afterwards.
    func end() { database = nil }

    func execute(_ sql: SQLText, _ arguments: [SQLValue]) throws -> Int {
        try run(sql) { database, statement in
            try SQLiteCall(statement).run(filled(with: arguments))
            return database.changesCount
        }
    }

    func execute(_ sql: SQLText, rows: Int, _ fill: (Int, inout SQLArguments) throws -> Void) throws {
        guard rows > 0 else { return }
        try run(sql) { _, statement in
            let call = SQLiteCall(statement)
            for row in 0..<rows {
                arguments.removeAll()
                try fill(row, &arguments)
                try call.run(arguments)
            }
        }
    }

    func rows(_ sql: SQLText, _ arguments: [SQLValue]) throws -> [SQLRow] {
        try run(sql) { _, statement in
            var rows: [SQLRow] = []
            var known: SQLRow.Columns?
            try SQLiteCall(statement).run(filled(with: arguments)) { row in
                let columns = known ?? SQLRow.Columns(statement.columnNames)
                known = columns
                guard rows.count < SQLRow.mostRows else { throw Refusal(PortalStoreError.tooManyRows) }
                rows.append(SQLRow(columns: columns, values: try (0..<row.columnCount).map(row.value)))
            }
            return rows
        }
    }

    private func filled(with values: [SQLValue]) -> SQLArguments {
        arguments.removeAll()
        for value in values { arguments.add(value) }
        return arguments
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
            let value = try body(database, statement)
            work.note(sql) { SQLiteCall(statement).takeSteps() }
            return value
        } catch {
            let error = (error as? DatabaseError).map(Self.refusal) ?? error
            failure = error
            throw error
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
