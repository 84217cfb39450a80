import Crypto
public import Vocabulary

/// The hashes of RFC 9162 section 2.1.1 (those of RFC 6962): SHA-256, with leaves and nodes kept apart by a prefix.
public enum MerkleHash {
    /// The root of a log without entries: SHA-256 of nothing.
    public static let empty = Digest256(validated: Array(SHA256.hash(data: [UInt8]())))

    /// SHA-256(0x00 ‖ entry).
    public static func leaf(_ entry: some Sequence<UInt8>) -> Digest256 {
        digest(prefix: 0) { hash in
            let whole: Void? = entry.withContiguousStorageIfAvailable {
                hash.update(bufferPointer: UnsafeRawBufferPointer($0))
            }
            if whole == nil { hash.update(data: Array(entry)) }
        }
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    public static func node(_ left: Digest256, _ right: Digest256) -> Digest256 {
        digest(prefix: 1) { hash in
            left.withOctets { hash.update(bufferPointer: $0) }
            right.withOctets { hash.update(bufferPointer: $0) }
        }
    }

    private static func digest(prefix: UInt8, _ update: (inout SHA256) -> Void) -> Digest256 {
        var hash = SHA256()
        withUnsafeBytes(of: prefix) { hash.update(bufferPointer: $0) }
        update(&hash)
        return hash.finalize().withUnsafeBytes { Digest256(octets: $0) }
    }

    /// The largest power of two below `size`, where a tree of `size` (2 or more) leaves splits.
    static func split(_ size: Int) -> Int {
        1 << (Int.bitWidth - 1 - (size - 1).leadingZeroBitCount)
    }
}
