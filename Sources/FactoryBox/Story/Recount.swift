import Foundation
import Statements
import Vocabulary

/// A factory's records counted by the program `sqlite3` from the files that lie there: nothing of ours has a hand in it
/// but the words of the query.
struct Recount: Sendable, Equatable {
    /// Names of what is counted, as the portal's roll-ups call it.
    static let names = [
        "issued", "completed", "failed", "burned", "unlocked", "reprovisioned", "reissued", "rotated", "returned",
    ]

    /// Journal entries.
    let size: Int
    /// Counts by authorization, then by name.
    let batches: [String: [String: Int]]

    /// Over all batches.
    func sum(_ name: String) -> Int { batches.values.map { $0[name] ?? 0 }.reduce(0, +) }

    /// From the Factory Service's copy of the journal, up to the newest checkpoint that it holds.
    static func ofService(_ factory: Factory, from: Int = 0) async throws -> Recount {
        let size = "(SELECT coalesce(max(size), 0) FROM checkpoint)"
        return try await count(factory.host.database, column: "entry", from: from, below: size, factory.world)
    }

    /// From the EdgeHSM's own journal, up to the given size.
    static func ofAppliance(_ factory: Factory, size: Int) async throws -> Recount {
        try await count(factory.edge.journal, column: "bytes", from: 0, below: "\(size)", factory.world)
    }

    /// The Merkle root that the EdgeHSM signed for this size, from the checkpoints that the Factory Service holds.
    static func root(of factory: Factory, at size: Int) async throws -> Digest256 {
        let rows = try await ask(
            factory.host.database,
            "SELECT CAST(envelope AS TEXT) AS envelope FROM checkpoint WHERE size = \(size)",
            factory.world
        )
        let envelope = try Envelope(parsing: Array(rows[0].string("envelope").utf8))
        return try Verified(envelope, as: Checkpoint.self, signedBy: factory.edge.identity()).content.root
    }

    private static func count(
        _ file: String,
        column: String,
        from: Int,
        below size: String,
        _ world: World
    ) async throws -> Recount {
        func sum(_ kind: String, _ name: String, _ value: String = "1") -> String {
            "sum(CASE WHEN kind = '\(kind)' THEN \(value) ELSE 0 END) AS \(name)"
        }
        let isNew = "json_extract(text, '$.body.replaces') IS NULL"
        let sums = [
            sum("issued", "issued", isNew), sum("issued", "reissued", "NOT (\(isNew))"),
            sum("completed", "completed"), sum("failed", "failed"),
            sum("burned", "burned", "json_extract(text, '$.body.units')"), sum("debugUnlocked", "unlocked"),
            sum("reprovisioned", "reprovisioned"), sum("rotated", "rotated"),
            sum("closed", "returned", "json_extract(text, '$.body.returned')"),
        ]
        let rows = try await ask(
            file,
            """
            SELECT \(size) AS size, '' AS batch, \(names.map { "0 AS \($0)" }.joined(separator: ", "))
            UNION ALL SELECT 0, batch, \(names.joined(separator: ", ")) FROM (
                SELECT json_extract(text, '$.body.authorization') AS batch, \(sums.joined(separator: ", "))
                FROM (
                    SELECT text, json_extract(text, '$.kind') AS kind
                    FROM (
                        SELECT CAST(\(column) AS TEXT) AS text FROM journal
                        WHERE sequence >= \(from) AND sequence < \(size)
                    )
                )
                WHERE kind IN ('issued', 'completed', 'failed', 'burned', 'debugUnlocked', 'reprovisioned', 'rotated',
                    'closed')
                GROUP BY batch
            )
            """,
            world
        )
        var batches: [String: [String: Int]] = [:]
        for row in rows.dropFirst() {
            batches[try row.string("batch")] = Dictionary(
                uniqueKeysWithValues: try names.map { ($0, try row.integer($0)) }
            )
        }
        return Recount(size: try rows[0].integer("size"), batches: batches)
    }

    private static func ask(_ file: String, _ query: String, _ world: World) async throws -> [JSONTree] {
        let finished = try await runProgram(
            URL(fileURLWithPath: "/usr/bin/sqlite3"),
            ["-readonly", "-bail", "-json", "-cmd", ".timeout 5000", file, query],
            environment: world.environment
        )
        guard finished.status == 0, finished.errors.isEmpty else {
            throw Refusal(FactoryBoxError.programFailed, "sqlite3 \(file): \(finished.errors.prefix(300))")
        }
        let rows = try JSONTree(parsing: Array(finished.output.utf8)).list
        guard !rows.isEmpty else { throw Refusal(FactoryBoxError.unexpected, "\(file) has none of it") }
        return rows
    }
}
