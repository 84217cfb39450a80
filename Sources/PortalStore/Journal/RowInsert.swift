/// One INSERT for many rows at a time: what a statement costs by itself is paid once for 32 rows.
struct RowInsert: Sendable {
    private static let most = 32
    private let columns: Int
    /// For 32, 16, 8, 4, 2 rows and one.
    private let statements: [(rows: Int, sql: SQLText)]

    /// - Parameters:
    ///   - into: table with its columns in parentheses.
    ///   - then: what follows the values, such as `ON CONFLICT …`.
    init(_ into: SQLText, columns: Int, then: SQLText = "") {
        self.columns = columns
        let row = "(" + Array(repeating: "?", count: columns).joined(separator: ",") + ")"
        statements = [32, 16, 8, 4, 2, 1].map { rows in
            let values = Array(repeating: row, count: rows).joined(separator: ",")
            return (rows, SQLText(trusted: "INSERT INTO \(into.text) VALUES \(values) \(then.text)"))
        }
    }

    /// `values` holds the rows' values one after the other.
    func run(_ values: [SQLValue], in transaction: any SQLTransaction) throws {
        var rest = values[...]
        for (rows, sql) in statements {
            while rest.count >= rows * columns {
                try transaction.execute(sql, Array(rest.prefix(rows * columns)))
                rest = rest.dropFirst(rows * columns)
            }
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

    /// - Parameter first: arguments before the keys.
    func rows(_ keys: [SQLValue], first: [SQLValue] = [], in transaction: any SQLTransaction) throws -> [SQLRow] {
        var found: [SQLRow] = []
        for start in stride(from: 0, to: keys.count, by: Self.most) {
            var part = Array(keys[start..<min(start + Self.most, keys.count)])
            if let last = part.last { part += Array(repeating: last, count: Self.most - part.count) }
            found += try transaction.rows(sql, first + part)
        }
        return found
    }
}
