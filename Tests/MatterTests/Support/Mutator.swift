import TestSupport

enum Mutator {
    /// Flips, inserts, removes or repeats octets anywhere, or cuts the end off.
    static func octets(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            case 3: bytes.remove(at: index)
            default: bytes.removeLast(min(bytes.count, Int.random(in: 1...8, using: &random)))
            }
        }
        return bytes
    }

    /// Changes the structure somewhere in the tree: still DER outside, wrong inside.
    static func structure(_ tree: DERTree, _ random: inout SeededGenerator) -> DERTree {
        var tree = tree
        let path = tree.paths.dropFirst().randomElement(using: &random) ?? []
        let choice = Int.random(in: 0..<6, using: &random)
        let octet = UInt8.random(in: 0...255, using: &random)
        let position = Int.random(in: 0..<64, using: &random)
        switch choice {
        case 0: tree.edit(at: Array(path.dropLast())) { $0.children?.remove(at: path.last ?? 0) }
        case 1:
            tree.edit(at: Array(path.dropLast())) { parent in
                if let last = path.last, let child = parent.children?[last] { parent.children?.append(child) }
            }
        case 2: tree.edit(at: path) { $0.tag = ($0.tag & 0x20) | (octet & 0x9F) }
        case 3: tree.edit(at: Array(path.dropLast())) { $0.children?.reverse() }
        default:
            tree.edit(at: path) { node in
                guard node.children == nil else { return }
                if node.content.isEmpty || choice == 4 {
                    node.content.insert(octet, at: min(position, node.content.count))
                } else {
                    node.content[position % node.content.count] = octet
                }
            }
        }
        return tree
    }
}
