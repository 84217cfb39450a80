import Crypto
import CryptoExtras
import FoundationEssentials
import KeyCustody
import Vocabulary

/// An EdgeHSM's RSA transport key: 3072 bits, exponent 65537.
struct TransportPublicKey {
    static let octets = 384
    private static let exponent: [UInt8] = [1, 0, 1]
    private static let largestEncoding = 1024

    let modulus: [UInt8]

    /// Throws `key.transport.malformed`.
    init(modulus: [UInt8], exponent: [UInt8]) throws {
        let modulus = Array(modulus.drop { $0 == 0 })
        guard modulus.count == Self.octets, modulus[0] >= 0x80, modulus[Self.octets - 1] & 1 == 1,
            Array(exponent.drop { $0 == 0 }) == Self.exponent
        else { throw Refusal(KeyCustodyError.transportMalformed) }
        self.modulus = modulus
    }

    /// From DER SubjectPublicKeyInfo.
    init(encoded: [UInt8]) throws {
        guard encoded.count <= Self.largestEncoding,
            let key = try? _RSA.Encryption.PublicKey(derRepresentation: encoded),
            let primitives = try? key.getKeyPrimitives()
        else { throw Refusal(KeyCustodyError.transportMalformed) }
        try self.init(modulus: Array(primitives.modulus), exponent: Array(primitives.publicExponent))
        // One encoding for one key: anything that our own encoder wouldn't write is refused.
        guard try self.encoded() == encoded else { throw Refusal(KeyCustodyError.transportMalformed) }
    }

    /// DER SubjectPublicKeyInfo.
    func encoded() throws -> [UInt8] {
        guard let key = try? _RSA.Encryption.PublicKey(n: modulus, e: Self.exponent) else {
            throw Refusal(KeyCustodyError.transportMalformed)
        }
        return Array(key.derRepresentation)
    }
}
