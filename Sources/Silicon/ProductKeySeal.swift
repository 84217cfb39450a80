public import Crypto
import FoundationEssentials
public import Vocabulary

/// How a product key travels from an EdgeHSM's token to one chip: what both sides compute.
///
/// KEK = SHA-256(Z ‖ 00000001 ‖ info), the ANSI X9.63 KDF (SEC 1 section 3.6.1) with SHA-256 for 32 octets, where Z is
/// the x coordinate of the ECDH point of an ephemeral key and the chip's key-agreement key. The key is wrapped under KEK
/// by AES key wrap (RFC 3394): 24 octets for AES-128, 40 for AES-256.
public enum ProductKeySeal {
    /// Largest `info`, in octets.
    public static let largestInfo = 1024
    public static let kekOctets = 32
    /// Lengths of a wrapped AES-128 and AES-256 key.
    public static let wrappedOctets: Set<Int> = [24, 40]

    /// The key-encryption key of one seal. `shared` is Z, 32 octets.
    public static func keyEncryptionKey(shared: Secret, info: [UInt8]) throws -> SymmetricKey {
        guard shared.count == 32, info.count <= largestInfo else {
            throw Refusal(ProductKeySealError.malformed, "\(info.count) octets of info")
        }
        var hash = SHA256()
        shared.withBytes { hash.update(bufferPointer: $0) }
        hash.update(data: [0, 0, 0, 1] as [UInt8])
        hash.update(data: info)
        return SymmetricKey(data: hash.finalize())
    }

    /// The chip's side: `agree` gives Z for the ephemeral point. Throws `silicon.seal.unopenable` when the wrap's
    /// integrity check fails: another chip's seal, another `info`, or changed octets.
    public static func open(
        ephemeral: P256Point,
        wrapped: [UInt8],
        info: [UInt8],
        agree: (P256Point) throws -> Secret
    ) throws -> SymmetricKey {
        guard wrappedOctets.contains(wrapped.count) else {
            throw Refusal(ProductKeySealError.malformed, "wrapped key of \(wrapped.count) octets")
        }
        guard (try? P256.KeyAgreement.PublicKey(x963Representation: ephemeral.bytes)) != nil else {
            throw Refusal(ProductKeySealError.malformed, "ephemeral point is not on the curve")
        }
        let key = try keyEncryptionKey(shared: agree(ephemeral), info: info)
        guard let opened = try? AES.KeyWrap.unwrap(wrapped, using: key) else {
            throw Refusal(ProductKeySealError.unopenable)
        }
        return opened
    }

    /// The same with the chip's key in memory, as a virtual chip and tests have it.
    public static func open(
        ephemeral: P256Point,
        wrapped: [UInt8],
        info: [UInt8],
        with key: P256.KeyAgreement.PrivateKey
    ) throws -> SymmetricKey {
        try open(ephemeral: ephemeral, wrapped: wrapped, info: info) { point in
            let peer = try P256.KeyAgreement.PublicKey(x963Representation: point.bytes)
            return try key.sharedSecretFromKeyAgreement(with: peer).withUnsafeBytes { Secret($0) }
        }
    }
}

/// What can be wrong with a sealed product key.
public enum ProductKeySealError: String, ErrorCatalogue {
    case malformed = "silicon.seal.malformed"
    case unopenable = "silicon.seal.unopenable"

    public var meaning: String {
        switch self {
        case .malformed: "A sealed product key has a wrong size or an ephemeral key that is no point of P-256."
        case .unopenable: "A sealed product key can't be opened by this chip for this slot and nonce."
        }
    }

    public var remedy: String {
        switch self {
        case .malformed: "Ask the EdgeHSM for the seal again; if it lasts, station and EdgeHSM differ in version."
        case .unopenable: "Ask for a seal made for this chip's present CSR, slot and nonce."
        }
    }
}
