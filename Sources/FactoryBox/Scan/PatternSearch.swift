import CSearch
import Foundation

/// Looks for thousands of patterns in one pass: a filter over the first eight octets, then a comparison.
struct PatternSearch: Sendable {
    let patterns: [ScanPattern]
    /// Octets that two pieces of one whole must share, so that nothing is missed at their border.
    let overlap: Int
    private let filter: [UInt8]
    private let byHead: [UInt64: [Int]]

    /// Patterns shorter than eight octets are not looked for.
    init(_ patterns: [ScanPattern]) {
        self.patterns = patterns.filter { $0.bytes.count >= 8 }
        var filter = [UInt8](repeating: 0, count: 1 << (Int(OBIS_SEARCH_FILTER_BITS) - 3))
        var byHead: [UInt64: [Int]] = [:]
        for (index, pattern) in self.patterns.enumerated() {
            let head = Self.head(pattern.bytes)
            let slot = Int(obis_search_slot(head))
            filter[slot >> 3] |= 1 << UInt8(slot & 7)
            byHead[head, default: []].append(index)
        }
        self.filter = filter
        self.byHead = byHead
        overlap = max(0, (self.patterns.map(\.bytes.count).max() ?? 0) - 1)
    }

    private static func head(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }

    /// The patterns that stand in `piece`.
    func find(in piece: UnsafeRawBufferPointer) -> Set<Int> {
        var found: Set<Int> = []
        guard let base = piece.baseAddress else { return found }
        let data = base.assumingMemoryBound(to: UInt8.self)
        var position = 0
        while true {
            position = obis_search_next(data, piece.count, position, filter)
            guard position < piece.count else { return found }
            let head = piece.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            for index in byHead[head, default: []] {
                let bytes = patterns[index].bytes
                guard position + bytes.count <= piece.count else { continue }
                if piece[position..<(position + bytes.count)].elementsEqual(bytes) { found.insert(index) }
            }
            position += 1
        }
    }
}
