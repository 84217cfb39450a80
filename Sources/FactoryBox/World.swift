import Foundation
import Statements
import Vocabulary

/// The folders of a virtual factory and of its OEM, each host with a token store and an environment of its own.
///
/// A host sees its own SoftHSM2 configuration only, as it would if it were a machine: a station has none at all.
public struct World: Sendable {
    private static let marker = ".obis-factory-box"
    private static let processList = "pids"
    private static let socketNote = "sockets"

    let root: URL
    let programs: Programs
    /// A short path, for a Unix socket's may have 107 octets and `root` is as long as its owner likes.
    let sockets: String
    /// Extra environment of every process, for tests: fault points, frame taps, a clock shim.
    let extra: [String: String]

    /// Makes `directory` anew. A directory that is not ours is left alone.
    public static func make(at directory: String, extra: [String: String] = [:]) throws -> World {
        let root = URL(fileURLWithPath: directory).standardizedFileURL
        try remove(at: directory)
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try Data().write(to: root.appendingPathComponent(marker))
        ProcessBook.shared.keep(in: root.appendingPathComponent(processList).path)
        let sockets = try SocketFolder.make()
        try Files.write(sockets + "\n", to: root.appendingPathComponent(socketNote).path)
        Interruption.shared.atEnd { SocketFolder.remove(sockets) }
        return World(root: root, programs: .beside(), sockets: sockets, extra: extra)
    }

    /// A world within this one, with an OEM and lines of its own.
    func part(_ name: String) throws -> World {
        let inner = sockets + "/" + name
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
        return World(
            root: URL(fileURLWithPath: try folder(name)),
            programs: programs,
            sockets: inner,
            extra: extra
        )
    }

    func removeSockets() { SocketFolder.remove(sockets) }

    /// Removes the directory, with what a killed demo left running or lying about elsewhere. Throws
    /// `box.directory.not-ours` for a directory that no demo made.
    public static func remove(at directory: String) throws {
        let root = URL(fileURLWithPath: directory).standardizedFileURL
        guard FileManager.default.fileExists(atPath: root.path) else { return }
        guard FileManager.default.fileExists(atPath: root.appendingPathComponent(marker).path) else {
            throw Refusal(FactoryBoxError.notOurs, root.path)
        }
        ProcessBook.end(listedIn: root.appendingPathComponent(processList).path, root: root.path)
        if let note = try? String(contentsOf: root.appendingPathComponent(socketNote), encoding: .utf8) {
            SocketFolder.remove(note.trimmingCharacters(in: .newlines))
        }
        try FileManager.default.removeItem(at: root)
    }

    /// Path of a Unix socket.
    func socket(_ name: String) -> String { sockets + "/" + name }

    func path(_ parts: String...) -> String { parts.reduce(root) { $0.appendingPathComponent($1) }.path }

    func folder(_ parts: String...) throws -> String {
        let path = parts.reduce(root) { $0.appendingPathComponent($1) }.path
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        return path
    }

    /// Environment of a host without tokens.
    var environment: [String: String] {
        // A tracer of crashed programs would keep their end from being seen.
        var environment = ["PATH": "/usr/bin:/bin", "HOME": root.path, "TZ": "UTC", "SWIFT_BACKTRACE": "enable=no"]
        for (name, value) in extra { environment[name] = value }
        return environment
    }

    func log(_ name: String) throws -> URL {
        URL(fileURLWithPath: try folder("logs")).appendingPathComponent(name + ".log")
    }

    /// Runs one of our programs; throws `box.program.failed` for another exit code than `expected`.
    @discardableResult
    func run(
        _ program: String,
        _ arguments: [String],
        environment: [String: String]? = nil,
        expecting expected: Int32 = 0
    ) async throws -> Finished {
        let finished = try await runProgram(
            programs.path(program),
            arguments,
            environment: environment ?? self.environment
        )
        guard finished.status == expected else {
            let words = (finished.errors + finished.output).split(separator: "\n").prefix(6).joined(separator: " | ")
            throw Refusal(
                FactoryBoxError.programFailed,
                "\(program) \(arguments.prefix(2).joined(separator: " ")): exit \(finished.status): \(words)"
            )
        }
        return finished
    }
}

/// Files as the story writes them.
enum Files {
    static func writeJSON(_ value: some Encodable, to path: String, mode: Int = 0o600) throws {
        try write(StatementCoding.encode(value), to: path, mode: mode)
    }

    static func write(_ bytes: [UInt8], to path: String, mode: Int = 0o600) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    static func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    static func read(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        try StatementCoding.decode(type, from: read(path))
    }

    static func envelope(_ path: String) throws -> Envelope { try Envelope(parsing: read(path)) }
}

/// What a program printed with `--json`.
struct PrintedJSON {
    private let object: [String: Any]

    init(_ text: String) throws {
        guard let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
            throw Refusal(FactoryBoxError.unexpected, "no JSON object: \(text.prefix(120))")
        }
        self.object = object
    }

    func string(_ key: String) throws -> String {
        guard let value = object[key] as? String else {
            throw Refusal(FactoryBoxError.unexpected, "no \(key) in the output")
        }
        return value
    }

    func integer(_ key: String) throws -> Int {
        guard let value = object[key] as? Int else {
            throw Refusal(FactoryBoxError.unexpected, "no \(key) in the output")
        }
        return value
    }
}
