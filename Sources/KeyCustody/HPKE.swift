import Crypto
import FoundationEssentials
public import Vocabulary

/// HPKE (RFC 9180) in base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM, one message each.
enum HPKESuite {
    static let suite = HPKE.Ciphersuite.P256_SHA256_AES_GCM_256
    /// Largest plaintext, in octets: bounds what a hostile sender makes us allocate.
    static let largestPlaintext = 64 * 1024 * 1024
    static let tagOctets = 16
}

/// One HPKE message: the encapsulated key (an ephemeral point) and the ciphertext with its 16-octet tag.
public struct HPKEMessage: Sendable, Hashable {
    public let encapsulated: P256Point
    public let ciphertext: [UInt8]

    public init(encapsulated: P256Point, ciphertext: [UInt8]) {
        self.encapsulated = encapsulated
        self.ciphertext = ciphertext
    }
}

/// Seals to a recipient whose key may be in a token.
public enum HPKESealer {
    /// Throws `key.point.malformed` when the recipient is not on the curve.
    public static func seal(
        _ plaintext: some Collection<UInt8>,
        to recipient: P256Point,
        info: [UInt8],
        aad: [UInt8]
    ) throws -> HPKEMessage {
        guard plaintext.count <= HPKESuite.largestPlaintext else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "plaintext over \(HPKESuite.largestPlaintext) octets")
        }
        let key = try ForeignPoint.agreementKey(recipient)
        var sender = try HPKE.Sender(recipientKey: key, ciphersuite: HPKESuite.suite, info: Data(info))
        let ciphertext = try sender.seal(Data(plaintext), authenticating: Data(aad))
        return HPKEMessage(
            encapsulated: try P256Point(Array(sender.encapsulatedKey)),
            ciphertext: Array(ciphertext)
        )
    }
}

/// Opens what was sealed to a key in a token. The private key stays there; the one-time shared secret of this message
/// passes the process.
public enum HPKEOpener {
    /// Throws `key.seal.unopenable` for every reason that lies in the message, `key.point.malformed` for a bad point.
    public static func open(
        _ message: HPKEMessage,
        with key: any AgreementKey,
        info: [UInt8],
        aad: [UInt8]
    )
        async throws -> Secret
    {
        let sizes = HPKESuite.tagOctets...(HPKESuite.largestPlaintext + HPKESuite.tagOctets)
        guard sizes.contains(message.ciphertext.count) else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "ciphertext of \(message.ciphertext.count) octets")
        }
        // HPKE's decapsulation is synchronous and the token is not: the agreement comes first.
        let shared = try await key.agree(with: message.encapsulated)
        let recipient = TokenKEMKey(publicKey: try TokenKEMPublicKey(key.publicKey), shared: shared)
        do {
            var context = try HPKE.Recipient(
                privateKey: recipient,
                ciphersuite: HPKESuite.suite,
                info: Data(info),
                encapsulatedKey: Data(message.encapsulated.bytes)
            )
            var plaintext = try context.open(Data(message.ciphertext), authenticating: Data(aad))
            defer { plaintext.resetBytes(in: 0..<plaintext.count) }
            return Secret(plaintext)
        } catch {
            throw Refusal(KeyCustodyError.sealUnopenable)
        }
    }
}

/// A foreign point, checked on the curve by swift-crypto before any token sees it.
public enum ForeignPoint {
    /// Throws `key.point.malformed`.
    public static func check(_ point: P256Point) throws { _ = try agreementKey(point) }

    static func agreementKey(_ point: P256Point) throws -> P256.KeyAgreement.PublicKey {
        do {
            return try P256.KeyAgreement.PublicKey(x963Representation: point.bytes)
        } catch {
            throw Refusal(KeyCustodyError.pointMalformed, point.hex)
        }
    }
}

private struct TokenKEMPublicKey: HPKEKEMPublicKey {
    typealias EphemeralPrivateKey = TokenKEMKey
    let key: P256.KeyAgreement.PublicKey

    init(_ point: P256Point) throws { key = try ForeignPoint.agreementKey(point) }
    init<Bytes: ContiguousBytes>(_ serialization: Bytes, kem: HPKE.KEM) throws {
        key = try P256.KeyAgreement.PublicKey(serialization, kem: kem)
    }
    func hpkeRepresentation(kem: HPKE.KEM) throws -> Data { try key.hpkeRepresentation(kem: kem) }
    func encapsulate() throws -> KEM.EncapsulationResult { throw Refusal(KeyCustodyError.roleUnsuitable, "HPKE") }
}

/// A recipient whose Diffie-Hellman was already done in the token: decapsulation is RFC 9180 section 4.1 from there on.
private struct TokenKEMKey: HPKEKEMPrivateKey, HPKEKEMPrivateKeyGeneration {
    let publicKey: TokenKEMPublicKey
    let shared: Secret

    init(publicKey: TokenKEMPublicKey, shared: Secret) {
        self.publicKey = publicKey
        self.shared = shared
    }
    /// Token keys are made by `Token.generate` alone.
    init() throws { throw Refusal(KeyCustodyError.roleUnsuitable, "HPKE") }
    static func generate() throws -> Self { throw Refusal(KeyCustodyError.roleUnsuitable, "HPKE") }

    func decapsulate(_ encapsulated: Data) throws -> SymmetricKey {
        let suite = Data("HPKE-v1".utf8) + Data("KEM".utf8) + Data([0x00, 0x10])
        var labeled = suite + Data("eae_prk".utf8)
        labeled.reserveCapacity(labeled.count + shared.count)
        shared.withBytes { labeled.append(contentsOf: $0) }
        defer { labeled.resetBytes(in: 0..<labeled.count) }
        let extracted = HKDF<SHA256>.extract(inputKeyMaterial: SymmetricKey(data: labeled), salt: Data())
        let context = encapsulated + publicKey.key.x963Representation
        let info = Data([0x00, 0x20]) + suite + Data("shared_secret".utf8) + context
        return HKDF<SHA256>.expand(pseudoRandomKey: extracted, info: info, outputByteCount: 32)
    }
}
