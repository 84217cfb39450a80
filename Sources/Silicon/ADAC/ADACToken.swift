import Crypto
public import Vocabulary

/// The answer to one challenge, version 1.0 with ECDSA P-256: header 24 octets, extensions hash 32, raw signature 64,
/// extensions. The challenge is signed but not carried.
public struct ADACToken: Hashable, Sendable {
    public let requested: ADACPermissions
    public let signature: RawSignature
    public let extensions: [UInt8]

    static let fixedSize = 120

    public init(requested: ADACPermissions, signature: RawSignature) {
        self.requested = requested
        self.signature = signature
        extensions = []
    }

    /// What the leaf's key signs: octets 0 to 55 of the token, then the challenge.
    public static func toBeSigned(requested: ADACPermissions, challenge: ADACChallenge) -> [UInt8] {
        head(requested: requested, extensions: []) + challenge.vector.bytes
    }

    private static func head(requested: ADACPermissions, extensions: [UInt8]) -> [UInt8] {
        ADACEncoding.version + [ADACEncoding.p256, 0]
            + UInt32(truncatingIfNeeded: extensions.count).littleEndianBytes + requested.bytes
            + ADACEncoding.hash(ofExtensions: extensions)
    }

    public var encoded: [UInt8] {
        Self.head(requested: requested, extensions: extensions) + signature.bytes + ADACEncoding.padded(extensions)
    }

    /// Throws `adac.*`; the signature is not verified here.
    public init(parsing bytes: [UInt8]) throws {
        var reader = ByteReader(bytes, else: ADACEncoding.malformed("token length"))
        try ADACEncoding.readVersion(&reader)
        try ADACEncoding.readCryptosystem(&reader)
        guard try reader.u8() == 0 else { throw ADACEncoding.malformed("reserved field") }
        let extensionsLength = try reader.u32()
        requested = try ADACPermissions(reader.take(ADACPermissions.size))
        let hash = try reader.take(32)
        signature = try RawSignature(reader.take(64))
        extensions = try ADACEncoding.readExtensions(&reader, length: extensionsLength, hash: hash)
        try reader.finish()
    }

    func isSigned(by key: P256Point, over challenge: ADACChallenge) -> Bool {
        let message = Self.head(requested: requested, extensions: extensions) + challenge.vector.bytes
        return P256Verification.accepts(signature, over: message, by: key)
    }
}

/// A chip's fresh random challenge, as its AuthStart response carries it (36 octets). Answered once.
public struct ADACChallenge: Hashable, Sendable {
    public let vector: Nonce

    public init(vector: Nonce) { self.vector = vector }

    /// Octets of the AuthStart response's data.
    public init(parsing bytes: [UInt8]) throws {
        var reader = ByteReader(bytes, else: ADACEncoding.malformed("challenge length"))
        try ADACEncoding.readVersion(&reader)
        guard try reader.u16() == 0 else { throw ADACEncoding.malformed("reserved field") }
        vector = try Nonce(reader.take(Nonce.size))
        try reader.finish()
    }

    public var encoded: [UInt8] { ADACEncoding.version + [0, 0] + vector.bytes }
}
