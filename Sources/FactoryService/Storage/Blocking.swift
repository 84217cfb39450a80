import Dispatch
import FactoryCore
import Glibc
import Vocabulary

/// Runs file work on a thread of its own, never on the cooperative pool.
enum Blocking {
    private static let queue = DispatchQueue(label: "obis.factory.files", attributes: .concurrent)

    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }
}

/// Files that are there wholly or not at all, also after a power cut.
enum AtomicFile {
    /// Mode 0600 unless given. Throws `factory.store.failed`.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws {
        let temporary = path + ".part"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else { throw Refusal(FactoryError.storeFailed, "\(path): errno \(errno)") }
        do {
            defer { close(file) }
            try writeAll(bytes, to: file, path)
            guard fsync(file) == 0 else { throw Refusal(FactoryError.storeFailed, "\(path): errno \(errno)") }
        } catch {
            unlink(temporary)
            throw error
        }
        try move(temporary, to: path)
    }

    /// Renames and makes both names durable.
    static func move(_ from: String, to path: String) throws {
        guard rename(from, path) == 0 else { throw Refusal(FactoryError.storeFailed, "\(path): errno \(errno)") }
        for folder in Set([folder(of: from), folder(of: path)]) { try sync(folder) }
    }

    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// At most `limit` octets of a regular file. Throws `factory.inbox.*`.
    static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else { throw Refusal(FactoryError.fileUnreadable, "errno \(errno)") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(FactoryError.fileUnreadable, "not a regular file")
        }
        guard status.st_size <= limit else { throw Refusal(FactoryError.fileTooLarge, "\(status.st_size) octets") }
        return try piece(of: file, offset: 0, length: Int(status.st_size))
    }

    /// Exactly `length` octets from `offset`.
    static func piece(of file: Int32, offset: Int, length: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        var used = 0
        while used < length {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(file, buffer.baseAddress?.advanced(by: used), length - used, off_t(offset + used))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Refusal(FactoryError.fileUnreadable, "errno \(errno) at \(used)") }
            used += count
        }
        return bytes
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32, _ path: String) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress?.advanced(by: done), $0.count - done) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Refusal(FactoryError.storeFailed, "\(path): errno \(errno)") }
            done += count
        }
    }

    private static func sync(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Refusal(FactoryError.storeFailed, "\(folder): errno \(errno)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Refusal(FactoryError.storeFailed, "\(folder): errno \(errno)") }
    }
}
