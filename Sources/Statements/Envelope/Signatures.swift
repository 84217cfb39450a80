public import Crypto
import FoundationEssentials
public import Vocabulary

extension Digest256 {
    public static func of(_ bytes: some Sequence<UInt8>) -> Digest256 {
        var hash = SHA256()
        let whole: Void? = bytes.withContiguousStorageIfAvailable {
            hash.update(bufferPointer: UnsafeRawBufferPointer($0))
        }
        if whole == nil { hash.update(data: Array(bytes)) }
        return hash.finalize().withUnsafeBytes { Digest256(octets: $0) }
    }
}

extension P256Point {
    /// DER SubjectPublicKeyInfo (RFC 5480), 91 octets: a fixed prefix, then the point.
    public var subjectPublicKeyInfo: [UInt8] {
        [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
            0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ] + bytes
    }

    /// SHA-256 of the SubjectPublicKeyInfo: `openssl pkey -pubin -outform DER | sha256sum` prints the same.
    public var keyID: Digest256 { Digest256.of(subjectPublicKeyInfo) }

    /// Nil unless the point is on the curve.
    public var signingKey: P256.Signing.PublicKey? { try? P256.Signing.PublicKey(x963Representation: bytes) }

    /// ECDSA P-256 over SHA-256(`message`).
    public func verifies(_ signature: RawSignature, over message: [UInt8]) -> Bool {
        guard let key = signingKey, let value = try? P256.Signing.ECDSASignature(rawRepresentation: signature.bytes)
        else { return false }
        return key.isValidSignature(value, for: message)
    }
}

extension RawSignature {
    /// From ASN.1 `ECDSA-Sig-Value` (RFC 3279 section 2.2.3), strict DER only.
    public init(der: [UInt8]) throws {
        guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: der),
            Array(signature.derRepresentation) == der
        else { throw Refusal(StatementError.malformedEnvelope, "a signature is not a DER ECDSA value") }
        self.init(validated: Array(signature.rawRepresentation))
    }

    /// ASN.1 `ECDSA-Sig-Value` in DER.
    public var der: [UInt8] {
        get throws { Array(try P256.Signing.ECDSASignature(rawRepresentation: bytes).derRepresentation) }
    }
}
