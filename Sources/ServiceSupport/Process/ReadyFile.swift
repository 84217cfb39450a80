import Glibc
import Vocabulary

/// `ready.json` in a service's folder: there from the moment at which the service listens until it ends in good order.
/// Names its port, which the system chose where 0 was configured, and its process, so that the file of one that was
/// killed is told from that of the one after it.
public struct ReadyFile: Sendable {
    public static let name = "ready.json"

    private let path: String

    /// - Parameter folder: exists, and is the service's own.
    public init(folder: String) { path = folder + "/" + Self.name }

    /// Throws `process.ready.unwritable`.
    public func write(port: Int?) throws {
        let text = "{\"port\":\(port ?? 0),\"process\":\(getpid())}\n"
        let temporary = path + ".part"
        _ = unsafe unlink(temporary)
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw Refusal(ServiceSupportError.readyUnwritable, "\(path): errno \(errno)") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count, unsafe rename(temporary, path) == 0 else {
            throw Refusal(ServiceSupportError.readyUnwritable, "\(path): errno \(errno)")
        }
    }

    /// What is gone already is no fault.
    public func remove() { _ = unsafe unlink(path) }
}
