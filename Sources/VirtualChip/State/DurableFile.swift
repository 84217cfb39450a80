import Glibc
import Vocabulary

/// Files that survive a power cut, by plain system calls.
enum DurableFile {
    /// Replaces a file as a whole: write beside it, fsync, rename, fsync the folder.
    static func replace(_ path: String, with bytes: [UInt8], halfWay: () -> Void) throws {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("open") }
        do {
            defer { close(file) }
            let half = bytes.count / 2
            try write(bytes[..<half], to: file, at: 0)
            halfWay()
            try write(bytes[half...], to: file, at: half)
            guard fsync(file) == 0 else { throw failure("fsync") }
        }
        guard rename(temporary, path) == 0 else { throw failure("rename") }
        try syncFolder(of: path)
    }

    /// Writes into a file in place: a cut half-way leaves half of `bytes`, as flash does.
    static func overwrite(_ path: String, at offset: Int, with bytes: [UInt8], halfWay: () -> Void) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("open") }
        defer { close(file) }
        let half = bytes.count / 2
        try write(bytes[..<half], to: file, at: offset)
        halfWay()
        try write(bytes[half...], to: file, at: offset + half)
        guard fsync(file) == 0 else { throw failure("fsync") }
    }

    static func truncate(_ path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("open") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("fsync") }
    }

    /// Up to `length` octets from `offset`; nil when there is no such file.
    static func read(_ path: String, at offset: Int, length: Int) throws -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("open")
        }
        defer { close(file) }
        var content = [UInt8](repeating: 0, count: length)
        var done = 0
        while done < length {
            let count = content.withUnsafeMutableBytes { buffer in
                pread(file, buffer.baseAddress.map { $0 + done }, length - done, off_t(offset + done))
            }
            if count < 0 { throw failure("read") }
            if count == 0 { break }
            done += count
        }
        return Array(content[..<done])
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to file: CInt, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(file, buffer.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            }
            guard count > 0 else { throw failure("write") }
            done += count
        }
    }

    private static func syncFolder(of path: String) throws {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let file = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open folder") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("fsync folder") }
    }

    static func failure(_ call: String) -> Refusal {
        Refusal(VirtualChipError.storageFailed, "\(call): error \(errno)")
    }
}
