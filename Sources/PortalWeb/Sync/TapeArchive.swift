import Vocabulary

/// A POSIX tar archive (IEEE 1003.1, ustar) of plain files, so that every system unpacks it.
enum TapeArchive {
    static let block = 512

    /// Octets of the whole archive.
    static func size(of files: [(name: String, size: Int)]) -> Int {
        files.reduce(2 * block) { $0 + block + padded($1.size) }
    }

    static func padded(_ size: Int) -> Int { (size + block - 1) / block * block }

    /// A whole archive of small files.
    static func bytes(of files: [(name: String, content: [UInt8])], time: Instant) -> [UInt8] {
        var archive: [UInt8] = []
        for (name, content) in files {
            archive += header(name: name, size: content.count, time: time) + content
            archive += [UInt8](repeating: 0, count: padded(content.count) - content.count)
        }
        return archive + [UInt8](repeating: 0, count: 2 * block)
    }

    /// The 512 octets before a file. Names of at most 100 ASCII characters; sizes below 8 GiB.
    static func header(name: String, size: Int, time: Instant) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        func put(_ bytes: [UInt8], at offset: Int) {
            for (index, byte) in bytes.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ width: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(width - 1 - digits.count, 0)) + digits).utf8)
        }
        put(Array(name.utf8.prefix(100)), at: 0)
        put(octal(0o644, 8), at: 100)
        put(octal(0, 8), at: 108)
        put(octal(0, 8), at: 116)
        put(octal(size, 12), at: 124)
        put(octal(Int(max(time.seconds, 0)), 12), at: 136)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        header[156] = UInt8(ascii: "0")
        put(Array("ustar".utf8), at: 257)
        put(Array("00".utf8), at: 263)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, 7) + [0, 0x20], at: 148)
        return header
    }
}
