/// One INSERT for many rows, one after the other: compiled once, and none is so long that SQLite would keep a copy of
/// every page that it changes until its end.
struct RowInsert: Sendable {
    private let columns: Int
    private let sql: SQLText

    /// - Parameters:
    ///   - into: table with its columns in parentheses.
    ///   - then: what follows the values, such as `ON CONFLICT …`.
    init(_ into: SQLText, columns: Int, then: SQLText = "") {
        self.columns = columns
        sql = "INSERT INTO \(into) VALUES (\(SQLText.placeholders(columns))) \(then)"
    }

    /// - Parameter fill: adds a row's values, in the order of the columns.
    func run(_ rows: Int, in transaction: any SQLTransaction, _ fill: (Int, inout SQLArguments) -> Void) throws {
        try transaction.execute(sql, rows: rows, fill)
    }

    /// `values` holds the rows' values one after the other.
    func run(_ values: [SQLValue], in transaction: any SQLTransaction) throws {
        try run(values.count / columns, in: transaction) { row, arguments in
            for value in values[row * columns..<(row + 1) * columns] { arguments.add(value) }
        }
    }
}

/// A query for many keys at a time.
struct KeyQuery: Sendable {
    /// Keys of one query; a shorter list is filled up, so that the statement stays the same.
    static let most = 64
    private let sql: SQLText

    /// - Parameter select: the query up to `IN`.
    init(_ select: SQLText, then: SQLText = "") {
        let marks = Array(repeating: "?", count: Self.most).joined(separator: ",")
        sql = SQLText(trusted: "\(select.text) IN (\(marks)) \(then.text)")
    }

    /// - Parameters:
    ///   - first: arguments before the keys.
    ///   - most: nothing more is asked for once there are so many.
    func rows(
        _ keys: [SQLValue],
        first: [SQLValue] = [],
        most: Int = .max,
        in transaction: any SQLTransaction
    ) throws -> [SQLRow] {
        var found: [SQLRow] = []
        for start in stride(from: 0, to: keys.count, by: Self.most) where found.count < most {
            var part = Array(keys[start..<min(start + Self.most, keys.count)])
            if let last = part.last { part += Array(repeating: last, count: Self.most - part.count) }
            found += try transaction.rows(sql, first + part)
        }
        return found
    }
}
