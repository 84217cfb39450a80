import Silicon
import TestSupport
import Testing
import Vocabulary

/// Our encoding against an image that the vendor's own generator made from the same inputs.
struct NordicReferenceTests {
    @Test(.enabled(if: Vectors.arePresent, "\(Vectors.absence)"))
    func everySharedFieldHasTheVendorsOctets() throws {
        let image = try Vectors.bytes("reference-images/nordic/factory_data.bin")
        let data = try NordicFactoryData(
            serialNumber: DeviceSerial("1122334455667788"),
            vendorID: VendorID(0xfff1),
            productID: ProductID(0x8006),
            vendorName: "Example Vendor",
            productName: "Example Product",
            manufacturingDate: "2026-01-31",
            hardwareVersion: 1,
            hardwareVersionText: "v1.0",
            dac: field("dac_cert", of: image, head: 3),
            pai: field("pai_cert", of: image, head: 3),
            spake2pIterations: 1_000,
            spake2pSalt: Array("SPAKE2P Key Salt".utf8),
            spake2pVerifier: field("spake2_verifier", of: image, head: 2),
            discriminator: 3_840,
            rotatingDeviceID: Hex.decode("91a9c12a7c80700a31ddcfa7fce63e44"),
            productLabel: "Label",
            productURL: "https://example.com/p",
            partNumber: "PN-1"
        )
        let ours = try data.encoded()
        // The serial is longer in the vendor's image; key and passcode are what we never write.
        let ranges = [("version", "sn"), ("vendor_id", "dac_key"), ("pai_cert", "pai_cert"), ("spake2_it", "rd_uid")]
        for (first, last) in ranges {
            let (mine, theirs) = try (slice(first, last, of: ours), slice(first, last, of: image))
            #expect(mine == theirs, "\(first) to \(last)")
            #expect(!mine.isEmpty)
        }
        let end = try #require(ours.firstRange(of: Array("rd_uid".utf8)))
        #expect(image.firstRange(of: Array(ours[end.lowerBound...])) != nil)
    }

    /// From one key's text to the end of another key's text.
    private func slice(_ first: String, _ last: String, of bytes: [UInt8]) throws -> [UInt8] {
        let start = try #require(bytes.firstRange(of: Array(first.utf8)))
        let end = try #require(bytes.firstRange(of: Array(last.utf8)))
        return Array(bytes[start.lowerBound..<end.upperBound])
    }

    /// The byte string after a key; `head` octets of CBOR head, the last one or two of which are its length.
    private func field(_ key: String, of image: [UInt8], head: Int) throws -> [UInt8] {
        let start = try #require(image.firstRange(of: Array(key.utf8))).upperBound
        let length = image[(start + 1)..<(start + head)].reduce(0) { $0 << 8 | Int($1) }
        return Array(image[(start + head)..<(start + head + length)])
    }
}
