import Foundation

/// What files come to without what only their latest changes take: SQLite's files count by their pages, whatever part of
/// these lies in a write-ahead log for now, and the logs themselves are left out.
enum DiskSize {
    private static let transient = ["-wal", "-shm", "-journal", ".lock"]
    private static let header = Array("SQLite format 3\0".utf8)
    private static let pages = """
        SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) AS n
        """

    /// Octets of all files under these folders.
    static func ofFolders(_ folders: [String]) async -> Int {
        await ofFiles(folders.flatMap(files))
    }

    /// Octets of these files; none of a file that is not there.
    static func ofFiles(_ files: [String]) async -> Int {
        var sum = 0
        for file in files where !transient.contains(where: file.hasSuffix) { sum += await size(of: file) }
        return sum
    }

    private static func files(under folder: String) -> [String] {
        let found = FileManager.default.enumerator(
            at: URL(fileURLWithPath: folder),
            includingPropertiesForKeys: [.isRegularFileKey]
        )
        return (found?.allObjects ?? []).compactMap { $0 as? URL }
            .filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true }.map(\.path)
    }

    private static func size(of file: String) async -> Int {
        let size = (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
        // A database whose first page is still in its log has no header yet; nothing of ours is left like that.
        guard size >= header.count, begins(file, with: header) else { return size }
        return (try? await SQLiteShell(path: file).figure(pages)) ?? size
    }

    private static func begins(_ file: String, with octets: [UInt8]) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: file) else { return false }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: octets.count)).map(Array.init) == octets
    }
}
