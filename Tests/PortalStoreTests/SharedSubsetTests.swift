import Testing
import Vocabulary

@testable import PortalStore

@Suite struct SharedSubsetTests {
    @Test(
        arguments: [
            "CREATE TABLE a (id TEXT NOT NULL PRIMARY KEY, serial TEXT, total BIGINT NOT NULL, UNIQUE (serial, total))",
            "CREATE UNIQUE INDEX a_b ON a (b) WHERE b IS NOT NULL",
            "INSERT INTO a (b) VALUES (?) ON CONFLICT (b) DO UPDATE SET c = a.c + excluded.c",
            "SELECT CAST(coalesce(sum(a), 0) AS BIGINT) AS total FROM b WHERE c > ? ORDER BY c, d LIMIT ?",
            "SELECT a FROM b WHERE NOT EXISTS (SELECT 1 FROM c WHERE d = 'PRAGMA ; \"')",
            "SELECT max(a) FROM b",
        ] as [SQLText]
    ) func bothUnderstand(_ sql: SQLText) throws { try SharedSubset.check(sql) }

    @Test(
        arguments: [
            "PRAGMA foreign_keys = OFF", "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)",
            "CREATE TABLE a (id TEXT) STRICT", "CREATE TABLE a (id TEXT PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE a (id REAL)", "CREATE TABLE a (id)", "CREATE TABLE a (id TEXT, authorization BLOB)",
            "CREATE TABLE a (user TEXT)", "INSERT OR REPLACE INTO a VALUES (?)", "INSERT OR IGNORE INTO a VALUES (?)",
            "SELECT rowid FROM a", "SELECT a FROM b WHERE c LIKE ?", "SELECT a; DROP TABLE a", "SELECT a -- b",
            "SELECT \"a\" FROM b", "SELECT a FROM b WHERE c == ?", "SELECT a FROM b WHERE c = ?1",
            "SELECT a FROM b WHERE c = $1", "SELECT a FROM b WHERE c = :c", "SELECT x'00'", "SELECT a ->> 'b' FROM c",
            "SELECT sum(a) FROM b", "SELECT avg(a) FROM b", "SELECT max(a, b) FROM c", "SELECT ifnull(a, b) FROM c",
            "SELECT date('now')", "SELECT EXISTS (SELECT 1 FROM a)", "SELECT a FROM b WHERE c = TRUE",
            "SELECT a /* b */",
        ] as [SQLText]
    ) func oneDoesNot(_ sql: SQLText) {
        #expect { try SharedSubset.check(sql) } throws: { ($0 as? Refusal)?.has(PortalStoreError.statement) == true }
    }

    @Test func aStatementIsMadeOfStatementsOnly() {
        let columns: SQLText = "a, b"
        let sql: SQLText = "SELECT \(columns) FROM c WHERE d IN (\(.placeholders(3)))"
        #expect(sql.text == "SELECT a, b FROM c WHERE d IN (?,?,?)")
    }
}
