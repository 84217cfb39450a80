import Crypto
public import Vocabulary

/// The hashes of RFC 9162 section 2.1.1 (those of RFC 6962): SHA-256, with leaves and nodes kept apart by a prefix.
public enum MerkleHash {
    /// The root of a log without entries: SHA-256 of nothing.
    public static let empty = Digest256(validated: Array(SHA256.hash(data: [UInt8]())))

    /// SHA-256(0x00 ‖ entry).
    public static func leaf(_ entry: some Sequence<UInt8>) -> Digest256 {
        var hash = SHA256()
        hash.update(data: [0])
        hash.update(data: Array(entry))
        return Digest256(validated: Array(hash.finalize()))
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    public static func node(_ left: Digest256, _ right: Digest256) -> Digest256 {
        Digest256(validated: Array(SHA256.hash(data: [1] + left.bytes + right.bytes)))
    }

    /// The largest power of two below `size`, where a tree of `size` (2 or more) leaves splits.
    static func split(_ size: Int) -> Int {
        1 << (Int.bitWidth - 1 - (size - 1).leadingZeroBitCount)
    }
}
