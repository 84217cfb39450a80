import TestSupport

extension [UInt8] {
    /// Bytes that differ: flips, inserted, removed, doubled or extreme octets, and cuts.
    func mutated(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = self
        repeat {
            let index = bytes.isEmpty ? 0 : Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0 where !bytes.isEmpty: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1 where !bytes.isEmpty: bytes[index] = [0, 0xff, 0x7f, 0x80].randomElement(using: &generator) ?? 0
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
            case 3 where !bytes.isEmpty: bytes.remove(at: index)
            case 4 where bytes.count > 1: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            default: bytes.append(contentsOf: bytes.suffix(4))
            }
        } while bytes == self
        return bytes
    }
}
