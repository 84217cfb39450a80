import Foundation
import Glibc
import Synchronization
import Vocabulary

/// Every process that this one started: so that none outlives it, and so that a scan knows what stood in each one's
/// argument list and environment.
final class ProcessBook: Sendable {
    static let shared = ProcessBook()

    /// A process number alone may have gone to somebody else; with the moment of its start it names one process.
    struct Entry: Hashable, Sendable {
        let process: Int32
        /// Clock ticks since boot: field 22 of /proc/PID/stat.
        let start: UInt64

        init?(_ process: Int32) {
            guard process > 1, let start = ProcessFiles.start(of: process) else { return nil }
            self.process = process
            self.start = start
        }

        init?(line: Substring) {
            let fields = line.split(separator: " ")
            guard fields.count == 2, let process = Int32(fields[0]), process > 1, let start = UInt64(fields[1]) else {
                return nil
            }
            self.process = process
            self.start = start
        }

        func end() { if ProcessFiles.start(of: process) == start { _ = kill(process, SIGKILL) } }
    }

    private struct State {
        var entries: Set<Entry> = []
        /// What processes were given, each once: programs, arguments, names and values of environments.
        var words: Set<String> = []
        var file: String?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// All processes are listed in `file` from now on, for those who come after a killed demo.
    func keep(in file: String) { state.withLock { $0.file = file } }

    /// Starts the process. Throws `box.story.unexpected` once everything is being ended.
    func start(_ process: Process) throws {
        try state.withLock { state in
            guard !state.isClosed else { throw Refusal(FactoryBoxError.unexpected, "interrupted") }
            state.words.formUnion(process.arguments ?? [])
            state.words.formUnion((process.environment ?? [:]).map { "\($0)=\($1)" })
            try process.run()
            guard let entry = Entry(process.processIdentifier) else { return }
            state.entries.insert(entry)
            if let file = state.file { try Self.append("\(entry.process) \(entry.start)\n", to: file) }
        }
    }

    /// Arguments and environments of all processes ever started here, one a line.
    var given: [UInt8] { state.withLock { Array($0.words.sorted().joined(separator: "\n").utf8) } }

    /// Ends them all at once, and lets none be started any more.
    func endAll() {
        state.withLock { state in
            state.isClosed = true
            for entry in state.entries { entry.end() }
        }
    }

    /// Ends what a demo that was killed left running: what it listed, and what it had started and not listed yet, which
    /// are programs of ours with an argument that lies under `root`.
    static func end(listedIn file: String, root: String) {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") { Entry(line: line)?.end() }
        let programs = Programs.beside().directory.path
        for process in ProcessFiles.all() where process != getpid() {
            let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
            guard let program, program.hasPrefix(programs + "/"), let entry = Entry(process) else { continue }
            let arguments = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            if arguments.split(separator: "\0").contains(where: { $0.hasPrefix(root + "/") }) { entry.end() }
        }
    }

    private static func append(_ line: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Refusal(FactoryBoxError.unexpected, "\(path): errno \(errno)") }
        defer { close(file) }
        _ = Array(line.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }
}

/// What the kernel tells of processes.
enum ProcessFiles {
    /// When the process was started, in clock ticks since boot; nil where there is none of this number.
    static func start(of process: Int32) -> UInt64? { fields(process).flatMap { $0.count > 19 ? UInt64($0[19]) : nil } }

    static func all() -> [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    }

    /// This process and all that descend from it.
    static func family() -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for process in all() {
            guard let parent = fields(process).flatMap({ Int32($0[1]) }) else { continue }
            children[parent, default: []].append(process)
        }
        var family = [getpid()]
        var next = 0
        while next < family.count {
            family += children[family[next], default: []]
            next += 1
        }
        return family
    }

    /// The fields of /proc/PID/stat from the third, which is the state: the name before it may hold anything.
    private static func fields(_ process: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 2 ? fields : nil
    }
}
