import Durability
import FactoryCore
import Glibc
import Statements
import Vocabulary

/// A file on its way down. What came stays over cuts and restarts; only octets with the named digest are handed on.
struct PartialDownload: Sendable {
    /// Octets after which what came is made durable.
    private static let syncEvery = 4 * 1024 * 1024

    let folder: String
    let digest: Digest256
    let size: Int
    /// `factory.download.piece` after each piece that was written.
    var seam = FaultSeam.none

    private var path: String { folder + "/" + digest.hex + ".part" }

    /// Makes the folder and removes what nobody continues any more. Blocks.
    static func clean(_ folder: String, keeping wanted: Set<Digest256>) throws {
        try Folder.make(folder)
        for name in try Folder.names(folder) where name.hasSuffix(".part") {
            if let digest = try? Digest256(hex: name.dropLast(5).description), wanted.contains(digest) { continue }
            unlink(folder + "/" + name)
        }
    }

    /// The whole file, from where an earlier attempt ended.
    ///
    /// Throws `factory.portal.unreachable` when cut, `factory.portal.digest` when all came and is something else.
    func fetch(_ path: String, over link: PortalLink) async throws -> [UInt8] {
        guard (1...InboxFile.largest).contains(size) else {
            throw Refusal(FactoryError.portalMalformed, "a file of \(size) octets")
        }
        let file = try await Blocking.run { try open() }
        do {
            var have = try await Blocking.run { try length(file) }
            if have < size { have = try await fill(file, path, from: have, over: link) }
            let bytes = try await Blocking.run { try finish(file) }
            return bytes
        } catch {
            _ = await (try? Blocking.run { fsync(file) })
            _ = await (try? Blocking.run { Glibc.close(file) })
            throw error
        }
    }

    /// Forgets what came.
    func remove() async { _ = await (try? Blocking.run { unlink(path) }) }

    private func fill(_ file: Int32, _ path: String, from offset: Int, over link: PortalLink) async throws -> Int {
        var (position, unsynced) = (offset, 0)
        try await link.download(path, from: offset, etag: "\"\(digest.hex)\"") { start in
            if start < offset { _ = try await Blocking.run { ftruncate(file, 0) } }
            position = start
        } piece: { bytes in
            guard bytes.count <= size - position else {
                throw Refusal(FactoryError.portalDigest, "more than \(size) octets of \(digest)")
            }
            let (place, isDue) = (position, unsynced + bytes.count > Self.syncEvery)
            try await Blocking.run {
                try write(bytes, to: file, at: place)
                if isDue { fsync(file) }
            }
            try seam.pass("factory.download.piece")
            position += bytes.count
            unsynced = isDue ? 0 : unsynced + bytes.count
        }
        guard position == size else {
            throw Refusal(FactoryError.portalUnreachable, "\(position) of \(size) octets of \(digest) came")
        }
        return position
    }

    private func open() throws -> Int32 {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Refusal(FactoryError.storeFailed, "\(path): errno \(errno)") }
        return file
    }

    /// What is longer than the whole begins anew.
    private func length(_ file: Int32) throws -> Int {
        let end = lseek(file, 0, SEEK_END)
        guard end >= 0 else { throw Refusal(FactoryError.storeFailed, "\(path): errno \(errno)") }
        guard end > size else { return Int(end) }
        guard ftruncate(file, 0) == 0 else { throw Refusal(FactoryError.storeFailed, "\(path): errno \(errno)") }
        return 0
    }

    private func write(_ bytes: [UInt8], to file: Int32, at place: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(file, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(place + done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Refusal(FactoryError.storeFailed, "\(path): errno \(errno)") }
            done += count
        }
    }

    /// Durable, read back and compared. A file that is not what it should be is of no use to the next attempt.
    private func finish(_ file: Int32) throws -> [UInt8] {
        fsync(file)
        let bytes = try AtomicFile.piece(of: file, offset: 0, length: size)
        guard Digest256.of(bytes) == digest else {
            unlink(path)
            throw Refusal(FactoryError.portalDigest, "\(digest)")
        }
        Glibc.close(file)
        return bytes
    }
}
