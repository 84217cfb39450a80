import Synchronization
import Vocabulary

/// The SQL that SQLite and PostgreSQL understand alike. Every statement is held against it before it runs, so a portal
/// on another database needs no other statements.
///
/// Columns are BIGINT, TEXT or BLOB (PostgreSQL: `CREATE DOMAIN blob AS bytea`); placeholders are `?`; ids and times are
/// made by the program.
public enum SharedSubset {
    /// Throws `portal.store.statement` with the first thing that is outside.
    public static func check(_ sql: SQLText) throws {
        func refuse(_ what: String) -> Refusal {
            Refusal(PortalStoreError.statement, "\(what): \(sql.text.prefix(200))")
        }
        let tokens = try tokens(of: sql.text, refuse)
        if let word = tokens.first(where: forbidden.contains) { throw refuse(word) }
        for (first, second) in zip(tokens, tokens.dropFirst()) {
            if forbiddenPairs.contains([first, second]) { throw refuse("\(first) \(second)") }
            if second == "(" && forbiddenCalls.contains(first) { throw refuse("\(first)()") }
        }
        try checkCalls(tokens, refuse)
        if tokens.starts(with: ["CREATE", "TABLE"]) { try checkColumns(tokens, refuse) }
    }

    /// Remembers what it has found good.
    final class Checker: Sendable {
        private let known = Mutex<Set<SQLText>>([])

        func check(_ sql: SQLText) throws {
            if known.withLock({ $0.contains(sql) }) { return }
            try SharedSubset.check(sql)
            known.withLock { _ = $0.insert(sql) }
        }
    }

    /// What one of the two does not have, or understands otherwise: LIKE and COLLATE differ in case, TRUE in type.
    private static let forbidden: Set<String> = [
        "AUTOINCREMENT", "ROWID", "OID", "_ROWID_", "PRAGMA", "STRICT", "WITHOUT", "GLOB", "REGEXP", "ILIKE", "LIKE",
        "COLLATE", "CURRENT_TIMESTAMP", "INTEGER", "INT", "SMALLINT", "REAL", "DOUBLE", "FLOAT", "NUMERIC", "VARCHAR",
        "BOOLEAN", "BYTEA", "TIMESTAMP", "TRUE", "FALSE", "INDEXED", "VACUUM", "ATTACH", "UNLOGGED", "CONCURRENTLY",
    ]

    /// The same for functions, whose names may be columns too.
    private static let forbiddenCalls: Set<String> = [
        "REPLACE", "IFNULL", "TYPEOF", "JSON", "JSON_EXTRACT", "STRFTIME", "DATE", "DATETIME", "JULIANDAY", "NOW",
        "CHAR",
        "AVG", "TOTAL", "GROUP_CONCAT", "STRING_AGG", "RANDOM", "LAST_INSERT_ROWID", "CHANGES", "GREATEST", "LEAST",
        "HEX",
        "UNHEX", "ENCODE", "SUBSTR", "INSTR", "LOWER", "UPPER",
    ]

    /// Pairs of words: a yes or no is a number in SQLite and a type of its own in PostgreSQL.
    private static let forbiddenPairs: Set<[String]> = [["INSERT", "OR"], ["REPLACE", "INTO"], ["SELECT", "EXISTS"]]

    /// Words that PostgreSQL takes for its own wherever a column's name could stand.
    private static let reserved: Set<String> = [
        "ALL", "ANALYSE", "AND", "ANY", "ARRAY", "AS", "ASC", "ASYMMETRIC", "AUTHORIZATION", "BINARY", "BOTH", "CASE",
        "CAST", "COLUMN", "CREATE", "CROSS", "CURRENT_DATE", "CURRENT_ROLE", "CURRENT_TIME", "CURRENT_USER", "DEFAULT",
        "DEFERRABLE", "DESC", "DISTINCT", "DO", "ELSE", "END", "EXCEPT", "FETCH", "FOR", "FREEZE", "FROM", "FULL",
        "GRANT",
        "GROUP", "HAVING", "IN", "INITIALLY", "INNER", "INTERSECT", "INTO", "IS", "ISNULL", "JOIN", "LATERAL",
        "LEADING",
        "LEFT", "LIMIT", "NATURAL", "NOT", "NOTNULL", "NULL", "OFFSET", "ON", "ONLY", "OR", "ORDER", "OUTER",
        "OVERLAPS",
        "PLACING", "REFERENCES", "RETURNING", "RIGHT", "SELECT", "SESSION_USER", "SIMILAR", "SOME", "SYMMETRIC",
        "TABLE",
        "THEN", "TO", "TRAILING", "UNION", "USER", "USING", "VARIADIC", "VERBOSE", "WHEN", "WHERE", "WINDOW", "WITH",
    ]

    private static let types: Set<String> = ["BIGINT", "TEXT", "BLOB"]
    private static let tableRules: Set<String> = ["PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"]

    /// Upper-case words and single signs; quoted text becomes `'`.
    private static func tokens(of text: String, _ refuse: (String) -> Refusal) throws -> [String] {
        var tokens: [String] = []
        var characters = Substring(text)
        while let character = characters.first {
            if character.isLetter || character == "_" || character.isNumber {
                let word = characters.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                characters = characters.dropFirst(word.count)
                if tokens.last == "?" && character.isNumber { throw refuse("numbered placeholder") }
                if word.uppercased() == "X" && characters.first == "'" { throw refuse("blob literal") }
                tokens.append(word.uppercased())
                continue
            }
            characters = characters.dropFirst()
            switch character {
            case "'":
                characters = characters.drop { $0 != "'" }.dropFirst()
                tokens.append("'")
            case " ", "\n", "\t": continue
            case "(", ")", ",", ".", "?", "*", "+", "-", "/", "|", "<", ">": tokens.append(String(character))
            case "=":
                if tokens.last == "=" { throw refuse("==") }
                tokens.append("=")
            default: throw refuse("character \(character)")
            }
            if tokens.suffix(2) == ["-", "-"] || tokens.suffix(2) == ["-", ">"] || tokens.suffix(2) == ["/", "*"] {
                throw refuse("comment or operator")
            }
        }
        return tokens
    }

    /// A sum is NUMERIC in PostgreSQL unless it is cast; max and min of several values are not the same function.
    private static func checkCalls(_ tokens: [String], _ refuse: (String) -> Refusal) throws {
        var open: [String] = []
        for (index, token) in tokens.enumerated() {
            switch token {
            case "(": open.append(index > 0 ? tokens[index - 1] : "")
            case ")": open = open.dropLast()
            case ",":
                if let call = open.last, ["MAX", "MIN"].contains(call) { throw refuse("\(call) of several values") }
            case "SUM":
                if !open.contains("CAST") { throw refuse("SUM without CAST(… AS BIGINT)") }
            default: continue
            }
        }
    }

    private static func checkColumns(_ tokens: [String], _ refuse: (String) -> Refusal) throws {
        var depth = 0
        for (index, token) in tokens.enumerated() {
            if token == "(" { depth += 1 }
            if token == ")" { depth -= 1 }
            guard depth == 1, token == "(" || token == ",", index + 2 < tokens.count else { continue }
            let (name, type) = (tokens[index + 1], tokens[index + 2])
            if tableRules.contains(name) { continue }
            if reserved.contains(name) { throw refuse("column name \(name.lowercased())") }
            if !types.contains(type) { throw refuse("column type \(type)") }
        }
    }
}
