import Foundation
import Glibc
import Vocabulary

/// What was read of one place, and which patterns stood in it.
struct ScanReading: Sendable {
    var bytes = 0
    var found: Set<Int> = []
}

/// Reads a place piece by piece.
struct ScanReader {
    private static let piece = 8 * 1_024 * 1_024

    let search: PatternSearch
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ search: PatternSearch) {
        self.search = search
        buffer = .allocate(byteCount: Self.piece, alignment: 16)
    }

    func release() { buffer.deallocate() }

    /// Every readable mapping of a process. Throws `box.story.unexpected` where the kernel forbids it.
    func memory(of process: Int32) throws -> ScanReading {
        let maps = try Self.text("/proc/\(process)/maps")
        let file = open("/proc/\(process)/mem", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw Refusal(FactoryBoxError.unexpected, "memory of process \(process): errno \(errno); a scan needs root")
        }
        defer { close(file) }
        var reading = ScanReading()
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 2, fields[1].hasPrefix("r"), !line.hasSuffix("[vvar]"), !line.hasSuffix("[vsyscall]")
            else { continue }
            let ends = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { continue }
            read(file, ends[0]..<ends[1], into: &reading)
        }
        guard reading.bytes > 0 else {
            throw Refusal(FactoryBoxError.unexpected, "no memory of process \(process) could be read")
        }
        return reading
    }

    /// A file of the kernel's: it states no size, and one read gives a part of it.
    private static func text(_ path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Refusal(FactoryBoxError.unexpected, "\(path): errno \(errno)") }
        defer { close(file) }
        var (text, part): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = part.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += part[..<count]
        }
    }

    /// Octets at hand.
    func octets(_ bytes: [UInt8]) -> ScanReading {
        bytes.withUnsafeBytes { ScanReading(bytes: $0.count, found: search.find(in: $0)) }
    }

    /// What the kernel shows of each process to whoever asks: `cmdline` or `environ`. A process that ended meanwhile has
    /// none.
    func kernelText(_ name: String, of processes: [Int32]) -> ScanReading {
        octets(Array(processes.compactMap { try? Self.text("/proc/\($0)/\(name)") }.joined(separator: "\n").utf8))
    }

    /// Every regular file under a folder; sockets and links are passed over.
    func files(under folder: String) throws -> ScanReading {
        var reading = ScanReading()
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() {
            let path = folder + "/" + name
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular,
                let size = attributes[.size] as? Int
            else { continue }
            let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            // A database's journal may have gone since the folder was listed.
            guard file >= 0 else { continue }
            defer { close(file) }
            read(file, 0..<size, into: &reading)
        }
        return reading
    }

    /// One file.
    func file(_ path: String) throws -> ScanReading {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0, let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
            throw Refusal(FactoryBoxError.unexpected, "\(path): errno \(errno)")
        }
        defer { close(file) }
        var reading = ScanReading()
        read(file, 0..<size, into: &reading)
        return reading
    }

    private func read(_ file: Int32, _ range: Range<Int>, into reading: inout ScanReading) {
        var position = range.lowerBound
        var kept = 0
        while position < range.upperBound {
            let wanted = min(buffer.count - kept, range.upperBound - position)
            let count = pread(file, buffer.baseAddress.map { $0 + kept }, wanted, off_t(position))
            guard count > 0 else {
                // A page that nobody may read; the next one may be readable again.
                position += 4_096
                kept = 0
                continue
            }
            reading.bytes += count
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<(kept + count)])
            reading.found.formUnion(search.find(in: piece))
            kept = min(search.overlap, piece.count)
            if let base = buffer.baseAddress { memmove(base, base + piece.count - kept, kept) }
            position += count
        }
    }
}
