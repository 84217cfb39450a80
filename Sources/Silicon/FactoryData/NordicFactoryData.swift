public import Vocabulary

/// Matter factory data as the nRF Connect SDK keeps it: one CBOR map, text and DER as byte strings.
///
/// Source: nRF Connect SDK, "Factory provisioning in Matter" and `nrfconnect_factory_data.schema`. `dac_key` is always
/// written as 32 zero octets, which the firmware takes for "already migrated": the key is born in the chip. The passcode
/// and the test-event key are never written; the Certification Declaration travels as a blob of its own.
public struct NordicFactoryData: Hashable, Sendable {
    public var serialNumber: DeviceSerial
    public var vendorID: VendorID
    public var productID: ProductID
    public var vendorName: String
    public var productName: String
    public var productLabel: String?
    public var productURL: String?
    public var partNumber: String?
    /// `YYYY-MM-DD`.
    public var manufacturingDate: String
    public var hardwareVersion: UInt16
    public var hardwareVersionText: String
    /// DER.
    public var dac: [UInt8]
    /// DER.
    public var pai: [UInt8]
    /// 1,000 to 100,000 rounds of PBKDF2.
    public var spake2pIterations: UInt32
    /// 16 to 32 octets.
    public var spake2pSalt: [UInt8]
    /// w0 ‖ L, 97 octets.
    public var spake2pVerifier: [UInt8]
    /// 12 bits.
    public var discriminator: UInt16
    /// 16 octets.
    public var rotatingDeviceID: [UInt8]

    public init(
        serialNumber: DeviceSerial,
        vendorID: VendorID,
        productID: ProductID,
        vendorName: String,
        productName: String,
        manufacturingDate: String,
        hardwareVersion: UInt16,
        hardwareVersionText: String,
        dac: [UInt8],
        pai: [UInt8],
        spake2pIterations: UInt32,
        spake2pSalt: [UInt8],
        spake2pVerifier: [UInt8],
        discriminator: UInt16,
        rotatingDeviceID: [UInt8],
        productLabel: String? = nil,
        productURL: String? = nil,
        partNumber: String? = nil
    ) {
        self.serialNumber = serialNumber
        self.vendorID = vendorID
        self.productID = productID
        self.vendorName = vendorName
        self.productName = productName
        self.productLabel = productLabel
        self.productURL = productURL
        self.partNumber = partNumber
        self.manufacturingDate = manufacturingDate
        self.hardwareVersion = hardwareVersion
        self.hardwareVersionText = hardwareVersionText
        self.dac = dac
        self.pai = pai
        self.spake2pIterations = spake2pIterations
        self.spake2pSalt = spake2pSalt
        self.spake2pVerifier = spake2pVerifier
        self.discriminator = discriminator
        self.rotatingDeviceID = rotatingDeviceID
    }

    /// The map as the vendor's generator orders it, without its trailing zero octet.
    /// Throws `factory-data.field.invalid`.
    public func encoded() throws -> [UInt8] {
        try validate()
        func text(_ key: String, _ value: String?) -> (key: String, value: CBORMap.Value)? {
            value.map { (key, .bytes(Array($0.utf8))) }
        }
        let entries: [(key: String, value: CBORMap.Value)?] = [
            ("version", .unsigned(Self.formatVersion)), text("sn", serialNumber.text),
            ("vendor_id", .unsigned(UInt64(vendorID.value))), ("product_id", .unsigned(UInt64(productID.value))),
            text("vendor_name", vendorName), text("product_name", productName), text("product_label", productLabel),
            text("product_url", productURL), text("part_number", partNumber), text("date", manufacturingDate),
            ("hw_ver", .unsigned(UInt64(hardwareVersion))), text("hw_ver_str", hardwareVersionText),
            ("dac_cert", .bytes(dac)), ("dac_key", .bytes(Self.keyBornInChip)), ("pai_cert", .bytes(pai)),
            ("spake2_it", .unsigned(UInt64(spake2pIterations))), ("spake2_salt", .bytes(spake2pSalt)),
            ("spake2_verifier", .bytes(spake2pVerifier)), ("discriminator", .unsigned(UInt64(discriminator))),
            ("rd_uid", .bytes(rotatingDeviceID)),
        ]
        let bytes = CBORMap(entries.compactMap { $0 }).encoded
        guard bytes.count <= CBORMap.largest else { throw CBORMap.malformed("\(bytes.count) octets") }
        return bytes
    }

    static let formatVersion: UInt64 = 1
    static let keyBornInChip = [UInt8](repeating: 0, count: 32)

    private func validate() throws {
        let limits = FactoryDataLimits.of(.nordicCBOR)
        let check = FactoryDataLimits.check
        try check("sn", serialNumber.text.utf8.count, 1...limits.serialNumber)
        try check("vendor_name", vendorName.utf8.count, 1...limits.vendorName)
        try check("product_name", productName.utf8.count, 1...limits.productName)
        if let productLabel { try check("product_label", productLabel.utf8.count, 0...limits.productLabel) }
        if let productURL { try check("product_url", productURL.utf8.count, 0...limits.productURL) }
        if let partNumber { try check("part_number", partNumber.utf8.count, 0...limits.partNumber) }
        try check("hw_ver_str", hardwareVersionText.utf8.count, 1...limits.hardwareVersionText)
        try check("dac_cert", dac.count, 1...limits.certificate)
        try check("pai_cert", pai.count, 1...limits.certificate)
        try check("spake2_salt", spake2pSalt.count, 16...32)
        try check("spake2_verifier", spake2pVerifier.count, 97...97)
        try check("rd_uid", rotatingDeviceID.count, 16...16)
        guard (1_000...100_000).contains(spake2pIterations) else { throw Self.invalid("spake2_it") }
        guard discriminator <= 0xfff else { throw Self.invalid("discriminator") }
        guard (try? Instant(manufacturingDate + "T00:00:00Z")) != nil else { throw Self.invalid("date") }
        for text in [vendorName, productName, productLabel, productURL, partNumber, hardwareVersionText] {
            guard text.map({ $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } }) ?? true else {
                throw Self.invalid("control character")
            }
        }
    }

    static func invalid(_ field: String) -> Refusal { Refusal(SiliconError.factoryDataField, field) }
}
