import Glibc
import Vocabulary

/// Files that a ceremony, an officer or the authorizer reads and writes: bounded on reading, durable and atomic on
/// writing, so that a power cut leaves the old file or the new one.
public enum StateFile {
    /// Throws `ceremony.file.missing`, `ceremony.file.unreadable` or `ceremony.file.too-large`.
    public static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw Refusal(errno == ENOENT ? GovernanceError.fileMissing : GovernanceError.fileUnreadable, path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(GovernanceError.fileUnreadable, path)
        }
        guard status.st_size <= limit else {
            throw Refusal(GovernanceError.fileTooLarge, "\(path): \(status.st_size) octets, limit \(limit)")
        }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            guard got >= 0 else { throw Refusal(GovernanceError.fileUnreadable, path) }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else { throw Refusal(GovernanceError.fileTooLarge, "\(path): limit \(limit)") }
        return Array(bytes.prefix(count))
    }

    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// Writes beside the file, synchronises, renames, synchronises the folder. Makes missing folders (mode 0755).
    /// Throws `ceremony.file.unwritable`.
    public static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws {
        let unwritable = Refusal(GovernanceError.fileUnwritable, path)
        let folder = folder(of: path)
        try makeFolder(folder)
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        let descriptor = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw unwritable }
        do {
            defer { close(descriptor) }
            var written = 0
            while written < bytes.count {
                let put = bytes.withUnsafeBytes { buffer in
                    Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
                }
                guard put > 0 else { throw unwritable }
                written += put
            }
            guard fsync(descriptor) == 0 else { throw unwritable }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            unlink(temporary)
            throw unwritable
        }
        let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folderDescriptor >= 0 else { throw unwritable }
        defer { close(folderDescriptor) }
        guard fsync(folderDescriptor) == 0 else { throw unwritable }
    }

    public static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw Refusal(GovernanceError.fileUnwritable, path) }
    }

    /// Names of the entries of a folder that must be there and readable, sorted. Throws `ceremony.file.unreadable`.
    public static func readableNames(in folder: String) throws -> [String] {
        guard let handle = opendir(folder) else { throw Refusal(GovernanceError.fileUnreadable, "folder \(folder)") }
        closedir(handle)
        return names(in: folder)
    }

    /// Names of the entries of a folder, sorted; none where it does not exist.
    public static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func makeFolder(_ path: String) throws {
        guard path != ".", path != "/", !exists(path) else { return }
        try makeFolder(folder(of: path))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Refusal(GovernanceError.fileUnwritable, path) }
    }
}

/// An advisory lock on `path` while the value lives, so that two runs never work on one state.
public final class StateLock: Sendable {
    private let descriptor: Int32

    /// Throws `ceremony.state.busy`.
    public init(_ path: String) throws {
        let parent = StateFile.folder(of: path)
        if !StateFile.exists(parent) { try StateFile.write(path, [], mode: 0o600) }
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Refusal(GovernanceError.fileUnwritable, path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Refusal(GovernanceError.stateBusy, path)
        }
    }

    deinit { close(descriptor) }
}
