import Crypto
import Foundation
import Silicon
import TestSupport
import Testing
import Vocabulary

/// MCUboot's own tool as the judge. `OBIS_IMGTOOL` names it, else it is looked for in the usual places; without it these
/// tests say so and are skipped (`pip install imgtool`).
private let imgtool: String? = {
    let named = ProcessInfo.processInfo.environment["OBIS_IMGTOOL"].map { [$0] } ?? []
    return (named + ["/usr/local/bin/imgtool", "/usr/bin/imgtool", "/opt/obis-tools/bin/imgtool"])
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}()

@Suite(.enabled(if: imgtool != nil, "imgtool is not installed"))
struct ImgtoolTests {
    let folder: String
    let signer = TokenStandIn()

    init() throws {
        folder = NSTemporaryDirectory() + "obis-imgtool-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func run(_ arguments: [String]) throws -> Subprocess.Result {
        try Subprocess.run(#require(imgtool), arguments)
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        return "\(folder)/\(name)"
    }

    @Test func acceptsWhatTheBuilderMakes() async throws {
        let product = FirmwareProduct(vendorID: VendorID(0xfff1), productID: ProductID(0x8000), softwareVersion: 7)
        let builder = try MCUbootBuilder(
            body: [UInt8](repeating: 0xa5, count: 4_096),
            version: MCUbootVersion(major: 2, minor: 0, revision: 1),
            product: product,
            headerSize: 512
        )
        var file = try await builder.signed(by: signer.point, signer.sign)
        let pem = try write("key.pem", Array(signer.key.publicKey.pemRepresentation.utf8))
        let good = try run(["verify", "-k", pem, write("good.bin", file)])
        #expect(good.status == 0, "\(good.output)")
        #expect(good.output.contains("2.0.1+0"))
        file[600] ^= 1
        let bad = try run(["verify", "-k", pem, write("bad.bin", file)])
        #expect(bad.status != 0)
    }

    @Test(arguments: [
        ("ecdsa-p256", nil), ("rsa-2048", SiliconError.firmwareSignatureUnsupported),
        ("ed25519", .firmwareSignatureUnsupported),
    ])
    func itsImagesAreJudgedByTheirScheme(_ scheme: String, _ error: SiliconError?) throws {
        let key = "\(folder)/signing.pem"
        #expect(try run(["keygen", "-k", key, "-t", scheme]).status == 0)
        let file = try sign(key: key, extra: [])
        guard scheme == "ecdsa-p256" else {
            return expect(try #require(error)) { try MCUbootImage(parsing: file) }
        }
        let pem = try String(contentsOfFile: key, encoding: .utf8)
        let point = try P256Point(P256.Signing.PrivateKey(pemRepresentation: pem).publicKey.x963Representation)
        let verified = try MCUbootImage(parsing: file).verify(key: point)
        #expect(verified.version == MCUbootVersion(major: 1, minor: 4, revision: 2, build: 3))
        #expect(verified.product?.productID == ProductID(0x8002))
        #expect(verified.softwareVersion == 5)
    }

    @Test func itsEncryptedImageIsRefused() throws {
        let (key, encryption) = ("\(folder)/signing.pem", "\(folder)/encryption.pem")
        for path in [key, encryption] { #expect(try run(["keygen", "-k", path, "-t", "ecdsa-p256"]).status == 0) }
        let file = try sign(key: key, extra: ["-E", encryption])
        expect(.firmwareEncrypted) { try MCUbootImage(parsing: file) }
    }

    /// The vendor TLV as an ODM gives it to imgtool: VID FFF1, PID 8002, version 5.
    private func sign(key: String, extra: [String]) throws -> [UInt8] {
        let input = try write("body.bin", (0..<2_000).map { UInt8(truncatingIfNeeded: $0) })
        let output = "\(folder)/signed.bin"
        let arguments = [
            "sign", "-k", key, "--align", "4", "-v", "1.4.2+3", "-H", "512", "--pad-header", "-S", "0x10000",
            "--custom-tlv", "0x00a1", "0xf1ff028005000000",
        ]
        let result = try run(arguments + extra + [input, output])
        try #require(result.status == 0, "\(result.output)")
        return try Array(Data(contentsOf: URL(fileURLWithPath: output)))
    }
}
