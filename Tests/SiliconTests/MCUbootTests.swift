import Crypto
import Silicon
import TestSupport
import Testing
import Vocabulary

struct MCUbootTests {
    let signer = TokenStandIn()
    let product = FirmwareProduct(
        vendorID: VendorID(0xfff1),
        productID: ProductID(0x8001),
        softwareVersion: 0x0102_0304
    )
    let version = MCUbootVersion(major: 1, minor: 2, revision: 772, build: 9)
    let body = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    func image(_ product: FirmwareProduct?, headerSize: UInt16 = 32) async throws -> [UInt8] {
        let builder = try MCUbootBuilder(body: body, version: version, product: product, headerSize: headerSize)
        return try await builder.signed(by: signer.point, signer.sign)
    }

    @Test func provesVersionProductAndDigests() async throws {
        let file = try await image(product, headerSize: 512)
        let verified = try FirmwareFormat.mcuboot.verify(file, key: signer.point)
        #expect(verified.version.description == "1.2.772+9")
        #expect(verified.product == product)
        #expect(verified.size == file.count)
        #expect(verified.fileDigest.bytes == Array(SHA256.hash(data: file)))
        #expect(verified.imageDigest.bytes == Array(SHA256.hash(data: file[..<(512 + 5_000 + 16)])))
    }

    @Test func withoutVendorTLVTheProductIsAbsent() async throws {
        let verified = try await MCUbootImage(parsing: image(nil)).verify(key: signer.point)
        #expect(verified.product == nil)
        #expect(verified.softwareVersion == nil)
    }

    @Test func anotherKeyIsRefusedByName() async throws {
        let file = try await image(product)
        expect(.firmwareWrongKey) { try MCUbootImage(parsing: file).verify(key: TokenStandIn().point) }
    }

    @Test func builderRefusesASignatureOfAnotherKey() async throws {
        let builder = try MCUbootBuilder(body: body, version: version, product: product)
        let foreign = try TokenStandIn().sign(builder.toBeSigned)
        expect(.firmwareSignatureWrong) { try builder.assemble(signature: foreign, key: signer.point) }
    }

    @Test(arguments: FirmwareFormat.allCases.filter { $0 != .mcuboot })
    func otherFormatsAreRefusedByName(_ format: FirmwareFormat) {
        let refusal = #expect(throws: Refusal.self) { try format.verify([], key: signer.point) }
        #expect(refusal?.has(SiliconError.formatUnsupported) == true)
        #expect(refusal?.detail == format.rawValue)
    }

    /// Octet 16 holds the flags' low octet.
    @Test(arguments: [
        (UInt8(0x04), SiliconError.firmwareEncrypted), (0x08, .firmwareEncrypted), (0x10, .firmwareMalformed),
        (0x40, .firmwareMalformed),
    ])
    func flagsThatChangeTheMeaningAreRefused(_ flag: UInt8, _ error: SiliconError) async throws {
        var file = try await image(product)
        file[16] |= flag
        expect(error) { try MCUbootImage(parsing: file) }
    }

    @Test(arguments: [
        (UInt16(0x32), SiliconError.firmwareEncrypted), (0x30, .firmwareEncrypted),
        (0x20, .firmwareSignatureUnsupported), (0x23, .firmwareSignatureUnsupported),
        (0x24, .firmwareSignatureUnsupported), (0x11, .firmwareSignatureUnsupported),
        (0x02, .firmwareSignatureUnsupported), (0x80, .firmwareMalformed), (0x22, .firmwareMalformed),
        (0x10, .firmwareMalformed),
    ])
    func everyForeignOrDoubledRecordIsRefused(_ type: UInt16, _ error: SiliconError) async throws {
        let file = try await image(product)
        let record = [UInt8(type & 0xff), UInt8(type >> 8), 4, 0, 1, 2, 3, 4]
        expect(error) { try MCUbootImage(parsing: appending(record, to: file)) }
    }

