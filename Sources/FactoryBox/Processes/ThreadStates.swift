import Foundation

/// What the threads of a process do, for the report on one that hangs.
enum ThreadStates {
    /// Threads described at most.
    static let most = 40

    /// Each thread's name, state and place in the kernel (proc(5): `comm`, `stat`, `wchan`, `syscall`), the same ones
    /// counted: "obis-portal S futex_wait_queue 202 ×6". Empty where the process is gone or is another user's.
    static func of(_ process: Int32) -> String {
        let tasks = "/proc/\(process)/task"
        let threads = ((try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []).prefix(most)
        let told = threads.map { thread in
            let state = word("\(tasks)/\(thread)/stat", after: ")")
            let call = word("\(tasks)/\(thread)/syscall")
            return [word("\(tasks)/\(thread)/comm"), state, word("\(tasks)/\(thread)/wchan"), call]
                .filter { !$0.isEmpty }.joined(separator: " ")
        }
        let counted = Dictionary(grouping: told) { $0 }.mapValues(\.count)
        return counted.sorted { $0.key < $1.key }.map { $1 == 1 ? $0 : "\($0) ×\($1)" }.joined(separator: ", ")
    }

    private static func word(_ path: String, after mark: Character? = nil) -> String {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let rest = mark.flatMap { text.lastIndex(of: $0) }.map { text[text.index(after: $0)...] } ?? text[...]
        return rest.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
    }
}
