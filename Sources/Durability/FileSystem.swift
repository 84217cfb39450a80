import Glibc
import Synchronization
import Vocabulary

/// The little that is needed of the file system beside SQLite.
public enum FileSystem {
    /// Free space for this user on the file system that holds `path`, in octets. Throws `store.file.unusable`.
    public static func freeSpace(at path: String) throws -> UInt64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw Refusal(DurabilityError.openFailed, "\(path): errno \(errno)") }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : bytes
    }

    /// Throws `store.disk.low` when less than `reserve` octets are free at `path`.
    public static func requireReserve(_ reserve: UInt64, at path: String) throws {
        let free = try freeSpace(at: path)
        guard free >= reserve else {
            throw Refusal(DurabilityError.diskLow, "\(free) octets free at \(path), \(reserve) kept in reserve")
        }
    }

    /// Creates the file durably if it is missing; either way only its owner can open it afterwards.
    static func createPrivate(_ path: String) throws {
        let created = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if created >= 0 {
            defer { close(created) }
            guard fsync(created) == 0 else { throw Refusal(DurabilityError.openFailed, "\(path): errno \(errno)") }
            try syncFolder(of: path)
            return
        }
        let existing = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard existing >= 0 else { throw Refusal(DurabilityError.openFailed, "\(path): errno \(errno)") }
        // A copy that was put back may have come with a wider mode.
        defer { close(existing) }
        guard fchmod(existing, 0o600) == 0 else {
            throw Refusal(DurabilityError.openFailed, "\(path): mode, errno \(errno)")
        }
    }

    /// Makes new names in the folder of `path` survive a power cut.
    static func syncFolder(of path: String) throws {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Refusal(DurabilityError.openFailed, "\(folder): errno \(errno)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Refusal(DurabilityError.openFailed, "\(folder): errno \(errno)") }
    }
}

/// An exclusive lock that the kernel drops when the process ends, however it ends.
final class FileLock: Sendable {
    private let descriptor: Mutex<Int32>

    /// Throws `store.file.in-use` when another holder exists.
    init(path: String) throws {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Refusal(DurabilityError.openFailed, "\(path): errno \(errno)") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw Refusal(DurabilityError.inUse, path)
        }
        descriptor = Mutex(file)
    }

    func release() {
        descriptor.withLock {
            if $0 >= 0 { close($0) }
            $0 = -1
        }
    }

    deinit { release() }
}
