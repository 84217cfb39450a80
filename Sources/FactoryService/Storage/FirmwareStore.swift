import FactoryCore
import Glibc
import Statements
import Synchronization
import Vocabulary

/// Firmware files under the name of their digest. What is served was hashed once since this process started.
final class FirmwareStore: Sendable {
    private let folder: String
    /// Digest and size of files whose content was verified.
    private let verified = Mutex<[Digest256: Int]>([:])

    /// Verifies what is there; a damaged file is left aside under another name. Blocks.
    init(folder: String) throws {
        self.folder = folder
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw Refusal(FactoryError.storeFailed, "\(folder): errno \(errno)")
        }
        for name in try Folder.names(folder) {
            guard let digest = try? Digest256(hex: name) else { continue }
            let bytes = try AtomicFile.read(path(digest), limit: InboxFile.largest)
            if Digest256.of(bytes) == digest {
                verified.withLock { $0[digest] = bytes.count }
            } else {
                try AtomicFile.move(path(digest), to: path(digest) + ".damaged")
            }
        }
    }

    var digests: Set<Digest256> { verified.withLock { Set($0.keys) } }

    /// Durable when it returns.
    func put(_ bytes: [UInt8]) async throws -> Digest256 {
        let digest = Digest256.of(bytes)
        let path = path(digest)
        try await Blocking.run { try AtomicFile.write(bytes, to: path) }
        verified.withLock { $0[digest] = bytes.count }
        return digest
    }

    /// Throws `factory.firmware.*`.
    func piece(_ digest: Digest256, offset: Int, length: Int, largest: Int) async throws -> (bytes: [UInt8], total: Int)
    {
        guard let total = verified.withLock({ $0[digest] }) else {
            throw Refusal(FactoryError.firmwareUnknown, digest.hex)
        }
        guard offset >= 0, length > 0, length <= largest, offset <= total, length <= total - offset else {
            throw Refusal(FactoryError.firmwareRange, "\(offset)+\(length) of \(total)")
        }
        let path = path(digest)
        let bytes = try await Blocking.run {
            let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { throw Refusal(FactoryError.firmwareDamaged, "errno \(errno)") }
            defer { close(file) }
            do { return try AtomicFile.piece(of: file, offset: offset, length: length) } catch {
                throw Refusal(FactoryError.firmwareDamaged, digest.hex)
            }
        }
        return (bytes, total)
    }

    private func path(_ digest: Digest256) -> String { folder + "/" + digest.hex }
}

/// Names in a folder.
enum Folder {
    static let mostNames = 10_000

    /// Without hidden names, sorted. Throws `factory.store.failed`.
    static func names(_ folder: String) throws -> [String] {
        guard let stream = opendir(folder) else { throw Refusal(FactoryError.storeFailed, "\(folder): errno \(errno)") }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < mostNames, let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    static func make(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw Refusal(FactoryError.storeFailed, "\(path): errno \(errno)")
        }
    }
}
