import Crypto
import Durability
import FoundationEssentials
import Glibc
import NIOCore
public import NIOPosix
import PortalCore
import Statements
public import Vocabulary

/// Files by their SHA-256 in one folder: firmware, Certification Declarations. A file is there whole and durable, or not
/// at all, and never changes.
///
/// Blocking calls run on NIO's own threads.
public struct FileShelf: Sendable {
    /// Octets of one read or write.
    private static let piece = 256 * 1_024
    /// Octets that uploads leave free: more than the database keeps in reserve for itself, so that files can never stop
    /// records.
    private static let reserve: UInt64 = 512 * 1_024 * 1_024

    public let folder: String
    private let threads: NIOThreadPool

    /// Opens the folder, made where it is missing, and removes what an interrupted upload left. Blocks; call it at start.
    ///
    /// Throws `portal.file.storage`.
    public init(folder: String, threads: NIOThreadPool = .singleton) throws {
        self.folder = folder
        self.threads = threads
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST, let handle = opendir(folder) else {
            throw Self.failed("folder \(folder)")
        }
        defer { closedir(handle) }
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".part") { unlink("\(folder)/\(name)") }
        }
    }

    private static func failed(_ what: String) -> Refusal {
        Refusal(VersionError.fileStorage, "\(what): errno \(errno)")
    }

    private func path(_ digest: Digest256) -> String { "\(folder)/\(digest.hex)" }

    /// Takes a body in as it comes. Returns its size once it is durable.
    ///
    /// - Parameter most: octets that it may bring.
    ///
    /// Throws `portal.file.digest-differs`, `portal.file.storage`, `store.disk.low`, and what the body throws; nothing is
    /// kept then.
    func take(_ body: BodyStream, as digest: Digest256, most: Int) async throws -> Int {
        try await run { try FileSystem.requireReserve(Self.reserve + UInt64(max(most, 0)), at: folder) }
        let part = "\(folder)/\(digest.hex).\(UInt64.random(in: 0...UInt64.max)).part"
        let descriptor = try await run {
            let descriptor = open(part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw Self.failed("create") }
            return descriptor
        }
        do {
            var hash = SHA256()
            var size = 0
            try await body.forEach { chunk in
                hash.update(data: chunk.readableBytesView)
                size += chunk.readableBytes
                _ = try await run { try Self.write(chunk, to: descriptor) }
            }
            let found = Digest256.taking(hash)
            guard found == digest else { throw Refusal(VersionError.fileDigest, "they have \(found)") }
            try await run { try keep(part, descriptor, digest) }
            return size
        } catch {
            _ = try? await run {
                close(descriptor)
                unlink(part)
            }
            throw error
        }
    }

    /// Synchronises the file, gives it its name, synchronises the folder.
    private func keep(_ part: String, _ descriptor: Int32, _ digest: Digest256) throws {
        guard fsync(descriptor) == 0 else { throw Self.failed("synchronise") }
        guard rename(part, path(digest)) == 0 else { throw Self.failed("rename") }
        let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw Self.failed("folder") }
        defer { close(parent) }
        guard fsync(parent) == 0 else { throw Self.failed("synchronise folder") }
        close(descriptor)
    }

    /// Blocks, as do the next three; they are for the one writer, so that what it has seen holds until it commits.
    func contains(_ digest: Digest256) -> Bool { access(path(digest), F_OK) == 0 }

    /// Digests of all files; blocks.
    func digests() throws -> [Digest256] {
        guard let handle = opendir(folder) else { throw Self.failed("folder \(folder)") }
        defer { closedir(handle) }
        var found: [Digest256] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let digest = try? Digest256(hex: name) { found.append(digest) }
        }
        return found
    }

    /// When the file was stored, by the disk's clock; nil where there is none. Blocks.
    func stored(_ digest: Digest256) -> Instant? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path(digest))
        guard let time = attributes?[.modificationDate] as? Date else { return nil }
        return Instant(seconds: Int64(time.timeIntervalSince1970))
    }

    /// Blocks.
    func remove(_ digest: Digest256) { unlink(path(digest)) }

    /// The whole file, its digest checked again: what a disk changed is never used. Throws `portal.file.storage`.
    public func read(_ digest: Digest256, limit: Int) async throws -> [UInt8] {
        let path = path(digest)
        let bytes = try await run { () throws -> [UInt8] in
            let descriptor = try Self.opened(path)
            defer { close(descriptor) }
            let size = try Self.size(descriptor)
            guard size <= limit else { throw Self.failed("\(size) octets, limit \(limit)") }
            return try Self.read(descriptor, 0..<size)
        }
        guard Digest256.of(bytes) == digest else { throw Self.failed("\(digest) has changed on the disk") }
        return bytes
    }

    /// Hands out a part of a file piece by piece, as slowly as `each` takes it.
    func stream(_ digest: Digest256, _ range: Range<Int>, _ each: (ByteBuffer) async throws -> Void) async throws {
        let path = path(digest)
        let descriptor = try await run { try Self.opened(path) }
        var start = range.lowerBound
        do {
            while start < range.upperBound {
                let end = min(start + Self.piece, range.upperBound)
                let bytes = try await run { [start] in try Self.read(descriptor, start..<end) }
                try await each(ByteBuffer(bytes: bytes))
                start = end
            }
            _ = try await run { close(descriptor) }
        } catch {
            _ = try? await run { close(descriptor) }
            throw error
        }
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await threads.runIfActive(body)
    }

    // MARK: - Blocking

    private static func opened(_ path: String) throws -> Int32 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failed("open") }
        return descriptor
    }

    private static func size(_ descriptor: Int32) throws -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw failed("look at") }
        return Int(end)
    }

    private static func read(_ descriptor: Int32, _ range: Range<Int>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while count < range.count {
                let got = pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: count),
                    range.count - count,
                    off_t(range.lowerBound + count)
                )
                guard got > 0 else { throw failed("read") }
                count += got
            }
        }
    }

    private static func write(_ chunk: ByteBuffer, to descriptor: Int32) throws {
        try chunk.withUnsafeReadableBytes { bytes in
            var written = 0
            while written < bytes.count {
                let put = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                guard put > 0 else { throw failed("write") }
                written += put
            }
        }
    }
}

extension Digest256 {
    fileprivate static func taking(_ hash: SHA256) -> Digest256 { Digest256(validated: Array(hash.finalize())) }
}
