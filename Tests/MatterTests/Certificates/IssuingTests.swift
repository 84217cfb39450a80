import Crypto
import Foundation
import Matter
import TestSupport
import Testing
import Vocabulary

struct IssuingTests {
    @Test("a chain that we issue passes our reading rules, the chain policy and openssl")
    func chain() async throws {
        let laboratory = try await Laboratory()
        let dac = try await laboratory.dac()
        try laboratory.paa.check(as: .paa)
        try laboratory.pai.check(as: .pai)
        try dac.check(as: .dac)
        let anchor = try AttestationChain.verify(
            dac: dac,
            pai: laboratory.pai,
            paas: [laboratory.paa],
            at: Laboratory.start + 3600
        )
        #expect(anchor == laboratory.paa)
        #expect(dac.notAfter == .noExpiry)
        #expect(dac.notBefore == laboratory.pai.notBefore)
        #expect(dac.der.count <= 600)

        let folder = try TemporaryFolder()
        let files = try [("paa", laboratory.paa), ("pai", laboratory.pai), ("dac", dac)].map { name, certificate in
            let der = try folder.write(name + ".der", certificate.der)
            let pem = folder.path(name + ".pem")
            let result = try Subprocess.run("/usr/bin/openssl", ["x509", "-inform", "DER", "-in", der, "-out", pem])
            #expect(result.status == 0, "\(result.output)")
            return pem
        }
        let result = try Subprocess.run(
            "/usr/bin/openssl",
            [
                "verify", "-x509_strict", "-attime", String((Laboratory.start + 120).seconds), "-CAfile", files[0],
                "-untrusted", files[1], files[2],
            ]
        )
        #expect(result.status == 0, "\(result.output)")
        let text = try Subprocess.run("/usr/bin/openssl", ["x509", "-in", files[2], "-noout", "-text"]).output
        #expect(text.contains("1.3.6.1.4.1.37244.2.1 = FFF1, 1.3.6.1.4.1.37244.2.2 = 8001"))
        #expect(text.contains("CA:FALSE") && text.contains("Digital Signature"))
        #expect(text.contains("Not After : Dec 31 23:59:59 9999 GMT"))
    }

    @Test("nothing reaches the signer that the lint refuses")
    func lintBeforeSigning() async throws {
        let laboratory = try await Laboratory()
        let profile = try laboratory.dacProfile()
        let other = CertificateExpectation(
            publicKey: P256.Signing.PrivateKey().point,
            vendorID: Laboratory.vendorID,
            productID: Laboratory.productID,
            serial: profile.serial,
            commonName: "obis 0123456789abcdef",
            notBefore: profile.notBefore
        )
        await #expect {
            _ = try await CertificateIssuing.issue(
                ToBeSignedCertificate(profile),
                as: .dac,
                issuer: profile.issuer,
                expected: other
            ) { _ in
                Issue.record("the signer was called")
                throw Refusal(MatterError.issuingSignature)
            }
        } throws: {
            ($0 as? Refusal)?.has(MatterError.lintKey) == true
        }
    }

    @Test("a signature by another key or over other bytes is not assembled")
    func foreignSignature() async throws {
        let laboratory = try await Laboratory()
        let tbs = ToBeSignedCertificate(try laboratory.dacProfile())
        let foreign = try P256.Signing.PrivateKey().signNow(tbs.bytes)
        let overOther = try laboratory.paiKey.signNow(tbs.bytes + [0])
        for signature in [foreign, overOther] {
            let code = try refusalCode { _ = try tbs.assembled(with: signature) }
            #expect(code == MatterError.issuingSignature.rawValue)
        }
        _ = try tbs.assembled(with: laboratory.paiKey.signNow(tbs.bytes))
    }

    @Test("a serial is 16 octets, positive, and never shorter")
    func serials() throws {
        for first in UInt8.min...UInt8.max {
            let serial = try CertificateSerial(random: [first] + [UInt8](repeating: 7, count: 15))
            #expect(serial.bytes[0] & 0xC0 == 0x40)
        }
        #expect(throws: Refusal.self) { try CertificateSerial(random: [UInt8](repeating: 1, count: 15)) }
    }

    @Test(
        "validity is written as UTCTime to 2049 and GeneralizedTime from 2050",
        arguments: [
            ("2026-11-22T15:04:05Z", UInt8(0x17), "261122150405Z"), ("1970-01-01T00:00:00Z", 0x17, "700101000000Z"),
            ("2049-12-31T23:59:59Z", 0x17, "491231235959Z"), ("2050-01-01T00:00:00Z", 0x18, "20500101000000Z"),
            ("9999-12-31T23:59:59Z", 0x18, "99991231235959Z"),
        ]
    )
    func times(_ text: String, _ tag: UInt8, _ content: String) throws {
        let key = P256.Signing.PrivateKey()
        let profile = try CertificateProfile.paa(
            commonName: "T",
            vendorID: Laboratory.vendorID,
            publicKey: key.point,
            serial: .fresh(),
            notBefore: Instant(text)
        )
        let tree = DERTree(parsing: ToBeSignedCertificate(profile).bytes)
        #expect(tree[4, 0] == DERTree(tag, Array(content.utf8)))
    }
}
