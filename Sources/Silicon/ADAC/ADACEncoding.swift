import Crypto
import Vocabulary

/// What certificates, tokens and packets have in common.
enum ADACEncoding {
    static let version: [UInt8] = [1, 0]
    /// ECDSA P-256 with SHA-256, as signature type and as key type.
    static let p256: UInt8 = 1
    static let largestExtensions = 4_096

    static func malformed(_ detail: String) -> Refusal { Refusal(SiliconError.adacMalformed, detail) }

    static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }

    /// SHA-256 of the padded extensions; 32 zero octets when there are none.
    static func hash(ofExtensions extensions: [UInt8]) -> [UInt8] {
        extensions.isEmpty
            ? [UInt8](repeating: 0, count: 32) : Array(SHA256.hash(data: padded(extensions)))
    }

    static func readVersion(_ reader: inout ByteReader) throws {
        let found = try reader.take(2)
        guard found == version else { throw Refusal(SiliconError.adacVersion, "\(found[0]).\(found[1])") }
    }

    static func readCryptosystem(_ reader: inout ByteReader) throws {
        let found = try reader.u8()
        guard found == p256 else { throw Refusal(SiliconError.adacCryptosystem, "type \(found)") }
    }

    static func readExtensions(_ reader: inout ByteReader, length: UInt32, hash: [UInt8]) throws -> [UInt8] {
        guard length <= largestExtensions else { throw malformed("\(length) octets of extensions") }
        let extensions = try reader.take(Int(length))
        guard try reader.take((4 - Int(length) % 4) % 4).allSatisfy({ $0 == 0 }) else { throw malformed("padding") }
        guard hash == Self.hash(ofExtensions: extensions) else { throw malformed("extensions hash") }
        return extensions
    }
}
