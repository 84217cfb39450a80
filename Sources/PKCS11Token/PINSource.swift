import Glibc
import KeyCustody
public import Vocabulary

/// Where a PIN comes from. Never an argument, an environment variable's value or a configuration's text.
public enum PINSource: Sendable, Hashable {
    /// A file that its owner alone can read (mode 0400 or 0600), owned by root or by this process's user.
    case file(path: String)
    /// A credential of the systemd unit (`LoadCredentialEncrypted=name`), in `$CREDENTIALS_DIRECTORY`.
    case systemdCredential(name: String)
    /// Several files, one a person, whose contents joined in this order are the PIN, so that nobody holds it alone.
    case joined(paths: [String])

    private static let octets = 4...255

    /// Reads the PIN; one trailing newline is not part of it. Throws `key.pin.unreadable` or `key.pin.exposed`.
    public func read() throws -> Secret {
        switch self {
        case .file(let path): return try Self.read(path, forbiddenMode: 0o077)
        case .joined(let paths):
            let parts = try paths.map { try Self.read($0, forbiddenMode: 0o077) }
            let octets = parts.reduce(0) { $0 + $1.count }
            guard !parts.isEmpty, Self.octets.contains(octets) else {
                throw Refusal(KeyCustodyError.pinUnreadable, "\(octets) octets from \(paths.count) files")
            }
            return try Self.join(parts, octets: octets)
        case .systemdCredential(let name):
            guard let directory = unsafe getenv("CREDENTIALS_DIRECTORY").map({ unsafe String(cString: $0) }),
                !name.isEmpty, !name.contains("/"), name != ".."
            else { throw Refusal(KeyCustodyError.pinUnreadable, "credential \(name)") }
            // systemd gives the unit's user access by an ACL, whose mask shows as group permission.
            return try Self.read("\(directory)/\(name)", forbiddenMode: 0o007)
        }
    }

    private static func join(_ parts: [Secret], octets: Int) throws -> Secret {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: octets, alignment: 1)
        defer {
            unsafe memory.wipe()
            unsafe memory.deallocate()
        }
        var offset = 0
        for part in parts {
            unsafe part.withBytes { bytes in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[offset...])
                unsafe rest.copyMemory(from: bytes)
            }
            offset += part.count
        }
        return unsafe Secret(memory)
    }

    private static func read(_ path: String, forbiddenMode: mode_t) throws -> Secret {
        let unreadable = Refusal(KeyCustodyError.pinUnreadable, path)
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw unreadable }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw unreadable }
        guard status.st_mode & forbiddenMode == 0, [0, geteuid()].contains(status.st_uid) else {
            throw Refusal(KeyCustodyError.pinExposed, path)
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: octets.upperBound + 2, alignment: 1)
        defer {
            unsafe memory.wipe()
            unsafe memory.deallocate()
        }
        var count = unsafe Glibc.read(descriptor, memory.baseAddress, memory.count)
        if count > 0, unsafe memory[count - 1] == UInt8(ascii: "\n") { count -= 1 }
        guard octets.contains(count) else { throw unreadable }
        return unsafe Secret(memory[0..<count])
    }
}
