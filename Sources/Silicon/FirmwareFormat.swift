public import Vocabulary

/// The silicon vendors' formats of signed firmware.
public enum FirmwareFormat: String, Sendable, Codable, CaseIterable {
    case mcuboot
    /// Silicon Labs Gecko Bootloader, version 3.
    case gbl3
    /// NXP Master Boot Image.
    case mbi
    /// NXP Secure Binary 3.1.
    case sb31
    case espSecureBootV2 = "esp-secure-boot-v2"

    /// Verifies a firmware file against the secure-boot key that the OEM names.
    ///
    /// - Parameter file: at most `MCUbootImage.largestFile` octets.
    /// - Throws: `firmware.format.unsupported` for every format but `mcuboot`; otherwise see `MCUbootImage.verify`.
    public func verify(_ file: [UInt8], key: P256Point) throws -> VerifiedFirmware {
        guard self == .mcuboot else { throw Refusal(SiliconError.formatUnsupported, rawValue) }
        return try MCUbootImage(parsing: file).verify(key: key)
    }
}
