import Foundation
import GRDB
import TestSupport

/// SQLite's own words for how it answers a statement.
enum Plan {
    static func lines(of sql: String, in path: String) throws -> [String] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { database in
            let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
            // To a plan it does not matter what stands for the arguments.
            statement.setUncheckedArguments(StatementArguments())
            return try Row.fetchAll(statement).map { $0["detail"] }
        }
    }

    /// By the gzip program.
    static func unpacked(_ bytes: [UInt8], in folder: String) throws -> [UInt8] {
        let name = "\(folder)/packed-\(UInt64.random(in: 0...UInt64.max))"
        try Data(bytes).write(to: URL(fileURLWithPath: name + ".gz"))
        _ = try Subprocess.run("/bin/gzip", ["-d", name + ".gz"])
        return try Array(Data(contentsOf: URL(fileURLWithPath: name)))
    }
}
