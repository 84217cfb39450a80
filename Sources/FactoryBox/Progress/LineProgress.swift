import Foundation
import Synchronization

/// How far a factory's stations are, from the lines that they print: read on from where the last look ended.
final class LineProgress: Sendable {
    private struct Log {
        let url: URL
        var offset: UInt64 = 0
        /// The beginning of a line whose end was not written yet.
        var rest: [UInt8] = []
    }

    private struct State {
        var logs: [Log] = []
        var passed = 0
        var failed = 0
    }

    private let state = Mutex(State())

    /// From now on this log counts too; it need not exist yet.
    func follow(_ log: URL) { state.withLock { $0.logs.append(Log(url: log)) } }

    /// Units that passed so far.
    var passed: Int { look().passed }

    func look() -> (passed: Int, failed: Int) {
        state.withLock { state in
            for index in state.logs.indices {
                for line in Self.lines(&state.logs[index]) where line.contains(#""type":"unit""#) {
                    if line.contains(#""result":"passed""#) { state.passed += 1 } else { state.failed += 1 }
                }
            }
            return (state.passed, state.failed)
        }
    }

    private static func lines(_ log: inout Log) -> [String] {
        guard let handle = try? FileHandle(forReadingFrom: log.url) else { return [] }
        defer { try? handle.close() }
        guard (try? handle.seek(toOffset: log.offset)) != nil, let data = try? handle.readToEnd(), !data.isEmpty
        else { return [] }
        log.offset += UInt64(data.count)
        var parts = (log.rest + Array(data)).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        log.rest = parts.popLast().map { Array($0) } ?? []
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }
}
