import Crypto
import Silicon
import Testing
import Verify
import Vocabulary

struct FirmwareVerificationTests {
    let key = P256.Signing.PrivateKey()

    private func file(_ product: FirmwareProduct?) throws -> [UInt8] {
        let builder = try MCUbootBuilder(
            body: [1, 2, 3, 4],
            version: MCUbootVersion(major: 3, minor: 1, revision: 4),
            product: product
        )
        let signature = try RawSignature(key.signature(for: builder.toBeSigned).rawRepresentation)
        return try builder.assemble(signature: signature, key: P256Point(key.publicKey.x963Representation))
    }

    private func judge(_ file: [UInt8], pem: String? = nil) -> Verdict {
        FirmwareVerification(file: file, key: Array((pem ?? key.publicKey.pemRepresentation).utf8)).verdict()
    }

    @Test func showsWhatTheSignedImageSays() throws {
        let product = FirmwareProduct(vendorID: VendorID(0xfff1), productID: ProductID(0x80ff), softwareVersion: 12)
        let file = try file(product)
        let verdict = judge(file)
        #expect(verdict.accepted, "\(verdict.reason)")
        #expect(verdict.fields["version"] == "3.1.4+0")
        #expect(verdict.fields["vid"] == "FFF1" && verdict.fields["pid"] == "80FF")
        #expect(verdict.fields["softwareVersion"] == "12")
        #expect(verdict.fields["fileDigest"] == Hex.encode(SHA256.hash(data: file)))
    }

    @Test func claimsNothingThatTheImageDoesNotSay() throws {
        let verdict = try judge(file(nil))
        #expect(verdict.accepted)
        #expect(verdict.fields["vid"] == nil && verdict.fields["softwareVersion"] == nil)
        #expect(verdict.fields["product"] == "not stated in the image")
    }

    @Test func saysWhyItRefuses() throws {
        var changed = try file(nil)
        changed[33] ^= 1
        #expect(judge(changed).code == "firmware.digest.mismatch")
        #expect(judge([]).code == "firmware.image.malformed")
        let other = P256.Signing.PrivateKey().publicKey.pemRepresentation
        #expect(try judge(file(nil), pem: other).code == "firmware.key.mismatch")
        #expect(try judge(file(nil), pem: "nonsense").code == "firmware.key.invalid")
        let rsaSized = P384.Signing.PrivateKey().publicKey.pemRepresentation
        #expect(try judge(file(nil), pem: rsaSized).code == "firmware.key.invalid")
        #expect(judge(changed).fields["version"] == "3.1.4+0", "what was read stands beside the refusal")
    }
}
