import Foundation

/// The journal of a stopped EdgeHSM, as somebody with its disk can copy and restore it.
struct JournalCopy: Sendable {
    private let journal: String
    private let folder: String

    /// Copies the database with whatever lies beside it.
    init(of edge: EdgeAppliance, as name: String) throws {
        journal = edge.journal
        folder = try edge.host.world.folder("attacks", "journals", name)
        for suffix in Self.suffixes where FileManager.default.fileExists(atPath: journal + suffix) {
            try FileManager.default.copyItem(atPath: journal + suffix, toPath: folder + "/journal" + suffix)
        }
    }

    func restore() throws {
        for suffix in Self.suffixes {
            if FileManager.default.fileExists(atPath: journal + suffix) {
                try FileManager.default.removeItem(atPath: journal + suffix)
            }
            let kept = folder + "/journal" + suffix
            if FileManager.default.fileExists(atPath: kept) {
                try FileManager.default.copyItem(atPath: kept, toPath: journal + suffix)
            }
        }
    }

    private static let suffixes = ["", "-wal", "-shm"]
}
