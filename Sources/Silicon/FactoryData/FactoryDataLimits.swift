import Vocabulary

/// The encodings in which chip families keep Matter factory data.
public enum FactoryDataFormat: String, Sendable, Codable, CaseIterable {
    /// One CBOR map (nRF Connect SDK).
    case nordicCBOR = "nordic-cbor"
    case espressifNVS = "espressif-nvs"
    case silabsNVM3 = "silabs-nvm3"
    case nxpBlock = "nxp-block"
}

/// How long each text or blob of factory data may be, in octets: the smallest of Matter's, the firmware's and the
/// vendor tool's limit.
public struct FactoryDataLimits: Hashable, Sendable {
    public let serialNumber: Int
    public let vendorName: Int
    public let productName: Int
    public let productLabel: Int
    public let productURL: Int
    public let partNumber: Int
    public let hardwareVersionText: Int
    /// Octets of DER, for DAC and PAI each.
    public let certificate: Int
    /// Octets of CMS; nil where the format sets none.
    public let certificationDeclaration: Int?

    public static func of(_ format: FactoryDataFormat) -> FactoryDataLimits {
        switch format {
        case .nordicCBOR: Self(serialNumber: 32, label: 64, url: 256, hardware: 64, certificate: 600, cd: nil)
        case .espressifNVS: Self(serialNumber: 16, label: 64, url: 256, hardware: 64, certificate: 600, cd: nil)
        case .silabsNVM3: Self(serialNumber: 32, label: 32, url: 32, hardware: 32, certificate: 500, cd: 350)
        case .nxpBlock: Self(serialNumber: 32, label: 64, url: 256, hardware: 64, certificate: 600, cd: nil)
        }
    }

    /// Names and part number are 32 everywhere.
    private init(serialNumber: Int, label: Int, url: Int, hardware: Int, certificate: Int, cd: Int?) {
        self.serialNumber = serialNumber
        vendorName = 32
        productName = 32
        productLabel = label
        productURL = url
        partNumber = 32
        hardwareVersionText = hardware
        self.certificate = certificate
        certificationDeclaration = cd
    }

    /// Throws `factory-data.field.invalid` naming the field.
    static func check(_ field: String, _ length: Int, _ range: ClosedRange<Int>) throws {
        guard range.contains(length) else {
            throw Refusal(
                SiliconError.factoryDataField,
                "\(field): \(length) octets where \(range.lowerBound) to \(range.upperBound) are allowed"
            )
        }
    }
}
