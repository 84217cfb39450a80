import Crypto
public import Vocabulary

/// An MCUboot image, parsed strictly: header, body, protected TLVs, TLVs, and nothing after them.
///
/// Source: MCUboot `docs/design.md`. Images for plain boot with one ECDSA P-256 signature only; anything else is refused
/// by name, because a signature scheme that isn't checked must not look like one that is.
public struct MCUbootImage: Sendable {
    /// 64 MiB.
    public static let largestFile = 64 * 1024 * 1024

    public let version: MCUbootVersion
    public let product: FirmwareProduct?

    private let file: [UInt8]
    /// Octets from the start that digest and signature cover: header, body, protected TLVs.
    private let signedLength: Int
    private let keyHash: [UInt8]
    private let digest: [UInt8]
    private let signature: [UInt8]

    /// Throws `firmware.*`; nothing is verified yet.
    public init(parsing file: [UInt8]) throws {
        guard file.count <= Self.largestFile else {
            throw Refusal(SiliconError.firmwareTooLarge, "\(file.count) octets")
        }
        let header = try MCUbootHeader(file)
        let bodyEnd = Int(header.headerSize) + Int(header.imageSize)
        guard bodyEnd <= file.count else { throw MCUbootFormat.malformed("body ends beyond the file") }
        signedLength = bodyEnd + Int(header.protectedSize)
        guard signedLength <= file.count else { throw MCUbootFormat.malformed("protected TLVs end beyond the file") }
        let protected = try MCUbootTLV.parseArea(
            file[bodyEnd..<signedLength],
            magic: MCUbootFormat.protectedMagic,
            required: false
        )
        let unprotected = try MCUbootTLV.parseArea(
            file[signedLength...],
            magic: MCUbootFormat.tlvMagic,
            required: true
        )
        try MCUbootTLV.refuseForeignSchemes(protected + unprotected)
        version = header.version
        product = try Self.product(in: protected)
        (keyHash, digest, signature) = try Self.proof(in: unprotected)
        self.file = file
    }

    /// Verifies key hash, digest and signature, in this order.
    ///
    /// - Parameter key: the secure-boot key that the OEM names; checked to be on the curve.
    /// - Throws: `firmware.key.invalid`, `firmware.key.mismatch`, `firmware.digest.mismatch`,
    ///   `firmware.signature.invalid`.
    public func verify(key: P256Point) throws -> VerifiedFirmware {
        guard let publicKey = try? P256.Signing.PublicKey(x963Representation: key.bytes) else {
            throw Refusal(SiliconError.firmwareKeyInvalid)
        }
        guard Array(SHA256.hash(data: publicKey.derRepresentation)) == keyHash else {
            throw Refusal(SiliconError.firmwareWrongKey, "file names key \(Hex.encode(keyHash))")
        }
        let computed = SHA256.hash(data: file[..<signedLength])
        guard Array(computed) == digest else { throw Refusal(SiliconError.firmwareDigestWrong) }
        guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature),
            publicKey.isValidSignature(signature, for: computed)
        else { throw Refusal(SiliconError.firmwareSignatureWrong) }
        return try VerifiedFirmware(
            fileDigest: Digest256(SHA256.hash(data: file)),
            imageDigest: Digest256(computed),
            version: version,
            product: product,
            size: file.count
        )
    }

    private static func product(in protected: [MCUbootTLV]) throws -> FirmwareProduct? {
        guard let tlv = try MCUbootTLV.only(.vendorProduct, in: protected) else { return nil }
        let malformed = MCUbootFormat.malformed("vendor TLV of \(tlv.value.count) octets")
        var reader = ByteReader(tlv.value, else: malformed)
        let product = try FirmwareProduct(
            vendorID: VendorID(reader.u16()),
            productID: ProductID(reader.u16()),
            softwareVersion: reader.u32()
        )
        try reader.finish()
        return product
    }

    /// The three TLVs that prove something. No other may stand outside the signed part, where anybody could add it.
    private static func proof(in area: [MCUbootTLV]) throws -> ([UInt8], [UInt8], [UInt8]) {
        let known = [MCUbootTLV.Kind.keyHash, .sha256, .ecdsa].map(\.rawValue)
        if let stranger = area.first(where: { !known.contains($0.type) }) {
            throw MCUbootFormat.malformed("unsigned TLV \(Hex.encode(stranger.type.littleEndianBytes.reversed()))")
        }
        guard let signature = try MCUbootTLV.only(.ecdsa, in: area) else {
            throw Refusal(SiliconError.firmwareUnsigned)
        }
        guard let keyHash = try MCUbootTLV.only(.keyHash, in: area), keyHash.value.count == 32 else {
            throw MCUbootFormat.malformed("key hash missing or not 32 octets")
        }
        guard let digest = try MCUbootTLV.only(.sha256, in: area), digest.value.count == 32 else {
            throw MCUbootFormat.malformed("SHA-256 missing or not 32 octets")
        }
        return (keyHash.value, digest.value, signature.value)
    }
}
