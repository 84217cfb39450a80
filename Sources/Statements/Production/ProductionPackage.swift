public import Vocabulary

/// The outside of "the encrypted Production Batch": who may open it, and what exactly is inside. Signed by the
/// authorizer, so that an altered or re-sealed package is refused before anything is opened.
public struct ProductionPackage: Statement {
    public static let payloadType = "application/vnd.obis.production-package.v1+json"

    public let edgeHSM: EdgeHSMID
    public let authorization: Digest256
    /// SHA-256 of the HPKE ciphertext.
    public let sealed: Digest256
    /// HPKE encapsulated key (RFC 9180, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode).
    public let encapsulated: P256Point
    public let roleKeysVersion: Int
    public let issuedAt: Instant

    public init(
        edgeHSM: EdgeHSMID,
        authorization: Digest256,
        sealed: Digest256,
        encapsulated: P256Point,
        roleKeysVersion: Int,
        issuedAt: Instant
    ) {
        self.edgeHSM = edgeHSM
        self.authorization = authorization
        self.sealed = sealed
        self.encapsulated = encapsulated
        self.roleKeysVersion = roleKeysVersion
        self.issuedAt = issuedAt
    }

    /// HPKE `info`.
    public static let sealInfo = Array("obis production package v1".utf8)

    /// HPKE additional data: binds the ciphertext to one EdgeHSM and one authorization.
    public static func sealContext(edgeHSM: EdgeHSMID, authorization: Digest256) -> [UInt8] {
        Array(edgeHSM.text.utf8) + [0] + authorization.bytes
    }
}

/// What is sealed.
public struct PackageContents: Codable, Sendable, Hashable {
    public struct WrappedKey: Codable, Sendable, Hashable {
        public let slot: KeySlot
        /// RSA-3072 OAEP under the EdgeHSM's transport key.
        public let wrapped: Octets
        public init(slot: KeySlot, wrapped: Octets) {
            self.slot = slot
            self.wrapped = wrapped
        }
    }

    public static let largest = 256 * 1024

    public let authorization: Envelope
    public let approval: Envelope
    /// The manifest's exact octets.
    public let manifest: Octets
    public let keys: [WrappedKey]
    /// The Certification Declaration, CMS.
    public let certificationDeclaration: Octets

    public init(
        authorization: Envelope,
        approval: Envelope,
        manifest: Octets,
        keys: [WrappedKey],
        certificationDeclaration: Octets
    ) {
        self.authorization = authorization
        self.approval = approval
        self.manifest = manifest
        self.keys = keys
        self.certificationDeclaration = certificationDeclaration
    }

    /// Throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(PackageContents.self, from: bytes)
    }
}

/// A package as a file: the signed outside and the sealed part.
public struct PackageFile: Codable, Sendable, Hashable {
    public static let largest = 1024 * 1024
    public let package: Envelope
    public let sealed: Octets

    public init(package: Envelope, sealed: Octets) {
        self.package = package
        self.sealed = sealed
    }

    /// Throws a `StatementError`.
    public init(parsing bytes: [UInt8]) throws {
        try StrictJSON.check(bytes, limit: Self.largest)
        self = try StatementCoding.decode(PackageFile.self, from: bytes)
    }
}
