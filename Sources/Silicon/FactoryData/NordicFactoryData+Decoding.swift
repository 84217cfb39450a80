import Vocabulary

extension NordicFactoryData {
    /// Reads what a chip returns; unknown keys, another order of octets, a device key or a passcode are refused.
    ///
    /// - Throws: `factory-data.encoding.malformed`, `factory-data.field.invalid`, `factory-data.secret.present`.
    public init(decoding bytes: [UInt8]) throws {
        var fields = try Fields(CBORMap(parsing: bytes))
        guard try fields.number("version") == Self.formatVersion else { throw Self.invalid("version") }
        guard !fields.has("passcode"), !fields.has("enable_key"), try fields.bytes("dac_key") == Self.keyBornInChip
        else { throw Refusal(SiliconError.factoryDataSecret) }
        self = try NordicFactoryData(
            serialNumber: DeviceSerial(fields.text("sn")),
            vendorID: VendorID(fields.number("vendor_id")),
            productID: ProductID(fields.number("product_id")),
            vendorName: fields.text("vendor_name"),
            productName: fields.text("product_name"),
            manufacturingDate: fields.text("date"),
            hardwareVersion: fields.number("hw_ver"),
            hardwareVersionText: fields.text("hw_ver_str"),
            dac: fields.bytes("dac_cert"),
            pai: fields.bytes("pai_cert"),
            spake2pIterations: fields.number("spake2_it"),
            spake2pSalt: fields.bytes("spake2_salt"),
            spake2pVerifier: fields.bytes("spake2_verifier"),
            discriminator: fields.number("discriminator"),
            rotatingDeviceID: fields.bytes("rd_uid"),
            productLabel: fields.optionalText("product_label"),
            productURL: fields.optionalText("product_url"),
            partNumber: fields.optionalText("part_number")
        )
        try fields.finish()
        // The same octets again, or something was there that this type does not hold.
        guard try encoded() == bytes else { throw CBORMap.malformed("not in the order of the format") }
    }

    private struct Fields {
        private var values: [String: CBORMap.Value]

        init(_ map: CBORMap) {
            values = Dictionary(map.entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        }

        func has(_ key: String) -> Bool { values[key] != nil }

        mutating func number<Number: FixedWidthInteger>(_ key: String) throws -> Number {
            guard case .unsigned(let value) = values.removeValue(forKey: key), let number = Number(exactly: value)
            else { throw NordicFactoryData.invalid(key) }
            return number
        }

        mutating func bytes(_ key: String) throws -> [UInt8] {
            guard case .bytes(let value) = values.removeValue(forKey: key) else {
                throw NordicFactoryData.invalid(key)
            }
            return value
        }

        mutating func text(_ key: String) throws -> String {
            guard let text = String(validating: try bytes(key), as: UTF8.self) else {
                throw NordicFactoryData.invalid(key)
            }
            return text
        }

        mutating func optionalText(_ key: String) throws -> String? { has(key) ? try text(key) : nil }

        func finish() throws {
            if let key = values.keys.sorted().first { throw NordicFactoryData.invalid("unknown key \(key)") }
        }
    }
}
