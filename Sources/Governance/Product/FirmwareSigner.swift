public import KeyCustody
import Silicon
public import Vocabulary

/// Signs firmware with a ceremony's firmware-signing key, in the vendor's image format.
public enum FirmwareSigner {
    /// What goes into the image's signed part.
    public struct Product: Sendable {
        public let vendorID: VendorID
        public let productID: ProductID
        public let softwareVersion: UInt32

        public init(vendorID: VendorID, productID: ProductID, softwareVersion: UInt32) {
            self.vendorID = vendorID
            self.productID = productID
            self.softwareVersion = softwareVersion
        }
    }

    /// - Parameters:
    ///   - version: `major.minor.revision` or `major.minor.revision+build`.
    ///   - product: nil leaves it out, and the image then proves nothing of its product.
    ///   - headerSize: octets, at least 32.
    /// - Returns: the MCUboot image and the key that verifies it.
    /// - Throws: `firmware.*`, `key.*`, `ceremony.file.malformed` for the version.
    public static func sign(
        body: [UInt8],
        version: String,
        product: Product?,
        headerSize: UInt16,
        key name: KeySlot,
        token: any Token
    ) async throws -> (image: [UInt8], key: P256Point) {
        let key = try await token.signingKey(KeyName(.firmwareSigning, name.text))
        let builder = try MCUbootBuilder(
            body: body,
            version: parse(version),
            product: product.map {
                FirmwareProduct(vendorID: $0.vendorID, productID: $0.productID, softwareVersion: $0.softwareVersion)
            },
            headerSize: headerSize
        )
        let image = try builder.assemble(signature: await key.sign(builder.toBeSigned), key: key.publicKey)
        return (image, key.publicKey)
    }

    private static func parse(_ text: String) throws -> MCUbootVersion {
        let malformed = Refusal(GovernanceError.fileMalformed, "version \(text.prefix(40))")
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        let numbers = (parts.first ?? "").split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), numbers.count == 3, let major = UInt8(numbers[0]),
            let minor = UInt8(numbers[1]), let revision = UInt16(numbers[2])
        else { throw malformed }
        guard parts.count == 2 else { return MCUbootVersion(major: major, minor: minor, revision: revision) }
        guard let build = UInt32(parts[1]) else { throw malformed }
        return MCUbootVersion(major: major, minor: minor, revision: revision, build: build)
    }
}
