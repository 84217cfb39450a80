import FoundationEssentials

enum FileFigures {
    /// Octets of a database with what is written ahead of it; nil where there is no such file.
    static func size(of path: String?) -> Double? {
        guard let path else { return nil }
        let sizes = [path, path + "-wal"].compactMap { file in
            try? FileManager.default.attributesOfItem(atPath: file)[.size] as? UInt64
        }
        return sizes.isEmpty ? nil : Double(sizes.reduce(0, +))
    }
}
