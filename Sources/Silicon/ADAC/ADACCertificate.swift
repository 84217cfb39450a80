import Crypto
public import Vocabulary

/// What a debug certificate is in its chain.
public enum ADACRole: UInt8, Sendable, Codable, CaseIterable {
    case root = 1
    case intermediate = 2
    case leaf = 3
}

/// An ADAC certificate, version 1.0 with ECDSA P-256 (Arm DEN0101): header 52 octets, raw key 64, extensions hash 32,
/// raw signature 64, extensions. All integers little-endian.
public struct ADACCertificate: Hashable, Sendable {
    public let fields: ADACCertificateFields
    public let signature: RawSignature

    static let fixedSize = 212

    public init(fields: ADACCertificateFields, signature: RawSignature) {
        self.fields = fields
        self.signature = signature
    }

    public var encoded: [UInt8] { fields.toBeSigned + signature.bytes + ADACEncoding.padded(fields.extensions) }

    /// Throws `adac.*`; the signature is not verified here.
    public init(parsing bytes: [UInt8]) throws {
        var reader = ByteReader(bytes, else: ADACEncoding.malformed("certificate length"))
        try ADACEncoding.readVersion(&reader)
        try ADACEncoding.readCryptosystem(&reader)
        try ADACEncoding.readCryptosystem(&reader)
        guard let role = try ADACRole(rawValue: reader.u8()) else { throw ADACEncoding.malformed("role") }
        let usage = try reader.u8()
        guard try reader.u16() == 0 else { throw ADACEncoding.malformed("reserved field") }
        let (lifecycle, oemConstraint) = try (reader.u16(), reader.u16())
        let extensionsLength = try reader.u32()
        let socClass = try reader.u32()
        let socID = try reader.take(16)
        let permissions = try ADACPermissions(reader.take(ADACPermissions.size))
        let key = try P256Point([4] + reader.take(64))
        let hash = try reader.take(32)
        signature = try RawSignature(reader.take(64))
        let extensions = try ADACEncoding.readExtensions(&reader, length: extensionsLength, hash: hash)
        try reader.finish()
        fields = ADACCertificateFields(
            role: role,
            key: key,
            permissions: permissions,
            socClass: socClass,
            socID: socID.allSatisfy { $0 == 0 } ? nil : ChipUID(validated: socID),
            lifecycle: lifecycle,
            oemConstraint: oemConstraint,
            usage: usage,
            extensions: extensions
        )
    }

    /// True when `key` signed this certificate.
    public func isSigned(by key: P256Point) -> Bool {
        P256Verification.accepts(signature, over: fields.toBeSigned, by: key)
    }
}

/// All of a certificate but its signature. Zero (nil for `socID`) is neutral: the certificate does not constrain it.
public struct ADACCertificateFields: Hashable, Sendable {
    public let role: ADACRole
    public let key: P256Point
    public let permissions: ADACPermissions
    public let socClass: UInt32
    public let socID: ChipUID?
    public let lifecycle: UInt16
    public let oemConstraint: UInt16
    public let usage: UInt8
    public let extensions: [UInt8]

    public init(
        role: ADACRole,
        key: P256Point,
        permissions: ADACPermissions,
        socClass: UInt32 = 0,
        socID: ChipUID? = nil,
        lifecycle: UInt16 = 0,
        oemConstraint: UInt16 = 0
    ) {
        self.init(
            role: role,
            key: key,
            permissions: permissions,
            socClass: socClass,
            socID: socID,
            lifecycle: lifecycle,
            oemConstraint: oemConstraint,
            usage: 0,
            extensions: []
        )
    }

    init(
        role: ADACRole,
        key: P256Point,
        permissions: ADACPermissions,
        socClass: UInt32,
        socID: ChipUID?,
        lifecycle: UInt16,
        oemConstraint: UInt16,
        usage: UInt8,
        extensions: [UInt8]
    ) {
        self.role = role
        self.key = key
        self.permissions = permissions
        self.socClass = socClass
        self.socID = socID
        self.lifecycle = lifecycle
        self.oemConstraint = oemConstraint
        self.usage = usage
        self.extensions = extensions
    }

    /// Octets 0 to 147: what the parent signs (ECDSA P-256 with SHA-256).
    public var toBeSigned: [UInt8] {
        let parts: [[UInt8]] = [
            ADACEncoding.version, [ADACEncoding.p256, ADACEncoding.p256, role.rawValue, usage, 0, 0],
            lifecycle.littleEndianBytes, oemConstraint.littleEndianBytes,
            UInt32(truncatingIfNeeded: extensions.count).littleEndianBytes, socClass.littleEndianBytes,
            socID?.bytes ?? [UInt8](repeating: 0, count: 16), permissions.bytes, Array(key.bytes.dropFirst()),
            ADACEncoding.hash(ofExtensions: extensions),
        ]
        return Array(parts.joined())
    }

    /// SHA-256 of the raw key X ‖ Y: what a chip's fuse holds of its debug root.
    public var keyHash: Digest256 { Self.hash(of: key) }

    public static func hash(of key: P256Point) -> Digest256 {
        Digest256(validated: Array(SHA256.hash(data: key.bytes.dropFirst())))
    }
}
