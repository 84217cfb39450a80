public import LineProtocol
import Statements
public import Vocabulary

/// The firmware of batches: fetched once in pieces from the Factory Service, verified by digest, kept in memory.
public actor FirmwareSource {
    /// Largest firmware that a station takes, in octets.
    public static let largest = 64 * 1024 * 1024

    private let work: WorkLink
    private let piece: Int
    private var fetched: [Digest256: Task<[UInt8], any Error>] = [:]

    /// - Parameter piece: octets to ask for at once.
    public init(_ work: WorkLink, piece: Int = ReadFirmware.largestPiece) {
        self.work = work
        self.piece = min(max(piece, 1), ReadFirmware.largestPiece)
    }

    /// The file with this SHA-256. Throws `station.firmware.mismatch` for any other content or size.
    public func firmware(_ digest: Digest256, size: Int) async throws -> [UInt8] {
        if let running = fetched[digest] { return try await running.value }
        let task = Task { try await fetch(digest, size: size) }
        fetched[digest] = task
        do {
            return try await task.value
        } catch {
            fetched[digest] = nil
            throw error
        }
    }

    private nonisolated func fetch(_ digest: Digest256, size: Int) async throws -> [UInt8] {
        guard (1...Self.largest).contains(size) else {
            throw Refusal(StationError.firmwareMismatch, "\(size) octets announced")
        }
        var file: [UInt8] = []
        file.reserveCapacity(size)
        while file.count < size {
            let length = min(piece, size - file.count)
            let reply = try await work.ask(
                ReadFirmware.self,
                .init(digest: digest, offset: file.count, length: length)
            )
            guard reply.total == size, reply.piece.bytes.count == length else {
                throw Refusal(StationError.firmwareMismatch, "\(reply.total) octets where \(size) are approved")
            }
            file += reply.piece.bytes
        }
        guard Digest256.of(file) == digest else { throw Refusal(StationError.firmwareMismatch, "digest") }
        return file
    }
}
