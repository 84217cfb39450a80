import CPeer
import Glibc

enum FileFailure: Error {
    case unreadable(String)
    case exposed(String)
    case tooLarge
}

/// Reads regular files with a bound.
enum BoundedFile {
    /// Opened once and judged by its descriptor, so that the file can't be swapped between check and use.
    ///
    /// - Parameter ownerOnly: the file must belong to this user or root and be open to nobody else.
    static func read(_ path: String, largest: Int, ownerOnly: Bool) throws(FileFailure) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw .unreadable("errno \(errno)") }
        defer { close(file) }
        var facts = obis_file_facts()
        guard unsafe obis_file_facts(file, &facts) == 0, facts.mode & S_IFMT == S_IFREG else {
            throw .unreadable("not a regular file")
        }
        guard facts.size <= largest else { throw .tooLarge }
        if ownerOnly {
            guard facts.mode & 0o077 == 0, facts.owner == geteuid() || facts.owner == 0 else {
                throw .exposed("mode \(String(facts.mode & 0o7777, radix: 8)), owner \(facts.owner)")
            }
        }
        return try contents(file, largest)
    }

    private static func contents(_ file: Int32, _ largest: Int) throws(FileFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: largest + 1)
        // The buffer may hold a secret; only the copy that is returned lives on.
        defer { for index in bytes.indices { bytes[index] = 0 } }
        var used = 0
        while used < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(file, buffer.baseAddress?.advanced(by: used), buffer.count - used)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable("errno \(errno)") }
            if count == 0 { break }
            used += count
        }
        guard used <= largest else { throw .tooLarge }
        return Array(bytes[..<used])
    }
}