    /// Adds a record to the unsigned area and corrects the area's size.
    private func appending(_ record: [UInt8], to file: [UInt8]) -> [UInt8] {
        var file = file
        let start = 32 + body.count + 16
        let size = UInt16(file[start + 2]) | UInt16(file[start + 3]) << 8
        let new = size + UInt16(record.count)
        file.replaceSubrange((start + 2)..<(start + 4), with: [UInt8(new & 0xff), UInt8(new >> 8)])
        return file + record
    }

    @Test func aFileWithoutSignatureIsRefusedByName() async throws {
        let file = try await image(product)
        let start = 32 + body.count + 16
        // Of digest, key hash and signature the first alone stays.
        let unsigned = file[..<start] + [0x07, 0x69, 4 + 36, 0] + file[(start + 4)..<(start + 40)]
        expect(.firmwareUnsigned) { try MCUbootImage(parsing: Array(unsigned)).verify(key: signer.point) }
    }

    @Test func trailingBytesAreRefused() async throws {
        let file = try await image(product)
        expect(.firmwareMalformed) { try MCUbootImage(parsing: file + [0]) }
    }

    @Test func noFileLargerThanTheLimitIsRead() {
        expect(.firmwareTooLarge) {
            try MCUbootImage(parsing: [UInt8](repeating: 0, count: MCUbootImage.largestFile + 1))
        }
    }

    @Test func noMutationOfASignedFileIsAccepted() async throws {
        let file = try await image(product)
        let seed = Seed.take("SiliconTests.MCUbootTests")
        var generator = SeededGenerator(seed: seed)
        for round in 0..<500 {
            let mutated = file.mutated(using: &generator)
            #expect(throws: Refusal.self, "seed \(seed) round \(round)") {
                try MCUbootImage(parsing: mutated).verify(key: signer.point)
            }
        }
    }

    /// Below the signature: whatever the signed part says, a verified result speaks of exactly these octets.
    @Test func mutationsSignedAgainAreParsedOrRefusedButNeverMisread() async throws {
        let builder = try MCUbootBuilder(body: Array(body.prefix(200)), version: version, product: product)
        let file = try await builder.signed(by: signer.point, signer.sign)
        let seed = Seed.take("SiliconTests.MCUbootTests")
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        for round in 0..<500 {
            let signed = builder.toBeSigned.mutated(using: &generator)
            let resigned = try resign(signed, like: file, signedLength: builder.toBeSigned.count)
            do {
                let verified = try MCUbootImage(parsing: resigned).verify(key: signer.point)
                accepted += 1
                #expect(verified.imageDigest.bytes == Array(SHA256.hash(data: signed)), "seed \(seed) round \(round)")
                let declared = 32 + UInt32(littleEndian: signed, at: 12) + UInt32(littleEndian: signed, at: 10) & 0xffff
                #expect(signed[8] != 32 || Int(declared) == signed.count, "seed \(seed) round \(round)")
            } catch {
                #expect(error is Refusal, "seed \(seed) round \(round)")
            }
        }
        #expect((1..<500).contains(accepted), "seed \(seed): both outcomes must occur")
    }

    private func resign(_ signed: [UInt8], like file: [UInt8], signedLength: Int) throws -> [UInt8] {
        let signature = try signer.key.signature(for: signed).derRepresentation
        let keyHash = Array(SHA256.hash(data: signer.key.publicKey.derRepresentation))
        let records: [[UInt8]] = [
            [0x10, 0, 32, 0] + Array(SHA256.hash(data: signed)), [0x01, 0, 32, 0] + keyHash,
            [0x22, 0, UInt8(signature.count), 0] + Array(signature),
        ]
        let content = Array(records.joined())
        return signed + [0x07, 0x69, UInt8(content.count + 4), 0] + content
    }
}

extension UInt32 {
    init(littleEndian bytes: [UInt8], at index: Int) {
        self = (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) }
    }
}

/// Runs and expects a refusal with exactly this code.
func expect(
    _ error: SiliconError,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> some Any
) {
    let refusal = #expect(throws: Refusal.self, sourceLocation: sourceLocation) { _ = try body() }
    #expect(refusal?.code == error.rawValue, sourceLocation: sourceLocation)
}
