internal import CZlib

/// GZIP file format (RFC 1952) of octets in memory, by zlib.
///
/// For files whose content nobody outside has a hand in. A page that carries a secret beside what its address says must
/// not be compressed: its length would tell of the secret (BREACH).
public enum Gzip {
    /// Window of 32 KiB, and 16 for the header of gzip rather than zlib.
    private static let windowBits: Int32 = 15 + 16

    /// Compressed as far as zlib can, the same octets for the same content: no name, no time. Nil where zlib fails or
    /// nothing is gained.
    public static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        let size = Int32(unsafe MemoryLayout<z_stream>.size)
        guard !bytes.isEmpty, bytes.count <= Int(UInt32.max),
            unsafe deflateInit2_(
                &stream,
                Z_BEST_COMPRESSION,
                Z_DEFLATED,
                windowBits,
                9,
                Z_DEFAULT_STRATEGY,
                ZLIB_VERSION,
                size
            ) == Z_OK
        else { return nil }
        defer { unsafe deflateEnd(&stream) }
        var input = bytes
        let capacity = Int(unsafe deflateBound(&stream, UInt(bytes.count)))
        var isWhole = false
        let result = unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(output.count)
                isWhole = unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END
                count = unsafe output.count - Int(stream.avail_out)
            }
        }
        return isWhole && result.count < bytes.count ? result : nil
    }
}
