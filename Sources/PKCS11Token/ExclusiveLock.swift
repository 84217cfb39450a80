import Glibc
import KeyCustody
import Vocabulary

/// An advisory lock on a file, held until this object goes. The kernel frees it when the process dies.
final class ExclusiveLock: Sendable {
    private let descriptor: Int32

    /// Throws `key.token.locked` when another holder exists.
    init(path: String) throws {
        descriptor = unsafe Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Refusal(KeyCustodyError.configurationMalformed, "lock file \(path) can't be opened")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(descriptor)
            throw Refusal(KeyCustodyError.tokenLocked, path)
        }
    }

    deinit { Glibc.close(descriptor) }
}
