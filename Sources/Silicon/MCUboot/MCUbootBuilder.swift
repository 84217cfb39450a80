import Crypto
public import Vocabulary

/// Makes a plain MCUboot image that a ceremony's token signs: the private key never comes here.
public struct MCUbootBuilder: Sendable {
    /// Header, body and protected TLVs: what is signed. ECDSA with SHA-256 over these octets is MCUboot's signature
    /// over the image digest.
    public let toBeSigned: [UInt8]
    public var digest: Digest256 { Digest256(validated: Array(SHA256.hash(data: toBeSigned))) }

    /// - Parameters:
    ///   - headerSize: octets, at least 32; a boot loader's vector table wants 512 on many parts.
    ///   - product: becomes the protected vendor TLV; nil leaves it out.
    /// - Throws: `firmware.image.malformed`, `firmware.file.too-large`.
    public init(body: [UInt8], version: MCUbootVersion, product: FirmwareProduct?, headerSize: UInt16 = 32) throws {
        guard body.count <= MCUbootImage.largestFile - 128 * 1024, let size = UInt32(exactly: body.count) else {
            throw Refusal(SiliconError.firmwareTooLarge, "\(body.count) octets")
        }
        guard headerSize >= MCUbootFormat.smallestHeader else { throw MCUbootFormat.malformed("header size") }
        let protected = try product.map { product in
            let value =
                product.vendorID.value.littleEndianBytes + product.productID.value.littleEndianBytes
                + product.softwareVersion.littleEndianBytes
            return try MCUbootTLV.encodeArea(
                [MCUbootTLV(.vendorProduct, value)],
                magic: MCUbootFormat.protectedMagic
            )
        }
        let header = MCUbootHeader(
            loadAddress: 0,
            headerSize: headerSize,
            protectedSize: UInt16(protected?.count ?? 0),
            imageSize: size,
            flags: 0,
            version: version
        )
        toBeSigned = header.encoded + body + (protected ?? [])
    }

    /// The finished file; verified before it is returned, so a signature by another key throws `firmware.*`.
    public func assemble(signature: RawSignature, key: P256Point) throws -> [UInt8] {
        guard let publicKey = try? P256.Signing.PublicKey(x963Representation: key.bytes) else {
            throw Refusal(SiliconError.firmwareKeyInvalid)
        }
        guard let encoded = try? P256.Signing.ECDSASignature(rawRepresentation: signature.bytes).derRepresentation
        else { throw Refusal(SiliconError.firmwareSignatureWrong) }
        let records = [
            MCUbootTLV(.sha256, digest.bytes),
            MCUbootTLV(.keyHash, Array(SHA256.hash(data: publicKey.derRepresentation))),
            MCUbootTLV(.ecdsa, Array(encoded)),
        ]
        let file = try toBeSigned + MCUbootTLV.encodeArea(records, magic: MCUbootFormat.tlvMagic)
        _ = try MCUbootImage(parsing: file).verify(key: key)
        return file
    }

    /// - Parameter sign: ECDSA P-256 over SHA-256 of its argument, as a token does.
    public func signed(by key: P256Point, _ sign: ([UInt8]) async throws -> RawSignature) async throws -> [UInt8] {
        try await assemble(signature: sign(toBeSigned), key: key)
    }
}
