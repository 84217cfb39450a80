import Foundation
import Silicon
import TestSupport
import Testing
import Vocabulary

struct FactoryDataTests {
    static func example() throws -> NordicFactoryData {
        try NordicFactoryData(
            serialNumber: DeviceSerial("OB-000001"),
            vendorID: VendorID(0xfff1),
            productID: ProductID(0x8001),
            vendorName: "Example Vendor",
            productName: "Lämpchen",
            manufacturingDate: "2026-11-22",
            hardwareVersion: 1,
            hardwareVersionText: "v1.0",
            dac: [UInt8](repeating: 0x30, count: 450),
            pai: [UInt8](repeating: 0x31, count: 430),
            spake2pIterations: 1_000,
            spake2pSalt: [UInt8](repeating: 5, count: 16),
            spake2pVerifier: [UInt8](repeating: 6, count: 97),
            discriminator: 3_840,
            rotatingDeviceID: [UInt8](repeating: 7, count: 16),
            productLabel: "Label",
            productURL: "https://example.com/p"
        )
    }

    @Test func readsBackWhatItWrites() throws {
        let data = try Self.example()
        let bytes = try data.encoded()
        #expect(bytes[0] == 0xb3, "19 entries")
        #expect(try NordicFactoryData(decoding: bytes) == data)
    }

    @Test func noSecretEverStandsInIt() throws {
        var bytes = try Self.example().encoded()
        let key = try #require(bytes.firstRange(of: Array("dac_key".utf8)))
        #expect(Array(bytes[key.upperBound..<(key.upperBound + 34)]) == [0x58, 32] + [UInt8](repeating: 0, count: 32))
        bytes[key.upperBound + 10] = 1
        expect(.factoryDataSecret) { try NordicFactoryData(decoding: bytes) }
        // One more entry: "passcode": 20202021.
        var map = try Self.example().encoded()
        map[0] += 1
        map += [0x68] + Array("passcode".utf8) + [0x1a, 0x01, 0x34, 0x42, 0x25]
        expect(.factoryDataSecret) { try NordicFactoryData(decoding: map) }
    }

    @Test func everyFieldHasItsLimit() throws {
        let tooLong = String(repeating: "x", count: 33)
        let faults: [@Sendable (inout NordicFactoryData) -> Void] = [
            { $0.vendorName = tooLong }, { $0.vendorName = "" }, { $0.productName = tooLong },
            { $0.productLabel = tooLong + tooLong }, { $0.productURL = String(repeating: "x", count: 257) },
            { $0.partNumber = tooLong }, { $0.manufacturingDate = "2026-02-30" }, { $0.manufacturingDate = "20261122" },
            { $0.hardwareVersionText = "" }, { $0.dac = [] }, { $0.pai = [UInt8](repeating: 0, count: 601) },
            { $0.spake2pIterations = 999 }, { $0.spake2pIterations = 100_001 }, { $0.spake2pSalt.removeLast() },
            { $0.spake2pVerifier.append(0) }, { $0.discriminator = 4_096 }, { $0.rotatingDeviceID.removeLast() },
            { $0.vendorName = "a\u{7}b" },
        ]
        for (index, fault) in faults.enumerated() {
            var data = try Self.example()
            fault(&data)
            let refusal = #expect(throws: Refusal.self, "fault \(index)") { try data.encoded() }
            #expect(refusal?.code == SiliconError.factoryDataField.rawValue, "fault \(index)")
        }
    }

    @Test func octetsThatAreNoMapAreRefusedByName() throws {
        let bytes = try Self.example().encoded()
        for wrong in [[], [0x80], Array(bytes.dropLast()), bytes + [0]] {
            expect(.factoryDataMalformed) { try NordicFactoryData(decoding: wrong) }
        }
    }

    @Test func anyMutationIsRefusedOrReadsAsExactlyThoseOctets() throws {
        let bytes = try Self.example().encoded()
        let seed = Seed.take("SiliconTests.FactoryDataTests")
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for round in 0..<500 {
            let mutated = bytes.mutated(using: &generator)
            do {
                let read = try NordicFactoryData(decoding: mutated)
                #expect(try read.encoded() == mutated, "seed \(seed) round \(round)")
            } catch {
                refused += 1
                #expect(error is Refusal, "seed \(seed) round \(round)")
            }
        }
        #expect(refused > 100, "seed \(seed)")
    }

    private static let python = ProcessInfo.processInfo.environment["OBIS_PYTHON"] ?? "/usr/bin/python3"
    private static let hasCBOR =
        FileManager.default.isExecutableFile(atPath: python)
        && (try? Subprocess.run(python, ["-c", "import cbor2"]).status) == 0

    /// Another CBOR implementation reads the map (`pip install cbor2`; `OBIS_PYTHON` names an interpreter that has it).
    @Test(.enabled(if: hasCBOR, "no python with cbor2"))
    func anotherImplementationReadsTheSame() throws {
        let python = Self.python
        let script = """
            import cbor2, sys
            m = cbor2.loads(bytes.fromhex(sys.stdin.read()))
            print(len(m), m['version'], m['sn'].decode(), m['vendor_id'], m['product_name'].decode(), m['date'].decode(),
                  len(m['dac_cert']), m['dac_key'].hex(), m['spake2_it'], m['discriminator'])
            """
        let input = try Data(Hex.encode(Self.example().encoded()).utf8)
        let result = try Subprocess.run(python, ["-c", script], input: input)
        let zeros = String(repeating: "0", count: 64)
        #expect(
            result.output == "19 1 OB-000001 65521 Lämpchen 2026-11-22 450 \(zeros) 1000 3840\n",
            "\(result.output)"
        )
    }

    @Test func limitsAreTheSmallestOfEachFamily() {
        #expect(FactoryDataLimits.of(.espressifNVS).serialNumber == 16)
        #expect(FactoryDataLimits.of(.silabsNVM3).certificationDeclaration == 350)
        #expect(FactoryDataLimits.of(.silabsNVM3).certificate == 500)
        #expect(FactoryDataLimits.of(.nordicCBOR).productURL == 256)
    }
}
