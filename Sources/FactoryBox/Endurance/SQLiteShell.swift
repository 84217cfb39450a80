import Foundation
import Vocabulary

/// Debian's `sqlite3` on one of our files: figures that none of our code has counted.
struct SQLiteShell: Sendable {
    private static let program = URL(fileURLWithPath: "/usr/bin/sqlite3")

    let path: String

    /// Rows of a query whose columns are named as the fields of `Row`; octets as `hex(…)`.
    func rows<Row: Decodable>(_ type: Row.Type, _ query: String) async throws -> [Row] {
        let finished = try await runProgram(
            Self.program,
            ["-readonly", "-json", path, query],
            environment: ["PATH": "/usr/bin:/bin"]
        )
        guard finished.status == 0 else {
            throw Refusal(FactoryBoxError.programFailed, "sqlite3 \(path): \(finished.errors.prefix(200))")
        }
        // Nothing at all stands for no rows.
        guard !finished.output.isEmpty else { return [] }
        return try JSONDecoder().decode([Row].self, from: Data(finished.output.utf8))
    }

    private struct Figure: Decodable { let n: Int? }

    /// The one integer of a query that calls it `n`; nothing counts as 0.
    func figure(_ query: String) async throws -> Int { try await rows(Figure.self, query).first?.n ?? 0 }
}
