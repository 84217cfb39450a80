import CPeer
import Glibc
import Vocabulary

/// What every service does first, so that its memory ends up in no file.
public enum ProcessHardening {
    /// No core dumps; a peer that hangs up is an error, not a signal; and unless `allowsInspection`, no other process
    /// of the same user may look into this one (root still may, which a memory scan in a lab uses).
    /// Throws `process.hardening.failed`.
    public static func apply(allowsInspection: Bool = false) throws {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 else {
            throw Refusal(ServiceSupportError.hardeningFailed, "RLIMIT_CORE, errno \(errno)")
        }
        guard allowsInspection || obis_forbid_inspection() == 0 else {
            throw Refusal(ServiceSupportError.hardeningFailed, "PR_SET_DUMPABLE, errno \(errno)")
        }
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
