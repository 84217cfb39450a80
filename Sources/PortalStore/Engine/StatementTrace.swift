#if DEBUG
import Glibc
import Synchronization

/// Writes each statement once to the file that `OBIS_SQL_TRACE` names, so that a test can have another database prepare
/// them all. Debug builds only.
enum StatementTrace {
    private static let path = getenv("OBIS_SQL_TRACE").map { String(cString: $0) }
    private static let known = Mutex<Set<SQLText>>([])

    static func note(_ sql: SQLText) {
        guard let path else { return }
        // Written under the lock: a statement that needs another one's table stands behind it.
        known.withLock { known in
            guard known.insert(sql).inserted else { return }
            let line = sql.text.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n"
            let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else { return }
            defer { close(file) }
            let bytes = Array(line.utf8)
            _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        }
    }
}
#else
enum StatementTrace {
    static func note(_: SQLText) {}
}
#endif
