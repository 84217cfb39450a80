import Durability
import Synchronization
import Vocabulary

/// Keeps the last of the disk for what matters: first refusals are no longer journaled, then nothing new is issued.
final class DiskWatch: Sendable {
    /// Octets below which refusals stay in memory.
    static let refusalReserve: UInt64 = 256 * 1024 * 1024
    /// Octets below which no request that needs the token is taken: ending a unit, closing and downlink still are.
    static let reserve: UInt64 = 32 * 1024 * 1024

    private let path: String
    private let free = Mutex(UInt64.max)

    init(path: String) {
        self.path = path
        look()
    }

    /// Reads the free space anew; where it can't be read, the last figure stands.
    func look() {
        guard let octets = try? FileSystem.freeSpace(at: path) else { return }
        free.withLock { $0 = octets }
    }

    var hasRoomForRefusals: Bool { free.withLock { $0 } >= Self.refusalReserve }

    /// Throws `store.disk.low`.
    func requireRoom() throws {
        let octets = free.withLock { $0 }
        guard octets >= Self.reserve else {
            throw Refusal(DurabilityError.diskLow, "\(octets) octets free, \(Self.reserve) kept in reserve")
        }
    }
}
