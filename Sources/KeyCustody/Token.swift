public import Vocabulary

/// A P-256 key in a token that signs.
public protocol SigningKey: Sendable {
    var publicKey: P256Point { get }
    /// ECDSA P-256 over SHA-256(`message`), as r ‖ s. Random, so two signatures of one message differ.
    func sign(_ message: [UInt8]) async throws -> RawSignature
}

/// A P-256 key in a token that agrees (ECDH) with a foreign point.
public protocol AgreementKey: Sendable {
    var publicKey: P256Point { get }
    /// The x coordinate of the shared point, 32 octets. `peer` is checked on the curve before the token sees it.
    /// The one-time secret passes this process; the private key does not.
    func agree(with peer: P256Point) async throws -> Secret
}

/// A product key sealed to one chip: ephemeral ECDH, X9.63 KDF with SHA-256, AES-256 key wrap (RFC 3394).
public struct SealedProductKey: Hashable, Sendable, Codable {
    public let ephemeral: P256Point
    /// Hexadecimal of the wrapped key: 24 octets for AES-128.
    public let wrapped: String

    public init(ephemeral: P256Point, wrapped: String) {
        self.ephemeral = ephemeral
        self.wrapped = wrapped
    }
}

/// What is sealed: the fleet key itself, or a key that is derived for one unit inside the token.
public enum ProductKeyRelease: Sendable, Hashable {
    case fleet
    /// AES-ECB encryption of this 16-octet context under the slot's master (CKM_AES_ECB_ENCRYPT_DATA).
    case derived(context: [UInt8])
}

/// How well a token keeps its keys. A production profile refuses `software`.
public enum TokenAssurance: String, Sendable, Codable, CaseIterable {
    case software
    case hardware
}

public struct TokenDescription: Sendable, Hashable, Codable {
    public let label: String
    public let manufacturer: String
    public let model: String
    public let serial: String
    public let assurance: TokenAssurance

    public init(label: String, manufacturer: String, model: String, serial: String, assurance: TokenAssurance) {
        self.label = label
        self.manufacturer = manufacturer
        self.model = model
        self.serial = serial
        self.assurance = assurance
    }
}

/// What a token does for us, as verbs of the domain. Every call runs off the cooperative pool, in a bounded queue that
/// refuses (`key.queue.full`, retryable) instead of growing.
public protocol Token: Sendable {
    var information: TokenDescription { get }

    func has(_ name: KeyName) async throws -> Bool
    /// All keys of these roles that the token holds, whoever made them and whether anybody has written them down.
    func names(of roles: Set<KeyRole>) async throws -> Set<KeyName>
    /// Makes the key under the attributes of its role; throws `key.name.taken` where one of that name exists.
    func generate(_ name: KeyName) async throws
    func destroy(_ name: KeyName) async throws
    /// Throws `key.name.unknown`; never falls through to another key.
    func signingKey(_ name: KeyName) async throws -> any SigningKey
    func agreementKey(_ name: KeyName) async throws -> any AgreementKey

    /// The RSA-3072 transport public key as DER SubjectPublicKeyInfo.
    func transportPublicKey(_ name: KeyName) async throws -> [UInt8]
    /// RSA OAEP wrap of a product key under a public key that the token's SO created as TRUSTED. 384 octets.
    func wrap(_ product: KeyName, under transport: KeyName) async throws -> [UInt8]
    /// Brings a wrapped product key into this token as `name` (roles `importedFleetKey`, `importedMasterKey`).
    func unwrap(_ wrapped: [UInt8], with transport: KeyName, as name: KeyName) async throws
    /// AES-CMAC (RFC 4493) over the ASCII text `obis-check-value-v1`, all 16 octets. Roles `productFleetKey` and
    /// `productMasterKey`; an imported key can only verify.
    func checkValue(_ product: KeyName) async throws -> [UInt8]
    /// Throws `key.check-value.differs` unless `expected` is the check value of this product or imported key.
    func verifyCheckValue(_ expected: [UInt8], of product: KeyName) async throws
    /// True for a product key that was imported in clear with a known value (CKA_LOCAL is false); lab profile only.
    /// Roles `productFleetKey` and `productMasterKey`: an unwrapped key is never local, its check value proves it.
    func isImportedInClear(_ product: KeyName) async throws -> Bool
    /// Seals a product key to a chip's key-agreement key. `info` is the KDF's shared info: slot, UID, nonce.
    func seal(
        _ product: KeyName,
        _ release: ProductKeyRelease,
        to chip: P256Point,
        info: [UInt8]
    ) async throws
        -> SealedProductKey
    /// HMAC-SHA256 of `context` under a non-extractable key: 32 octets.
    func derive(_ unitSecret: KeyName, context: [UInt8]) async throws -> Secret

    /// Values of all data objects of this label, in no order. Unreadable ones are left out.
    func records(_ label: String) async throws -> [[UInt8]]
    func createRecord(_ label: String, _ value: [UInt8]) async throws
    /// Destroys every record of this label whose value `keep` does not accept, unreadable ones too.
    func pruneRecords(_ label: String, keeping keep: @escaping @Sendable ([UInt8]) -> Bool) async throws
}

/// The message whose AES-CMAC is a product key's check value.
public enum CheckValue {
    public static let message = Array("obis-check-value-v1".utf8)
    public static let octets = 16
}

/// What only the security officer (SO) of a token does.
public protocol TokenOfficer: Sendable {
    /// Creates an RSA transport public key (DER SubjectPublicKeyInfo, 3072 bits) with CKA_TRUSTED; the attribute can't
    /// be set later. Throws `key.officer.busy` while a user is logged in to the token in this process.
    func registerTrusted(_ transport: KeyName, publicKey: [UInt8]) async throws
    /// Destroys the trusted public key of an EdgeHSM that is out of service: no product key can be wrapped to it any more.
    /// Throws `key.name.unknown` where there is none, `key.officer.busy` as above.
    func removeTrusted(_ transport: KeyName) async throws
}
