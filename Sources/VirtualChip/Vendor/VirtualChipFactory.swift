import Crypto
import Programmers
public import Silicon
public import Vocabulary

/// The silicon vendor's factory: where virtual chips come from.
public enum VirtualChipFactory {
    /// Makes a blank chip in a folder of its own.
    ///
    /// - Parameters:
    ///   - folder: created when missing; must not hold a chip.
    ///   - vendor: certifies the chip's identity key; needed by families that have one, not used by others.
    ///   - notBefore: of the chip's certificate.
    /// - Returns: the chip's certificate, DER; nil in families without vendor identity.
    /// - Throws: `chip.vendor-identity.absent` where a vendor is needed, `chip.state.in-use`, `chip.storage.failed`.
    @discardableResult
    public static func manufacture(
        folder: String,
        family: ChipFamily,
        uid: ChipUID,
        vendor: VendorRoot?,
        notBefore: Instant
    ) async throws -> [UInt8]? {
        guard family.hasVendorIdentity else {
            try ChipStorage.create(ChipState(family: family, uid: uid, vendor: nil), in: folder)
            return nil
        }
        guard let vendor else { throw Refusal(VirtualChipError.vendorIdentityAbsent, family.rawValue) }
        let key = P256.Signing.PrivateKey()
        let point = try P256Point(key.publicKey.x963Representation)
        let certificate = try await vendor.certify(point, of: uid, notBefore: notBefore)
        let identity = try ChipState.VendorIdentity(
            certificate: Blob(certificate),
            scalar: Hex.encode(key.rawRepresentation)
        )
        try ChipStorage.create(ChipState(family: family, uid: uid, vendor: identity), in: folder)
        return certificate
    }
}
