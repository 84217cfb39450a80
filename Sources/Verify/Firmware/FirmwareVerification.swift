internal import Crypto
internal import Silicon
internal import Vocabulary

/// Judges a firmware file against the secure-boot key that the OEM named.
public struct FirmwareVerification: Sendable {
    /// Largest firmware file that is judged, octets.
    public static let sizeLimit = MCUbootImage.largestFile

    /// The file as the build left it, an MCUboot image.
    public let file: [UInt8]
    /// SubjectPublicKeyInfo of a P-256 key, DER or PEM.
    public let key: [UInt8]

    public init(file: [UInt8], key: [UInt8]) {
        self.file = file
        self.key = key
    }

    /// Never throws: whatever is wrong is the verdict. Fields `vid`, `pid` and `softwareVersion` stand there only where
    /// the signed image says them.
    public func verdict() -> Verdict {
        Verdict.judge(accepted: "The firmware is signed with this key.") { fields in
            guard let publicKey = try? P256.Signing.PublicKey(derRepresentation: EncodedInput.der(key)) else {
                throw Refusal(SiliconError.firmwareKeyInvalid)
            }
            fields["keyHash"] = Hex.encode(SHA256.hash(data: publicKey.derRepresentation))
            fields["size"] = String(file.count)
            let image = try MCUbootImage(parsing: file)
            fields["format"] = FirmwareFormat.mcuboot.rawValue
            fields["version"] = image.version.description
            let verified = try image.verify(key: P256Point(publicKey.x963Representation))
            fields["fileDigest"] = verified.fileDigest.hex
            fields["imageDigest"] = verified.imageDigest.hex
            fields["product"] = verified.product == nil ? "not stated in the image" : "stated in the image"
            fields["vid"] = verified.vendorID?.description
            fields["pid"] = verified.productID?.description
            fields["softwareVersion"] = verified.softwareVersion.map { String($0) }
        }
    }
}
