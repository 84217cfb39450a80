import Glibc
import Vocabulary

/// What systemd gives a service and wants to hear from it.
public enum ServiceManager {
    /// The path of a credential passed with `LoadCredential=` or `LoadCredentialEncrypted=`.
    /// Throws `process.credential.missing` without `$CREDENTIALS_DIRECTORY` or for a name with a slash.
    public static func credentialPath(_ name: String) throws -> String {
        guard let folder = environment("CREDENTIALS_DIRECTORY"), folder.hasPrefix("/") else {
            throw Refusal(ServiceSupportError.credentialMissing, "\(name): no CREDENTIALS_DIRECTORY")
        }
        guard (1...128).contains(name.utf8.count), !name.contains("/"), name != ".", name != ".." else {
            throw Refusal(ServiceSupportError.credentialMissing, "no credential name")
        }
        return folder + "/" + name
    }

    /// Tells systemd a state such as `READY=1` or `STOPPING=1`. Without `$NOTIFY_SOCKET` it does nothing, and a
    /// failure is no reason to stop, so the result only says whether it was sent.
    @discardableResult
    public static func notify(_ state: String) -> Bool {
        guard let path = environment("NOTIFY_SOCKET"), path.hasPrefix("/") || path.hasPrefix("@") else { return false }
        var name = Array(path.utf8)
        // `@` stands for the leading zero octet of Linux's abstract names.
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        var address = sockaddr_un()
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let message = Array(state.utf8)
        let sent = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                unsafe message.withUnsafeBytes {
                    unsafe sendto(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL), target, length)
                }
            }
        }
        return sent == message.count
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
